"""Group annotation of galaxy images in the browser, with a model that retrains at every grid."""

__version__ = "0.1.0"
