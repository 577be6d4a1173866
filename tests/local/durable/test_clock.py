"""Clocks: real, driven and skipping."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from local.clock import Clock, DrivenClock, RealClock, SkippingClock

pytestmark = pytest.mark.anyio

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("clock", [RealClock(), SkippingClock()])
def test_a_clock_left_alone_shows_real_time(clock: Clock) -> None:
    before = datetime.now(UTC)
    assert before <= clock.now() <= datetime.now(UTC)
    assert clock.offset == timedelta()


@pytest.mark.parametrize("clock", [RealClock(), SkippingClock()])
async def test_a_clock_left_alone_waits_in_real_time(clock: Clock) -> None:
    due = clock.now() + timedelta(milliseconds=30)
    await clock.wait_until(due)
    assert due <= datetime.now(UTC) < due + HOUR


async def test_a_driven_clock_moves_only_when_it_is_driven() -> None:
    clock = DrivenClock(NOON)
    waiting = asyncio.create_task(clock.wait_until(NOON + 2 * HOUR))
    await asyncio.sleep(0)
    clock.advance(HOUR)
    await asyncio.sleep(0)
    assert not waiting.done()
    clock.advance(HOUR)
    await asyncio.wait_for(waiting, 1)
    assert (clock.now(), clock.offset) == (NOON + 2 * HOUR, 2 * HOUR)


def test_a_driven_clock_cannot_go_back() -> None:
    clock = DrivenClock(NOON)
    with pytest.raises(ValueError, match="positive step"):
        clock.advance(-HOUR)


async def test_a_skip_takes_everyone_along_who_waits() -> None:
    clock = SkippingClock()
    due = clock.now() + HOUR
    waiting = asyncio.create_task(clock.wait_until(due))
    await asyncio.sleep(0)
    assert clock.skip_to(due)
    await asyncio.wait_for(waiting, 1)
    assert due <= clock.now() < due + HOUR


def test_a_skip_into_the_past_changes_nothing() -> None:
    clock = SkippingClock()
    clock.skip_to(clock.now() + HOUR)
    ahead = clock.now()
    clock.skip_to(ahead - HOUR)
    assert clock.now() >= ahead


@pytest.mark.parametrize("clock", [RealClock(), DrivenClock(NOON)])
def test_other_clocks_do_not_skip(clock: Clock) -> None:
    assert not clock.skip_to(clock.now() + HOUR)


@pytest.mark.parametrize("make", [SkippingClock, lambda: DrivenClock(NOON)])
def test_an_offset_is_taken_over_but_never_back(make: type[SkippingClock]) -> None:
    clock = make()
    start = clock.now()
    clock.restore(HOUR)
    clock.restore(timedelta())
    assert clock.offset == HOUR
    assert clock.now() >= start + HOUR
