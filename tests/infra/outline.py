"""A YAML file's outline: each key with the keys above it, and its value, in order."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml


class Entry(NamedTuple):
    """One key: `path` such as `infra.layers.name`, and its text or texts; empty above keys."""

    path: str
    value: str


def outline(text: str) -> list[Entry]:
    # The base loader leaves every scalar a text: `on` stays the key that it is.
    return list(_entries(yaml.load(text, yaml.BaseLoader), ""))  # noqa: S506 - makes only texts


def values(text: str, path: str) -> list[str]:
    """What stands behind a path, wherever it occurs."""
    return [entry.value for entry in outline(text) if entry.path == path]


def _entries(node: Any, path: str) -> Iterator[Entry]:
    if isinstance(node, list):
        for item in node:
            yield from _entries(item, path)
    if isinstance(node, dict):
        for key, value in node.items():
            below = f"{path}.{key}".strip(".")
            yield Entry(below, _text(value))
            yield from _entries(value, below)


def _text(value: Any) -> str:
    texts = value if isinstance(value, list) else [value]
    return ", ".join(text for text in texts if isinstance(text, str))
