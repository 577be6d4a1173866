"""Validation of a file set against its format, to the row, before anything is uploaded.

Import this where it is used, inside the validation activity: no other function needs it.
"""

from sync_core.validation.engine import validate
from sync_core.validation.model import CsvFile, Validation
from sync_core.validation.rules import RULES, Rule

__all__ = ["RULES", "CsvFile", "Rule", "Validation", "validate"]
