"""Who said what about which galaxy, and why it was shown: an append-only event store in one DuckDB file."""

from galcore.labels.records import RecordedGrid
from galcore.labels.store import LabelStore

__all__ = ["LabelStore", "RecordedGrid"]
