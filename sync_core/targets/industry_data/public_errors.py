"""The service's `publicError`s as verification messages; nothing is left out.

docs/service-facts.md#validation-operation
"""

from typing import Any

from sync_core.model.messages import VerificationMessage
from sync_core.targets.json_fields import text_of


def messages_of(errors: Any, kind: str) -> tuple[VerificationMessage, ...]:
    """`publicError`s as messages, with nested errors flattened into the same list."""
    found: list[VerificationMessage] = []
    for error in errors if isinstance(errors, list) else ():
        found.append(
            VerificationMessage(
                type=kind,
                file_name=text_of(error, "target"),
                description=text_of(error, "message"),
                code=text_of(error, "code") or None,
            )
        )
        found += _nested(error)
    return tuple(found)


def _nested(error: Any) -> tuple[VerificationMessage, ...]:
    """The details and inner errors of an error, as information: they explain its message."""
    if not isinstance(error, dict):
        return ()
    inner = error.get("innerError")
    return (
        *messages_of(error.get("details"), "Information"),
        *(messages_of([inner], "Information") if inner else ()),
    )
