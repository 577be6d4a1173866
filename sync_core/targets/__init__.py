"""Sync targets: one interface, and an adapter for each kind of target.

`sync_core.model.target_kinds` declares the kinds. The orchestration never asks which kind it is.
"""

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

import msgspec

from sync_core.model.errors import ServiceBusyError, TerminalError, TransientError
from sync_core.model.feeds import Feed, Settings
from sync_core.model.messages import VerificationMessage
from sync_core.model.outcomes import Outcome
from sync_core.model.statistics import RunStatistics


class Readiness(NamedTuple):
    """Whether a target accepts uploads. `detail` is a sentence for people that names its state."""

    state: Literal["ready", "waiting", "failed"]
    detail: str


class UploadFile(NamedTuple):
    """A file to upload. `size` is in bytes. Each call of `chunks` starts a new stream of them."""

    name: str
    size: int
    chunks: Callable[[], Iterator[bytes]]


class UploadLog(Protocol):
    """Records which files of a set are uploaded, so that an upload can continue after a crash."""

    @property
    def place(self) -> str:
        """The service's name of the upload location; empty if no upload was begun."""

    def has(self, file: str) -> bool:
        """Whether a file is uploaded completely."""

    def begin(self, place: str) -> None:
        """Record a new upload location, which contains no files."""

    def done(self, file: str) -> None:
        """Record that a file is uploaded completely."""


class OperationRunningError(TransientError):
    """An operation of the service has not ended yet."""

    code = "operation-running"


UNSEEN = "School Data Sync does not find the operation it has just accepted; retrying."
"""The reason for a wait when a new operation is not found yet."""


class OperationNotFoundError(TerminalError):
    """The service does not find an operation whose id it has returned."""

    code = "operation-not-found"


class StartPutOffError(ServiceBusyError):
    """The service accepts no start for now. It may be sent again; a schedule starts a sync too."""

    code = "start-put-off"


class Verification(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The result of the service's verification. `messages` are the service's, unchanged."""

    state: Literal["verified", "refused"]
    messages: tuple[VerificationMessage, ...] = ()
    note: str = ""


class StartAnswer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The service's answer to a start, or what its status shows if the answer was lost.

    `messages` are the service's, unchanged and in its order. `operation` is the id of the operation
    to poll, if the service has accepted the start and not reported its outcome. `left_to_schedule`:
    the service accepts no more starts in these hours, and its own schedule starts the sync. `sent`
    is false for a dry run.
    """

    started: bool
    messages: tuple[VerificationMessage, ...] = ()
    note: str = ""
    operation: str = ""
    left_to_schedule: bool = False
    sent: bool = True

    @property
    def outcome(self) -> Outcome:
        """The outcome of a run with this answer. It is not known while `operation` is polled."""
        if not self.sent:
            return Outcome.DRY_RUN
        if self.left_to_schedule:
            return Outcome.SCHEDULED
        return Outcome.STARTED if self.started else Outcome.REFUSED


class Progress(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The progress of a sync. `errors` is the number of sync errors by the service's code.

    `errors_cut`: there are more errors than were counted. `note` is a sentence about what was
    synced, if the service's status alone does not say it.
    """

    status: str
    state: Literal["running", "succeeded", "warned", "failed"]
    errors: dict[str, int] = {}
    errors_cut: bool = False
    note: str = ""
    statistics: RunStatistics | None = None


DRY_RUN_STATUS: dict[str, Any] = {"dryRun": True}
"""The status before the start of a dry run. A record of a start with this status is about a start
that was never sent."""


class Target(Protocol):
    """A sync target. Its methods raise only the errors of `sync_core.model.errors`.

    What only some kinds can do is in `VerifiesUploads`, `StartsByOperation` and `ReportsProgress`.
    """

    def readiness(self) -> Readiness:
        """Whether the target accepts uploads now."""

    def upload(self, files: Sequence[UploadFile], log: UploadLog) -> None:
        """Upload every file. Safe to repeat; `log` has the files that are uploaded already.

        Raises ServiceBusyError if the target accepts no upload for now.
        """

    def before_start(self) -> dict[str, Any]:
        """The target's status before a start. `evidence` compares it with a later one."""

    def start(self) -> StartAnswer:
        """Send the start, once.

        Raises AnswerLostError if it may have taken effect. After ServiceBusyError,
        ServiceUnreachableError and every TerminalError, it has certainly not taken effect. After
        StartPutOffError neither, and the service's schedule starts a sync of the files.
        """

    def evidence(self, before: Mapping[str, Any], under_way: float | None) -> StartAnswer | None:
        """Proof that a start took effect whose answer was lost; None while there is none.

        A sync that somebody else may have started is no proof. `under_way`: for this many seconds
        after `before`, the request may have reached the service; None if the process was lost too.
        """


@runtime_checkable
class VerifiesUploads(Protocol):
    """A target that verifies an upload before the start. With the others, the start verifies it."""

    def verify(self) -> str:
        """Start the verification of the upload. Returns the id of its operation."""

    def verification(self, operation: str) -> Verification:
        """The result of a verification.

        Raises OperationRunningError if it has not ended, and OperationNotFoundError if the service
        does not know the operation, or not yet.
        """


@runtime_checkable
class StartsByOperation(Protocol):
    """A target that may accept a start with an operation, which is polled for the outcome."""

    def started(self, operation: str) -> StartAnswer:
        """The outcome of an accepted start.

        Raises OperationRunningError if it is not known yet, and OperationNotFoundError if the
        service does not know the operation, or not yet.
        """


@runtime_checkable
class ReportsProgress(Protocol):
    """A target that reports the progress of a sync."""

    def progress(self, before: Mapping[str, Any]) -> Progress:
        """The progress of the sync that was started after `before`."""


def target_for(feed: Feed, settings: Settings) -> Target:
    """The adapter for a feed."""
    # Imported here because adapters load the HTTP client and the identity library.
    module, _, factory = feed.kind.adapter.partition(":")
    target: Target = getattr(importlib.import_module(module), factory)(feed, settings)
    return target
