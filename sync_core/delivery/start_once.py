"""Sends `/start` at most once per generation.

Before the request is sent, a conditional write claims a record in the results container. A claim
without an answer means that the request may have been sent. From then on it is never sent again,
and only the target's status can show whether it took effect.
"""

import contextlib
import time
from collections.abc import Callable
from typing import Any, Literal
from uuid import uuid4

import msgspec

from sync_core.model.errors import (
    AnswerLostError,
    ServiceBusyError,
    ServiceUnreachableError,
    SupersededError,
    TerminalError,
    TransientError,
)
from sync_core.results.store import ResultsStore, StoredBlob
from sync_core.targets import (
    UNSEEN,
    OperationNotFoundError,
    StartAnswer,
    StartsByOperation,
    Target,
)

CONFIRM_SECONDS = 600.0
"""How long to look for evidence of a start. The target's status may lag behind the sync."""

UNREACHABLE_SECONDS = 21_600.0
"""How long to look for evidence while the target cannot be reached."""

CONFIRM_EVERY_SECONDS = 20.0


class StartUnknownError(TerminalError):
    """A start may have been sent, and whether it took effect cannot be determined."""

    code = "start-unknown"


class StartPendingError(TransientError):
    """The service has accepted a start and has not reported its outcome yet."""

    code = "start-pending"


class StartRecord(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The record of one generation's start.

    `sending`: claimed; the request may have been sent. `withdrawn`: the request certainly had no
    effect, so it may be claimed again. `answered`: `answer` is the service's answer.

    `before` is the target's status before this request, `first_before` the status before the first
    request. `claimed_at` is in epoch seconds. `under_way`: for this many seconds after `before`, a
    request without an answer may have reached the service; None if the process was lost too.
    """

    claim: str
    state: Literal["sending", "withdrawn", "answered"]
    claimed_at: float
    before: dict[str, Any]
    first_before: dict[str, Any] = {}
    under_way: float | None = None
    answer: StartAnswer | None = None

    @property
    def baseline(self) -> dict[str, Any]:
        """The target's status that the sync of these files comes after.

        If the service's schedule starts the sync, that is the status before the first request.
        """
        scheduled = self.state == "withdrawn" or bool(self.answer and self.answer.left_to_schedule)
        return self.first_before if scheduled else self.before


class StartOnce:
    """The start of one generation. `name` is the record's blob.

    `clock` is a monotonic clock in seconds, used to measure how long a request took.
    """

    def __init__(
        self,
        store: ResultsStore,
        name: str,
        target: Target,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._name, self._target, self._clock = store, name, target, clock

    def answer(
        self,
        *,
        now: float,
        current: Callable[[], bool],
        check: Callable[[StartRecord | None], None] = lambda _: None,
    ) -> StartAnswer:
        """The service's answer to the start, which is sent at most once.

        `now` is in epoch seconds. `current` returns whether the file set is unchanged. `check` gets
        the record, None before the first attempt, and raises if it allows no next step. Raises
        StartPendingError while the outcome is open, AnswerLostError while looking for evidence,
        StartUnknownError if there was none, and SupersededError if the set changed before a start
        was sent.
        """
        kept = self._store.read(self._name)
        record = None if kept is None else msgspec.json.decode(kept.data, type=StartRecord)
        check(record)
        if record is None or record.state == "withdrawn":
            began = self._clock()
            first = record.first_before if record else None
            return self._send(self._claim(kept, first, now, current), began)
        if record.answer is None:
            return self._look_for_evidence(record, now)
        if record.answer.operation:
            return self._poll(record, now, record.answer.operation)
        return record.answer

    def record(self) -> StartRecord | None:
        """The record, None if no start was attempted."""
        return self._store.decoded(self._name, StartRecord)

    def _claim(
        self,
        kept: StoredBlob | None,
        first: dict[str, Any] | None,
        now: float,
        current: Callable[[], bool],
    ) -> StartRecord:
        before = self._target.before_start()
        if not current():
            raise SupersededError("A file of the set changed before the start was sent.")
        record = StartRecord(
            claim=uuid4().hex,
            state="sending",
            claimed_at=now,
            before=before,
            first_before=before if first is None else first,
        )
        data = msgspec.json.encode(record)
        if kept is None:
            won = self._store.create(self._name, data)
        else:
            won = self._store.replace(kept, self._name, data)
        if not won and not self._is_mine(record):
            raise TransientError("Another attempt is sending the start; waiting for its answer.")
        return record

    def _is_mine(self, record: StartRecord) -> bool:
        # The storage client retries a write whose answer was lost, and the retry then fails because
        # the blob exists. The claim shows whether our own first try created it.
        found = self.record()
        return found is not None and found.claim == record.claim

    def _send(self, record: StartRecord, began: float) -> StartAnswer:
        try:
            answer = self._target.start()
        except AnswerLostError as lost:
            self._note_loss(record, self._clock() - began)
            raise AnswerLostError(str(lost), retry_after=CONFIRM_EVERY_SECONDS) from None
        except (ServiceBusyError, ServiceUnreachableError, TerminalError):
            self._keep(record, state="withdrawn")
            raise
        self._keep(record, state="answered", answer=answer)
        if answer.operation:
            raise StartPendingError(
                "School Data Sync accepted the start and has not reported its outcome yet."
            )
        return answer

    def _note_loss(self, record: StartRecord, under_way: float) -> None:
        """Record how long the request took, unless the record has changed since it was claimed."""
        # If this fails, evidence is evaluated as if the process had been lost.
        with contextlib.suppress(TransientError):
            kept = self._store.read(self._name)
            if kept and msgspec.json.decode(kept.data, type=StartRecord) == record:
                updated = msgspec.structs.replace(record, under_way=under_way)
                self._store.replace(kept, self._name, msgspec.json.encode(updated))

    def _poll(self, record: StartRecord, now: float, operation: str) -> StartAnswer:
        """The outcome of an accepted start. If it cannot be read, evidence decides."""
        if not isinstance(self._target, StartsByOperation):
            # The feed has been given another kind of target while its start was open.
            return self._look_for_evidence(record, now)
        try:
            answer = self._target.started(operation)
        except OperationNotFoundError:
            if now - record.claimed_at < CONFIRM_SECONDS:
                raise StartPendingError(UNSEEN) from None
            return self._look_for_evidence(record, now)
        except TerminalError:
            return self._look_for_evidence(record, now)
        except TransientError as fault:
            if now - record.claimed_at < UNREACHABLE_SECONDS:
                raise StartPendingError(str(fault), retry_after=fault.retry_after) from None
            return self._look_for_evidence(record, now)
        self._keep(record, state="answered", answer=answer)
        return answer

    def _look_for_evidence(self, record: StartRecord, now: float) -> StartAnswer:
        deadline = CONFIRM_SECONDS
        try:
            answer = self._target.evidence(record.before, record.under_way)
        except TransientError:
            answer, deadline = None, UNREACHABLE_SECONDS
        except TerminalError:
            answer, deadline = None, 0.0
        if answer is not None:
            self._keep(record, state="answered", answer=answer)
            return answer
        if now - record.claimed_at < deadline:
            raise AnswerLostError(
                "The answer to the start was lost; checking the target's status for a new sync.",
                retry_after=CONFIRM_EVERY_SECONDS,
            )
        raise StartUnknownError(
            "The connection was lost, or the app stopped, while the start was being sent, and the"
            " target's status shows no new sync. Check in School Data Sync whether a sync ran. If"
            " not, deliver the export again."
        )

    def _keep(
        self,
        record: StartRecord,
        *,
        state: Literal["withdrawn", "answered"],
        answer: StartAnswer | None = None,
    ) -> None:
        known = msgspec.structs.replace(record, state=state, answer=answer)
        self._store.write(self._name, msgspec.json.encode(known))
