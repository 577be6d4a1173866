"""Reads fields of JSON objects, which may be missing or of another type than documented."""

from typing import Any


def text_of(body: Any, name: str) -> str:
    """The text in a field of a JSON object; empty if there is none."""
    value = body.get(name) if isinstance(body, dict) else None
    return value if isinstance(value, str) else ""
