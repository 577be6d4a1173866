"""`/start`, at most once per generation.

A record in the results container is claimed by a conditional write before the request goes out. A
claim without an answer means that the request may have been sent: from then on the target's status
is the only witness, and the request is never sent again.
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
"""How long evidence is looked for: the profile's status may lag behind the sync itself."""

UNREACHABLE_SECONDS = 21_600.0
"""How long evidence is looked for while the target cannot be asked at all."""

CONFIRM_EVERY_SECONDS = 20.0


class StartUnknownError(TerminalError):
    """A start was sent, and its fate cannot be learned."""

    code = "start-unknown"


class StartPendingError(TransientError):
    """The service has accepted a start and not said yet what became of it."""

    code = "start-pending"


class StartRecord(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What is known about the start of one generation.

    `sending`: claimed; the request may have gone out. `withdrawn`: it has certainly had no effect,
    so it may be claimed again. `answered`: `answer` is what the service said. `before` is the
    target's status before the request, `first_before` that before the first request of all,
    `claimed_at` epoch seconds. `under_way` is how long after `before` a request whose answer was
    lost may have been on its way, in seconds; None where its process was lost too.
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
        """What the sync that takes the files comes after.

        Where the service's schedule starts it, any sync does that came after the first request.
        """
        scheduled = self.state == "withdrawn" or bool(self.answer and self.answer.left_to_schedule)
        return self.first_before if scheduled else self.before


class StartOnce:
    """The start of one generation. `name` is the record's blob.

    `clock` measures in seconds how long a request was under way; what it counts from is no matter.
    """

    def __init__(
        self,
        store: ResultsStore,
        name: str,
        target: Target,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._name, self._target, self._clock = store, name, target, clock

    def answer(self, *, now: float, current: Callable[[], bool]) -> StartAnswer:
        """The service's answer, asked for at most once. `current`: is the set still what it was?

        Raises AnswerLostError while evidence is looked for, StartUnknownError when there was none,
        SupersededError when nothing was sent because the set has changed.
        """
        kept = self._store.read(self._name)
        record = None if kept is None else msgspec.json.decode(kept.data, type=StartRecord)
        if record is None or record.state == "withdrawn":
            began = self._clock()
            first = record.first_before if record else None
            return self._send(self._claimed(kept, first, now, current), began)
        if record.answer is None:
            return self._confirmed(record, now)
        if record.answer.operation:
            return self._concluded(record, now, record.answer.operation)
        return record.answer

    def record(self) -> StartRecord | None:
        """What is known about the start, None where none was ever about to be sent."""
        return self._store.decoded(self._name, StartRecord)

    def _claimed(
        self,
        kept: StoredBlob | None,
        first: dict[str, Any] | None,
        now: float,
        current: Callable[[], bool],
    ) -> StartRecord:
        before = self._target.before_start()
        if not current():
            raise SupersededError("A file of the set has changed before the start was sent.")
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
            raise TransientError("Another attempt has claimed the start; its answer is waited for.")
        return record

    def _is_mine(self, record: StartRecord) -> bool:
        # The storage client repeats a write whose answer was lost, and is then told that the blob
        # is there already: by whom, the claim says.
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
            raise StartPendingError("The service has accepted the start; its outcome is open.")
        return answer

    def _note_loss(self, record: StartRecord, under_way: float) -> None:
        """Keep how long the request was under way, if nobody has concluded anything meanwhile."""
        # Without the note, evidence is looked for as after a lost process.
        with contextlib.suppress(TransientError):
            kept = self._store.read(self._name)
            if kept and msgspec.json.decode(kept.data, type=StartRecord) == record:
                noted = msgspec.structs.replace(record, under_way=under_way)
                self._store.replace(kept, self._name, msgspec.json.encode(noted))

    def _concluded(self, record: StartRecord, now: float, operation: str) -> StartAnswer:
        """What became of an accepted start; where nobody can say, the evidence decides."""
        if not isinstance(self._target, StartsByOperation):
            # The feed has been given another kind of target while its start was open.
            return self._confirmed(record, now)
        try:
            answer = self._target.started(operation)
        except OperationNotFoundError:
            if now - record.claimed_at < CONFIRM_SECONDS:
                raise StartPendingError(UNSEEN) from None
            return self._confirmed(record, now)
        except TerminalError:
            return self._confirmed(record, now)
        except TransientError as fault:
            if now - record.claimed_at < UNREACHABLE_SECONDS:
                raise StartPendingError(str(fault), retry_after=fault.retry_after) from None
            return self._confirmed(record, now)
        self._keep(record, state="answered", answer=answer)
        return answer

    def _confirmed(self, record: StartRecord, now: float) -> StartAnswer:
        patience = CONFIRM_SECONDS
        try:
            answer = self._target.evidence(record.before, record.under_way)
        except TransientError:
            answer, patience = None, UNREACHABLE_SECONDS
        except TerminalError:
            answer, patience = None, 0.0
        if answer is not None:
            self._keep(record, state="answered", answer=answer)
            return answer
        if now - record.claimed_at < patience:
            raise AnswerLostError(
                "No answer to the start is known yet; the target's status is watched.",
                retry_after=CONFIRM_EVERY_SECONDS,
            )
        raise StartUnknownError(
            "The start was sent or about to be sent when the connection or the app broke off, and"
            " the target's status does not show a sync. Look at the target in School Data Sync; if"
            " no sync has run, drop the export again."
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
