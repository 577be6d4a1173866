"""A YAML file's outline: each key with the keys above it, and its value, in order.

Enough for files of plain keys, values and lists of them, which is what is held to rules here.
"""

import re
from typing import NamedTuple

LINE = re.compile(r"(?P<indent> *)(?P<item>- )?(?P<key>[\w.-]+):(?: (?P<value>.+))?")


class Entry(NamedTuple):
    """One key: `path` such as `infra.layers.name`, and the text behind its colon."""

    path: str
    value: str


def outline(text: str) -> list[Entry]:
    above: list[tuple[int, str]] = []
    entries: list[Entry] = []
    for line in text.splitlines():
        found = LINE.fullmatch(line.partition(" #")[0].rstrip())
        if found is None:
            continue
        depth = len(found["indent"]) + 2 * bool(found["item"])
        above = [(column, key) for column, key in above if column < depth]
        above.append((depth, found["key"]))
        entries.append(Entry(".".join(key for _, key in above), (found["value"] or "").strip()))
    return entries


def values(text: str, path: str) -> list[str]:
    """What stands behind a path, wherever it occurs."""
    return [entry.value for entry in outline(text) if entry.path == path]
