"""Converts a worker's queue output into messages, as the Functions host does.

Observed on Functions host 4.1037 with the storage extension 5.3.10: JSON text is parsed and
written again, indented by two spaces, with dates in the shortest form. An array becomes one message
for each element. Other text is sent unchanged. The storage service rejects a message above 64 KiB,
measured after encoding.
"""

import json
import re
from typing import Any

MESSAGE_BYTES = 64 * 1024
"""https://learn.microsoft.com/azure/storage/queues/storage-queues-introduction"""

_DATE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,7}))?(Z?)")
_SEPARATORS = str.maketrans({mark: f"\\u{ord(mark):04x}" for mark in "\u0085\u2028\u2029"})


def messages(text: str) -> list[bytes]:
    """The bodies, before base64, of the messages for one output."""
    try:
        value = json.loads(text)
    except ValueError:
        return [text.encode()]
    if not isinstance(value, dict | list):
        return [text.encode()]
    items = value if isinstance(value, list) else [value]
    return [one.encode() if isinstance(one, str) else _written(one) for one in items]


def too_large(content: str) -> bool:
    """Whether the service answers 413 RequestBodyTooLarge to this encoded message."""
    return len(content.encode()) > MESSAGE_BYTES


def _written(value: Any) -> bytes:
    text = json.dumps(_normalised(value), indent=2, ensure_ascii=False)
    # Newtonsoft.Json escapes only these three characters beyond ASCII.
    return text.translate(_SEPARATORS).encode(errors="replace")


def _normalised(value: Any) -> Any:
    match value:
        case dict():
            return {name: _normalised(one) for name, one in value.items()}
        case list():
            return [_normalised(one) for one in value]
        case str():
            return _date(value)
    return value


def _date(text: str) -> str:
    found = _DATE.fullmatch(text)
    if found is None:
        return text
    second, fraction, zone = found.groups()
    digits = (fraction or "").rstrip("0")
    return f"{second}.{digits}{zone}" if digits else f"{second}{zone}"
