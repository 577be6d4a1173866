"""Blob paths with {name}: captures the names of a trigger's path, and fills in other paths.

A pattern is `container/blob`, or a container alone. As in the WebJobs SDK (BlobPathSource and
BindingTemplateSource) the container has no braces. `{name}` is greedy and also matches slashes,
so in `{feed}/{file}` only `file` never contains a slash.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from local.host.errors import HostFailed

_NAME = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class BlobPattern:
    """The path of a blob trigger."""

    text: str
    container: str
    _regex: re.Pattern[str] | None

    def capture(self, blob: str) -> dict[str, str] | None:
        """The values of the names for a blob name, or None if it does not match."""
        if self._regex is None:
            return {}
        found = self._regex.fullmatch(blob)
        return None if found is None else found.groupdict()


def parse(text: str) -> BlobPattern:
    """The pattern of a path. Raises HostFailed, in the WebJobs SDK's words, if it is invalid."""
    container, slash, blob = text.partition("/")
    if not container or "\\" in text or (slash and not blob):
        raise HostFailed(
            f"Invalid blob trigger path '{text}'. Paths must be in the format 'container/blob'."
        )
    if "{" in container:
        raise HostFailed(
            f"Invalid blob trigger path '{text}'. "
            "Container paths cannot contain {resolve} tokens."
        )
    return BlobPattern(text, container, _capture(text, blob) if slash else None)


def _capture(text: str, blob: str) -> re.Pattern[str]:
    pieces = _NAME.split(blob)
    parts = []
    for position, piece in enumerate(pieces):
        if position % 2 == 0:
            parts.append(re.escape(piece))
        elif piece.isidentifier():
            parts.append(f"(?P<{piece}>.*)")
        else:
            raise HostFailed(
                f"Invalid blob trigger path '{text}'. '{{{piece}}}' must be a plain name."
            )
    return re.compile("".join(parts))


def bind(template: str, data: Mapping[str, Any]) -> str:
    """`template` with each name in braces replaced from the trigger's binding data.

    `{rand-guid}` and `{DateTime}` always have a value. `{a.b}` is a member of an object. Raises
    ValueError for a name without a value, as the host does at each call.
    """
    return _NAME.sub(lambda found: _value(found[1], data), template)


def _value(name: str, data: Mapping[str, Any]) -> str:
    if name == "rand-guid":
        return str(uuid4())
    if name == "DateTime":
        return datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
    value: Any = data
    for part in name.split("."):
        if not isinstance(value, Mapping) or part not in value:
            raise ValueError(f"No value for named parameter '{name}'.")
        value = value[part]
    return value if isinstance(value, str) else json.dumps(value)


def members(text: str) -> dict[str, Any]:
    """The members of a JSON object, for `{name}` in other bindings. Empty for any other text."""
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
