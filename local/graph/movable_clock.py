"""The simulator's time: the machine's time plus an offset."""

from datetime import UTC, datetime, timedelta


class MovableClock:
    """The clock for the expiry of sessions and containers and for the limit on starts."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)

    def reset(self) -> None:
        self._ahead = timedelta()
