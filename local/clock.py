"""Time for the local cloud: real, driven by a test, or skipping the hours in which nothing happens.

Every clock speaks aware UTC. `offset` is how far a clock is ahead of where it would stand by
itself; whoever keeps durable state stores it and gives it back with `restore`, so that time does
not run backwards when a killed process starts again.
"""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    @property
    def offset(self) -> timedelta:
        """How far this clock has been moved ahead."""

    def now(self) -> datetime:
        """The time, aware and in UTC; never earlier than a time given before."""

    def restore(self, offset: timedelta) -> None:
        """Move the clock ahead to an offset that an earlier process had reached."""

    def skip_to(self, due: datetime) -> bool:
        """Told that nothing happens before `due`: True if the clock now stands there."""

    async def wait_until(self, due: datetime) -> None:
        """Return once `now()` has reached `due`."""


class RealClock:
    """The machine's clock."""

    @property
    def offset(self) -> timedelta:
        return timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def restore(self, offset: timedelta) -> None:
        """Real time has nothing to restore."""

    def skip_to(self, due: datetime) -> bool:  # noqa: ARG002 - as the protocol has it
        return False

    async def wait_until(self, due: datetime) -> None:
        while (left := due - self.now()) > timedelta():  # noqa: ASYNC110 - a clock sets no event
            await asyncio.sleep(left.total_seconds())


class DrivenClock:
    """Stands still until `advance` is called, on the event loop's thread."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._offset = timedelta()
        self._moved = asyncio.Event()

    @property
    def offset(self) -> timedelta:
        return self._offset

    def now(self) -> datetime:
        return self._start + self._offset

    def advance(self, step: timedelta) -> None:
        if step < timedelta():
            raise ValueError(f"a clock cannot go back by {-step}; advance it by a positive step")
        self.restore(self._offset + step)

    def restore(self, offset: timedelta) -> None:
        self._offset = max(self._offset, offset)
        self._moved.set()
        self._moved = asyncio.Event()

    def skip_to(self, due: datetime) -> bool:  # noqa: ARG002 - as the protocol has it
        return False

    async def wait_until(self, due: datetime) -> None:
        while self.now() < due:
            await self._moved.wait()


class SkippingClock:
    """Real time that jumps to the next due moment whenever it is told that nothing happens."""

    def __init__(self) -> None:
        self._offset = timedelta()
        self._latest = datetime.min.replace(tzinfo=UTC)
        self._moved = asyncio.Event()

    @property
    def offset(self) -> timedelta:
        return self._offset

    def now(self) -> datetime:
        self._latest = max(self._latest, datetime.now(UTC) + self._offset)
        return self._latest

    def restore(self, offset: timedelta) -> None:
        self._offset = max(self._offset, offset)
        self._moved.set()
        self._moved = asyncio.Event()

    def skip_to(self, due: datetime) -> bool:
        self.restore(due - datetime.now(UTC))
        return True

    async def wait_until(self, due: datetime) -> None:
        while (left := due - self.now()) > timedelta():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._moved.wait(), left.total_seconds())
