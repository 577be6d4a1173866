"""The service's verification of an upload, for targets that verify before the start.

Asking for it uses the upload up. A request whose answer was lost is therefore not repeated on what
may no longer be there: the files are uploaded again first, which does no harm.
"""

from collections.abc import Callable
from typing import Literal

import msgspec

from sync_core.model.errors import ServiceBusyError, ServiceUnreachableError
from sync_core.results.store import ResultsStore
from sync_core.targets import (
    UNSEEN,
    OperationNotFoundError,
    OperationRunningError,
    Verification,
    VerifiesUploads,
)

UNSEEN_SECONDS = 300.0
"""How long after its acceptance an operation may be unknown to the service that has named it."""


class VerifyRecord(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`sending`: the request may have gone out. `withdrawn`: it has certainly had no effect.

    `accepted`: `operation` is to be polled, since `accepted_at` in epoch seconds.
    `answered`: `verification` is what the service has found.
    """

    state: Literal["sending", "withdrawn", "accepted", "answered"]
    operation: str = ""
    accepted_at: float = 0.0
    verification: Verification | None = None


class Verifying:
    """The verification of one generation. `name` is the record's blob."""

    def __init__(self, store: ResultsStore, name: str, target: VerifiesUploads) -> None:
        self._store, self._name, self._target = store, name, target

    def found(self, upload_again: Callable[[], None], *, now: float) -> Verification:
        """What the service has found. OperationRunningError: nothing yet."""
        record = self.record()
        if record is not None and record.state == "sending":
            upload_again()
        if record is None or record.state in {"sending", "withdrawn"}:
            return self._ask(now)
        if record.verification is not None:
            return record.verification
        return self._kept(self._polled(record, now))

    def record(self) -> VerifyRecord | None:
        """What is known about the verification, None where none was asked for."""
        return self._store.decoded(self._name, VerifyRecord)

    def _polled(self, record: VerifyRecord, now: float) -> Verification:
        try:
            return self._target.verification(record.operation)
        except OperationNotFoundError:
            if now - record.accepted_at >= UNSEEN_SECONDS:
                raise
            raise OperationRunningError(UNSEEN) from None

    def _ask(self, now: float) -> Verification:
        self._keep(VerifyRecord(state="sending"))
        try:
            operation = self._target.verify()
        except (ServiceBusyError, ServiceUnreachableError):
            self._keep(VerifyRecord(state="withdrawn"))
            raise
        self._keep(VerifyRecord(state="accepted", operation=operation, accepted_at=now))
        raise OperationRunningError("The service has begun to verify the files.")

    def _kept(self, verification: Verification) -> Verification:
        self._keep(VerifyRecord(state="answered", verification=verification))
        return verification

    def _keep(self, record: VerifyRecord) -> None:
        self._store.write(self._name, msgspec.json.encode(record))
