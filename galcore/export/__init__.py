"""Results of a campaign as files that can be published from: CSV, Parquet or FITS, with provenance."""

from galcore.export.campaign import ExportReport, export_campaign

__all__ = ["ExportReport", "export_campaign"]
