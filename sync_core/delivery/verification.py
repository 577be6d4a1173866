"""The service's verification of an upload, for targets that verify before the start.

The request consumes the upload. If its answer is lost, the files are therefore uploaded again
before the request is repeated; uploading twice is harmless.
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
"""For this long after a request was accepted, the service may not find its operation yet."""


class VerifyRecord(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The record of one generation's verification.

    `sending`: the request may have been sent. `withdrawn`: it certainly had no effect.
    `accepted`: `operation` is polled; `accepted_at` is in epoch seconds.
    `answered`: `verification` is the result.
    """

    state: Literal["sending", "withdrawn", "accepted", "answered"]
    operation: str = ""
    accepted_at: float = 0.0
    verification: Verification | None = None


class VerifyOnce:
    """The verification of one generation. `name` is the record's blob."""

    def __init__(self, store: ResultsStore, name: str, target: VerifiesUploads) -> None:
        self._store, self._name, self._target = store, name, target

    def verification(self, upload_again: Callable[[], None], *, now: float) -> Verification:
        """The service's verification, requested once. `now` is in epoch seconds.

        `upload_again` is called if the answer to a request was lost. Raises OperationRunningError
        while the service is verifying, and the errors of the target.
        """
        record = self.record()
        if record is not None and record.state == "sending":
            upload_again()
        if record is None or record.state in {"sending", "withdrawn"}:
            return self._request(now)
        if record.verification is not None:
            return record.verification
        return self._answered(self._poll(record, now))

    def record(self) -> VerifyRecord | None:
        """The record, None if no verification was requested."""
        return self._store.decoded(self._name, VerifyRecord)

    def _poll(self, record: VerifyRecord, now: float) -> Verification:
        try:
            return self._target.verification(record.operation)
        except OperationNotFoundError:
            if now - record.accepted_at >= UNSEEN_SECONDS:
                raise
            raise OperationRunningError(UNSEEN) from None

    def _request(self, now: float) -> Verification:
        self._keep(VerifyRecord(state="sending"))
        try:
            operation = self._target.verify()
        except (ServiceBusyError, ServiceUnreachableError):
            self._keep(VerifyRecord(state="withdrawn"))
            raise
        self._keep(VerifyRecord(state="accepted", operation=operation, accepted_at=now))
        raise OperationRunningError("School Data Sync is verifying the files.")

    def _answered(self, verification: Verification) -> Verification:
        self._keep(VerifyRecord(state="answered", verification=verification))
        return verification

    def _keep(self, record: VerifyRecord) -> None:
        self._store.write(self._name, msgspec.json.encode(record))
