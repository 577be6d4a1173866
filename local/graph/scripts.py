"""Scripts of status words, such as a profile's state or a sync's status."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import Struct

from local.graph.documents import Step


class Moment(Struct, frozen=True):
    """The current word, when it began, and whether it is the last one."""

    word: str
    since: datetime
    ended: bool


class Script:
    """Advances through its steps by polls and time. The last step stays."""

    def __init__(self, steps: Sequence[Step | str]) -> None:
        self._steps = [Step(step, polls=1) if isinstance(step, str) else step for step in steps]
        self._at = 0
        self._polls = 0
        self._entered = time.time()

    def look(self) -> Moment:
        """The current step, without counting as a poll."""
        now = time.time()
        while (due := self._due()) is not None and due <= now:
            self._leave(due)
        word = self._steps[self._at].word
        return Moment(word, datetime.fromtimestamp(self._entered, UTC), ended=self._is_last())

    def poll(self) -> Moment:
        """The current step, counted as a poll. A step with `polls` ends after that many."""
        moment = self.look()
        self._polls += 1
        if self._polls == self._steps[self._at].polls:
            self._leave(time.time())
        return moment

    def _due(self) -> float | None:
        seconds = self._steps[self._at].seconds
        return None if seconds is None or self._is_last() else self._entered + seconds

    def _is_last(self) -> bool:
        return self._at == len(self._steps) - 1

    def _leave(self, moment: float) -> None:
        if not self._is_last():
            self._at += 1
            self._polls = 0
            self._entered = moment
