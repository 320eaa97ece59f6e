"""Results of a campaign as files that can be published from: CSV, Parquet or FITS, with provenance."""

from galcore.export.campaign import ExportReport, campaign_bytes, describe_table, export_campaign, votes_bytes
from galcore.export.files import provenance_json, table_bytes

__all__ = [
    "ExportReport",
    "campaign_bytes",
    "describe_table",
    "export_campaign",
    "provenance_json",
    "table_bytes",
    "votes_bytes",
]
