"""Votes that come in from files: of this program, of Galaxy Zoo tables, of Zooniverse exports."""

from galcore.exchange.result import BroughtIn
from galcore.exchange.take_in import FORMATS, take_in

__all__ = ["FORMATS", "BroughtIn", "take_in"]
