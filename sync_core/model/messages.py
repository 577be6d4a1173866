"""What is said about an export, by the service and by our own validation.

Both have the service's shape, so that one reader handles both (the service's: `start`'s answer,
a collection of `educationFileSynchronizationVerificationMessage`).
"""

from typing import Literal

import msgspec

MESSAGE_ROWS = 100
"""How many line numbers a finding carries at most; its `count` is always the whole count."""


class VerificationMessage(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One message of the service, verbatim.

    `code` is there where the service names one beside the text.
    `type` is `Error`, `Warning` or `Information` in whatever case the service wrote it, or a word
    that is not documented yet.
    """

    type: str
    file_name: str = ""
    description: str = ""
    code: str | None = None


class Finding(VerificationMessage, frozen=True, rename="camel", kw_only=True):
    """One problem that validation found: a rule broken in one file, however many rows break it.

    `rows` are physical line numbers as an editor shows them, 1 being the header, the first
    `MESSAGE_ROWS` of `count`. It is empty where a fault concerns the file and not a line.
    """

    rule: str
    field: str | None = None
    count: int = 1
    rows: tuple[int, ...] = ()
    source: Literal["validation"] = "validation"


Message = VerificationMessage | Finding


MessageLevel = Literal["error", "warning", "information"]


def severity(message: VerificationMessage) -> MessageLevel:
    """The level of a message."""
    return level_of(message.type)


def level_of(message_type: str) -> MessageLevel:
    """The level that a message's `type` means; a type that is not documented is an error."""
    match message_type.lower():
        case "warning":
            return "warning"
        case "information":
            return "information"
        case _:
            return "error"
