"""Times as Microsoft Graph writes them."""

from datetime import UTC, datetime
from typing import Any


def moment(value: Any) -> float | None:
    """An ISO 8601 time as epoch seconds, UTC where it names no zone; None where it is none."""
    try:
        found = datetime.fromisoformat(value)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
