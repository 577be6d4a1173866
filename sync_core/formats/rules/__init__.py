"""All validation rules, as data. Rule ids are stable, because reports and alerts refer to them.

Wordings with "row(s)", and those of `file-missing` and `duplicate`, are messages of School Data
Sync, word for word.
"""

from collections.abc import Mapping
from types import MappingProxyType

from sync_core.formats.rules.file_types import FILE_TYPE_RULES
from sync_core.formats.rules.limits import LIMIT_RULES
from sync_core.formats.rules.model import Rule
from sync_core.formats.rules.structure import STRUCTURE_RULES
from sync_core.formats.rules.values import VALUE_RULES

__all__ = ["RULES", "Rule"]

RULES: Mapping[str, Rule] = MappingProxyType(
    {rule.id: rule for rule in (*FILE_TYPE_RULES, *STRUCTURE_RULES, *VALUE_RULES, *LIMIT_RULES)}
)
"""Every rule by its id, in the order in which a file's findings are listed."""
