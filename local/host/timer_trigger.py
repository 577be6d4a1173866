"""Timer triggers: NCRONTAB schedules in UTC, kept over restarts.

Times are those of the host's clock. If several occurrences have passed at once, because the clock
jumped or the host was down, the function is called once with `past_due`, as on the real host.
"""

import asyncio
import contextlib
import json
import logging
from datetime import UTC, datetime

from azure.functions.meta import Datum
from croniter import CroniterError, croniter

from local.clock import Clock
from local.host.errors import HostFailed
from local.host.functions import Function
from local.host.invoke import TriggerData
from local.host.state import State
from local.host.trigger import Runner, RunningCalls
from local.worker import FunctionFailed

logger = logging.getLogger("local.host")

_FIELDS_WITH_SECONDS = 6
_NEVER = "0001-01-01T00:00:00"
"""How .NET writes a time that is not set."""


class Schedule:
    """An NCRONTAB expression: five fields, or six with the seconds first."""

    def __init__(self, text: str, function: str) -> None:
        self._text = text
        self._seconds = len(text.split()) == _FIELDS_WITH_SECONDS
        try:
            self.after(datetime.now(UTC))
        except CroniterError as error:
            raise HostFailed(
                f"The timer of {function} has the schedule '{text}', which is not NCRONTAB: "
                f"{error}. Give six fields, seconds first: '0 */5 * * * *'."
            ) from error

    def after(self, moment: datetime) -> datetime:
        """The first occurrence after a moment."""
        found = croniter(self._text, moment, second_at_beginning=self._seconds)
        when: datetime = found.get_next(datetime)
        return when


class TimerTrigger:
    """The trigger of one function."""

    def __init__(self, function: Function, *, runner: Runner, state: State, clock: Clock) -> None:
        self.function = function
        self._schedule = Schedule(function.trigger.settings["schedule"], function.name)
        self._runner = runner
        self._state = state
        self._clock = clock
        self._calls = RunningCalls()
        self._last: datetime | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._keep_time())

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._calls.stop()

    def run_now(self) -> None:
        """Call the function now, outside of its schedule, as the admin endpoint does."""
        self._calls.start(self._call(self._clock.now(), past_due=False))

    async def _keep_time(self) -> None:
        due = self._first_due()
        late = due < self._clock.now()
        if self.function.trigger.settings.get("runOnStartup"):
            await self._call(self._clock.now(), past_due=late)
        while True:
            await self._clock.wait_until(due)
            now = self._clock.now()
            await self._call(due, past_due=late or self._schedule.after(due) <= now)
            self._state.set_timer(self.function.name, now)
            self._last = now
            due, late = self._schedule.after(now), False

    def _first_due(self) -> datetime:
        """The occurrence after the last recorded run. One in the past was missed."""
        last = self._state.timer(self.function.name)
        self._last = last
        if last and self.function.trigger.settings.get("useMonitor", True):
            return self._schedule.after(last)
        now = self._clock.now()
        self._state.set_timer(self.function.name, now)
        return self._schedule.after(now)

    async def _call(self, due: datetime, *, past_due: bool) -> None:
        with contextlib.suppress(FunctionFailed):
            await self._runner.run(self.function, self._trigger_data(due, past_due=past_due))

    def _trigger_data(self, due: datetime, *, past_due: bool) -> TriggerData:
        value = {
            "Schedule": {"AdjustForDST": True},
            "ScheduleStatus": {
                "Last": self._last.isoformat() if self._last else _NEVER,
                "LastUpdated": self._last.isoformat() if self._last else _NEVER,
                "Next": due.isoformat(),
            },
            "IsPastDue": past_due,
        }
        return TriggerData(Datum(json.dumps(value), "json"))
