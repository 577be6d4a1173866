"""Broken copies: for each rule, changes that it must notice, one at a time."""

from typing import NamedTuple


class Break(NamedTuple):
    """One change to one file: `old`, which stands there once, becomes `new`.

    `offender` is a part of what the rule then says: it must be this assertion that speaks.
    """

    rule: str
    path: str
    old: str
    new: str
    offender: str


def breaks(rule: str, path: str, *changes: tuple[str, str, str]) -> list[Break]:
    """Changes to one file for one rule, each as (old, new, offender)."""
    return [Break(rule, path, *change) for change in changes]
