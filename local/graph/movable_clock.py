"""The simulator's own time: the machine's, plus what it was moved ahead."""

from datetime import UTC, datetime, timedelta


class MovableClock:
    """Decides when sessions and containers expire and how many starts fall into one window."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)

    def reset(self) -> None:
        self._ahead = timedelta()
