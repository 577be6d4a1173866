"""Words for changes, times and severities, and texts from outside that are safe to show."""

from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sync_core.model.file_names import shown_name
from sync_core.model.messages import MessageLevel
from sync_core.model.outcomes import Severity

TEXT_CHARACTERS = 600
"""The longest text that a report shows."""

MINUTE, HOUR, DAY = 60, 3_600, 86_400
TENS_OF_SECONDS = 10

URGENCY: Mapping[Severity, str] = {
    "info": "Nothing to do",
    "warning": "Review when you have time",
    "error": "Action needed",
    "critical": "Action needed now",
}
"""The severity of an outcome, in words that say how urgent it is."""

LEVELS: Mapping[MessageLevel, str] = {
    "error": "Error",
    "warning": "Warning",
    "information": "Information",
}


def shown(text: str, characters: int = TEXT_CHARACTERS) -> str:
    """A text on one line and at most so long, with invisible characters as escapes."""
    return shown_name(text, characters)


def signed(number: int) -> str:
    """A change with its sign, 0 without one."""
    return f"{number:+,}".replace("-", "−") if number else "0"  # noqa: RUF001 - the minus sign


def percent(change: int, before: int) -> str:
    """A change in percent, empty if there was nothing before or nothing has changed."""
    if not before or not change:
        return ""
    share = 100 * change / before
    text = f"{share:+.1f}" if abs(share) < TENS_OF_SECONDS else f"{share:+,.0f}"
    return f"{text} %".replace("-", "−")  # noqa: RUF001 - the minus sign


def duration(seconds: float) -> str:
    """A duration with its two largest units."""
    if seconds < TENS_OF_SECONDS:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for unit, name, next_unit, next_name in (
        (DAY, "d", HOUR, "h"),
        (HOUR, "h", MINUTE, "min"),
        (MINUTE, "min", 1, "s"),
    ):
        if whole >= unit:
            rest = whole % unit // next_unit
            return f"{whole // unit} {name}" + (f" {rest} {next_name}" if rest else "")
    return f"{whole} s"


def zone_named(name: str) -> tuple[str, ZoneInfo | None]:
    """The time zone and its name. UTC if this machine does not know it."""
    if name == "UTC":
        return "UTC", None
    try:
        return name, ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return "UTC", None


def local(time: str, zone: ZoneInfo | None) -> datetime:
    """An RFC 3339 time in a zone."""
    return datetime.fromisoformat(time).astimezone(zone or UTC)


def day(moment: datetime) -> str:
    """Such as "Sunday 29 November 2026"."""
    return f"{moment:%A} {moment.day} {moment:%B %Y}"
