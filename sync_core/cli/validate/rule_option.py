"""The option `--rule` of `sis-sync validate`."""

from collections.abc import Iterable
from typing import get_args

from sync_core.model.feeds.checks import rule_fault
from sync_core.model.messages import MessageLevel, RuleChanges

LEVELS: dict[str, MessageLevel] = {level: level for level in get_args(MessageLevel)}


def rule_changes(options: Iterable[str]) -> RuleChanges:
    """The changed rules of options such as `enum-value=warning`. Raises ValueError with a fault."""
    changes: dict[str, MessageLevel] = {}
    for option in options:
        name, _, level = option.partition("=")
        if level not in LEVELS:
            raise ValueError(
                f"--rule takes the name of a rule and {', '.join(LEVELS)}, such as"
                " --rule enum-value=warning."
            )
        if fault := rule_fault(name):
            raise ValueError(fault)
        changes[name] = LEVELS[level]
    return changes
