"""All validation rules, as data. Rule ids are stable, because reports and alerts refer to them.

Wordings with "row(s)", and those of `file-missing` and `duplicate`, are messages of School Data
Sync, word for word.
"""

from collections.abc import Mapping
from types import MappingProxyType

from sync_core.formats.rules.characters import CHARACTER_RULES
from sync_core.formats.rules.file_types import FILE_TYPE_RULES
from sync_core.formats.rules.first_lines import FIRST_LINE_RULES
from sync_core.formats.rules.headers import HEADER_RULES
from sync_core.formats.rules.identifiers import IDENTIFIER_RULES
from sync_core.formats.rules.keys import KEY_RULES
from sync_core.formats.rules.limits import LIMIT_RULES
from sync_core.formats.rules.model import Rule
from sync_core.formats.rules.other_formats import OTHER_FORMAT_RULES
from sync_core.formats.rules.records import RECORD_RULES
from sync_core.formats.rules.values import VALUE_RULES

__all__ = ["RULES", "RULE_GROUPS", "Rule"]

RULE_GROUPS: Mapping[str, tuple[Rule, ...]] = MappingProxyType(
    {
        "Files": FILE_TYPE_RULES,
        "Other formats": OTHER_FORMAT_RULES,
        "First lines and line ends": FIRST_LINE_RULES,
        "Empty files, characters and quotation marks": CHARACTER_RULES,
        "Rows": RECORD_RULES,
        "Headers": HEADER_RULES,
        "IDs, user names and required values": IDENTIFIER_RULES,
        "Dates, codes and other values": VALUE_RULES,
        "Duplicates and references": KEY_RULES,
        "Limits of a target": LIMIT_RULES,
    }
)
"""The rules by what they are about."""

RULES: Mapping[str, Rule] = MappingProxyType(
    {rule.id: rule for rules in RULE_GROUPS.values() for rule in rules}
)
"""Every rule by its id, in the order in which a file's findings are listed."""
