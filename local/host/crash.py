"""Points inside an activity at which the process kills itself, for tests of what a crash leaves.

A spec is one of

    ACTIVITY:before            about to call the function
    ACTIVITY:after             it returned; its outputs are not yet written
    ACTIVITY:recorded          its outputs are written; its completion is not yet recorded
    ACTIVITY:call:QUALNAME     in it, a Python function of that `__qualname__` is called
    ACTIVITY:return:QUALNAME   in it, such a function returns or raises

with `#N` at the end for the N-th time that the process gets there. The last two see plain functions
on the activity's own thread.
"""

import contextlib
import itertools
import os
import re
import signal
import sys
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

    @contextlib.contextmanager
    def watching(self, activity: str) -> Iterator[None]:
        """While an activity's function runs on this thread, see the calls that it makes."""
        if not self.qualname or activity != self.activity:
            yield
            return
        sys.setprofile(self._seen)
        try:
            yield
        finally:
            sys.setprofile(None)

    def _seen(self, frame: FrameType, event: str, _: Any) -> None:
        if event == self.point and frame.f_code.co_qualname == self.qualname:
            self._count()

    def _count(self) -> None:
        if next(self._times) == self.nth:
            os.kill(os.getpid(), signal.SIGKILL)


NEVER = CrashPoint("", "")


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
