"""Points inside an activity at which the process kills itself, for tests of what a crash leaves.

A freeze point is one of the last two kinds for an activity that runs twice: its first run stands
still there while the second begins and ends, as in a process that was frozen and wakes again.

A spec is one of

    ACTIVITY:before            about to call the function
    ACTIVITY:after             it returned; its outputs are not yet written
    ACTIVITY:recorded          its outputs are written; its completion is not yet recorded
    ACTIVITY:call:QUALNAME     in it, a Python function of that `__qualname__` is called
    ACTIVITY:return:QUALNAME   in it, such a function returns or raises

with `#N` at the end for the N-th time that the process gets there. The last two see plain functions
on the activity's own thread, below the function that has the activity's name.
"""

import contextlib
import itertools
import os
import re
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from local.host.errors import HostFailed

_SPEC = re.compile(
    r"(?P<activity>[^:#]+):(?:(?P<point>before|after|recorded)"
    r"|(?P<event>call|return):(?P<qualname>[^:#]+))(?:#(?P<nth>[1-9]\d*))?"
)


@dataclass(frozen=True, slots=True)
class CrashPoint:
    """Where to die, and at which time of getting there."""

    activity: str
    point: str
    qualname: str = ""
    nth: int = 1
    _times: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def reached(self, activity: str, point: str) -> None:
        """Told where an activity stands. Does not return when this is the point."""
        if (activity, point) == (self.activity, self.point):
            self._count()

    def watch(self) -> None:
        """From now on, see the calls that are made in threads that start; the worker's do later."""
        if self.qualname:
            threading.setprofile(self._seen)

    @contextlib.contextmanager
    def watching(self, activity: str) -> Iterator[None]:  # noqa: ARG002 - a freeze point asks
        """While a run of an activity is under way."""
        yield

    def _seen(self, frame: FrameType, event: str, _: Any) -> None:
        if event == self.point and frame.f_code.co_qualname == self.qualname:
            caller = frame.f_back
            while caller and caller.f_code.co_name != self.activity:
                caller = caller.f_back
            if caller:
                self._count()

    def _count(self) -> None:
        if next(self._times) == self.nth:
            os.kill(os.getpid(), signal.SIGKILL)


class _Pair:
    """Two runs of an activity: the second begins once the first has frozen or ended."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._first: int | None = None
        self._frozen = False

    @contextlib.contextmanager
    def member(self) -> Iterator[None]:
        me = threading.get_ident()
        with self._changed:
            if self._first is None:
                self._first = me
            else:
                self._changed.wait_for(lambda: self._frozen or self._first is None, FROZEN_SECONDS)
        try:
            yield
        finally:
            with self._changed:
                if me == self._first:
                    self._first = None
                self._frozen = False
                self._changed.notify_all()

    def freeze(self) -> None:
        with self._changed:
            # While the first has neither frozen nor ended, the second waits: it is not who calls.
            if self._first is not None and not self._frozen:
                self._frozen = True
                self._changed.notify_all()
                self._changed.wait_for(lambda: not self._frozen, FROZEN_SECONDS)


@dataclass(frozen=True, slots=True)
class FreezePoint(CrashPoint):
    """Where a run of an activity stands still while its second run begins and ends."""

    _pair: "_Pair" = field(default_factory=_Pair)

    @contextlib.contextmanager
    def watching(self, activity: str) -> Iterator[None]:
        if activity != self.activity:
            yield
            return
        with self._pair.member():
            yield

    def _count(self) -> None:
        if next(self._times) == self.nth:
            self._pair.freeze()


NEVER = CrashPoint("", "")
FROZEN_SECONDS = 10.0
"""The longest that a run waits for the other, so that a test ends where neither comes."""


def parse_freeze(spec: str) -> FreezePoint:
    """Raises HostFailed for a spec that is none."""
    point = parse(spec)
    if not point.qualname:
        raise HostFailed(
            f"'{spec}' is not a freeze point. Give ACTIVITY:call: or :return:QUALNAME."
        )
    return FreezePoint(point.activity, point.point, point.qualname, point.nth)


def parse(spec: str) -> CrashPoint:
    """Raises HostFailed for a spec that is none."""
    found = _SPEC.fullmatch(spec)
    if not found:
        raise HostFailed(
            f"'{spec}' is not a crash point. Give ACTIVITY:before, :after, :recorded, "
            ":call:QUALNAME or :return:QUALNAME, with #N for the N-th time."
        )
    return CrashPoint(
        found["activity"],
        found["point"] or found["event"],
        found["qualname"] or "",
        int(found["nth"] or 1),
    )
