"""Messages about an export: the service's verification messages and our own findings.

Both have the shape of the service's `educationFileSynchronizationVerificationMessage`, so that one
reader handles both.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

MESSAGE_ROWS = 100
"""A finding lists at most this many line numbers. Its `count` is always complete."""


class VerificationMessage(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One message of the service, verbatim.

    `code` is set if the service reports a code with the text. `type` is `Error`, `Warning` or
    `Information`, in the case the service uses, or a value that is not documented.
    """

    type: str
    file_name: str = ""
    description: str = ""
    code: str | None = None


class Finding(VerificationMessage, frozen=True, rename="camel", kw_only=True):
    """One problem that validation found: one rule broken in one file, in `count` rows.

    `rows` contains the first `MESSAGE_ROWS` line numbers as an editor shows them; line 1 is the
    header. It is empty if the problem concerns the whole file.
    """

    rule: str
    field: str | None = None
    count: int = 1
    rows: tuple[int, ...] = ()
    source: Literal["validation"] = "validation"


def lines_left_out(lines: Sequence[int], count: int, shown: int) -> int:
    """How many lines of a finding follow those that are shown: its first `shown` ones.

    Several faults may be in one line, so only a list of `MESSAGE_ROWS` lines has more than it says.
    """
    every = count if len(lines) >= MESSAGE_ROWS else len(lines)
    return max(0, every - shown)


Message = VerificationMessage | Finding


MessageLevel = Literal["error", "warning", "information"]

RuleChanges = Mapping[str, MessageLevel]
"""Severities that a feed gives to validation rules, by the name of the rule."""


def in_words(changes: RuleChanges) -> str:
    """The changed rules in words, such as "enum-value (warning), duplicate (error)"."""
    return ", ".join(f"{rule} ({level})" for rule, level in changes.items())


def severity(message: VerificationMessage) -> MessageLevel:
    """The level of a message."""
    return level_of(message.type)


def level_of(message_type: str) -> MessageLevel:
    """The level of a message's `type`. A type that is not documented counts as an error."""
    match message_type.lower():
        case "warning":
            return "warning"
        case "information":
            return "information"
        case _:
            return "error"
