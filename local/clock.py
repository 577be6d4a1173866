"""Clocks of the local cloud: real, driven by a test, or skipping time in which nothing happens.

Every clock gives aware UTC times. `offset` is how far it has been moved ahead of its base time. The
durable engine stores the offset and passes it to `restore`, so that time does not go back when a
killed process starts again.
"""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    @property
    def offset(self) -> timedelta:
        """How far this clock has been moved ahead of its base time."""

    def now(self) -> datetime:
        """The time, aware and in UTC. Never earlier than a time returned before."""

    def restore(self, offset: timedelta) -> None:
        """Move the clock ahead to the offset of an earlier process."""

    def skip_to(self, due: datetime) -> bool:
        """Called when nothing is due before `due`. Returns True if the clock has moved there."""

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
        """Does nothing: real time has no offset."""

    def skip_to(self, due: datetime) -> bool:  # noqa: ARG002 - required by the protocol
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

    def skip_to(self, due: datetime) -> bool:  # noqa: ARG002 - required by the protocol
        return False

    async def wait_until(self, due: datetime) -> None:
        while self.now() < due:
            await self._moved.wait()


class SkippingClock:
    """Real time that jumps to the next due time when nothing is due before it."""

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
