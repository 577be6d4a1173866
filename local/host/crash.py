"""Points inside an activity at which the process kills itself, for tests of crash recovery.

A freeze point has one of the last two forms, for an activity that runs twice: its first run pauses
there while the second one begins and ends, as in a process that was frozen and continues later.

A spec is one of

    ACTIVITY:before            about to call the function
    ACTIVITY:after             it returned; its outputs are not yet written
    ACTIVITY:recorded          its outputs are written; its completion is not yet recorded
    ACTIVITY:call:QUALNAME     during it, a Python function with this `__qualname__` is called
    ACTIVITY:return:QUALNAME   during it, such a function returns or raises

with `#N` at the end for the N-th time. The last two forms match plain functions on the activity's
own thread that are called, directly or not, by the function with the activity's name.
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
    """A point at which the process kills itself, when it gets there for the n-th time."""

    activity: str
    point: str
    qualname: str = ""
    nth: int = 1
    _times: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def reached(self, activity: str, point: str) -> None:
        """Called at each point around an activity. Does not return if it matches."""
        if (activity, point) == (self.activity, self.point):
            self._count()

    def watch(self) -> None:
        """Profile calls in threads started from now on. The worker's threads start later."""
        if self.qualname:
            threading.setprofile(self._seen)

    @contextlib.contextmanager
    def watching(self, activity: str) -> Iterator[None]:  # noqa: ARG002 - used by FreezePoint
        """Wraps each run of an activity."""
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
            # The second run waits until the first has frozen or ended: only the first calls this.
            if self._first is not None and not self._frozen:
                self._frozen = True
                self._changed.notify_all()
                self._changed.wait_for(lambda: not self._frozen, FROZEN_SECONDS)


@dataclass(frozen=True, slots=True)
class FreezePoint(CrashPoint):
    """A point at which a run of an activity pauses while its second run begins and ends."""

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
"""How long a run waits at most for the other, so that a test always ends."""


def parse_freeze(spec: str) -> FreezePoint:
    """The point of a spec. Raises HostFailed for an invalid spec."""
    point = parse(spec)
    if not point.qualname:
        raise HostFailed(
            f"'{spec}' is not a freeze point. Give ACTIVITY:call: or :return:QUALNAME."
        )
    return FreezePoint(point.activity, point.point, point.qualname, point.nth)


def parse(spec: str) -> CrashPoint:
    """The point of a spec. Raises HostFailed for an invalid spec."""
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
