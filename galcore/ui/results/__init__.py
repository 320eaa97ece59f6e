"""The parts of the Review and Data pages, one file a part."""
