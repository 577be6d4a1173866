"""Times as Microsoft Graph writes them."""

from datetime import UTC, datetime
from typing import Any


def moment(value: Any) -> float | None:
    """An ISO 8601 time as epoch seconds; UTC if it names no zone, None if it is not a time."""
    try:
        found = datetime.fromisoformat(value)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
