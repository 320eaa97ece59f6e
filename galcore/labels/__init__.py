"""Who said what about which galaxy, and why it was shown: an append-only event store in one DuckDB file."""

from galcore.labels.parquet import restore_backup
from galcore.labels.records import RecordedGrid
from galcore.labels.snapshot import SnapshotLabels
from galcore.labels.store import LabelStore
from galcore.labels.writer import LabelWriteError

__all__ = ["LabelStore", "LabelWriteError", "RecordedGrid", "SnapshotLabels", "restore_backup"]
