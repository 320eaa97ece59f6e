"""Who said what about which galaxy, and why it was shown: an append-only event store in one DuckDB file."""

from galcore.labels.admission import CampaignNotOpenError
from galcore.labels.leases import LEASE_S
from galcore.labels.parquet import restore_backup
from galcore.labels.records import RecordedGrid
from galcore.labels.snapshot import SnapshotLabels, keep_snapshot
from galcore.labels.store import LabelStore
from galcore.labels.tables import ImportedLabels, import_labels
from galcore.labels.writer import LabelWriteError

__all__ = [
    "LEASE_S",
    "CampaignNotOpenError",
    "ImportedLabels",
    "LabelStore",
    "LabelWriteError",
    "RecordedGrid",
    "SnapshotLabels",
    "import_labels",
    "keep_snapshot",
    "restore_backup",
]
