"""What a feed is synced to: one port, an adapter for each kind of target.

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
    """Whether a target takes uploads. `detail` is a sentence for people, naming its state."""

    state: Literal["ready", "waiting", "failed"]
    detail: str


class UploadFile(NamedTuple):
    """A file to upload. `chunks` gives its bytes anew at each call; `size` is their number."""

    name: str
    size: int
    chunks: Callable[[], Iterator[bytes]]


class UploadLog(Protocol):
    """What of a file set is uploaded already, kept across crashes."""

    @property
    def place(self) -> str:
        """The service's name for where the files go; empty where nothing was begun."""

    def has(self, file: str) -> bool:
        """Whether a file is there wholly."""

    def begin(self, place: str) -> None:
        """The files go to a new and empty place."""

    def done(self, file: str) -> None:
        """A file is there wholly."""


class OperationRunningError(TransientError):
    """An operation of the service has not ended yet."""

    code = "operation-running"


UNSEEN = "School Data Sync does not find the operation it has just accepted; retrying."
"""The reason for a wait when a new operation is not found yet."""


class OperationNotFoundError(TerminalError):
    """The service does not know an operation that it has named itself."""

    code = "operation-not-found"


class StartPutOffError(ServiceBusyError):
    """The service takes no start for now. It may be asked again; its own schedule starts a sync."""

    code = "start-put-off"


class Verification(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What the service has found in the uploaded files. `messages` are its own."""

    state: Literal["verified", "refused"]
    messages: tuple[VerificationMessage, ...] = ()
    note: str = ""


class StartAnswer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What the service said to a start, or what its status says about one whose answer was lost.

    `messages` are the service's, verbatim and in its order. `operation` is set where the service
    has accepted the start and its outcome is still to be asked for. `left_to_schedule`: nothing was
    started, because the service takes no further start in these hours; its own schedule starts it.
    `sent` is false for a dry run.
    """

    started: bool
    messages: tuple[VerificationMessage, ...] = ()
    note: str = ""
    operation: str = ""
    left_to_schedule: bool = False
    sent: bool = True

    @property
    def outcome(self) -> Outcome:
        """How a run ends by this answer. Not to be asked while `operation` is open."""
        if not self.sent:
            return Outcome.DRY_RUN
        if self.left_to_schedule:
            return Outcome.SCHEDULED
        return Outcome.STARTED if self.started else Outcome.REFUSED


class Progress(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """How far the sync is. `errors` counts what the service could not sync, by its own code.

    `errors_cut`: there are more than were counted. `note` is a sentence on what became of the
    records, where the service's word alone does not say.
    """

    status: str
    state: Literal["running", "succeeded", "warned", "failed"]
    errors: dict[str, int] = {}
    errors_cut: bool = False
    note: str = ""
    statistics: RunStatistics | None = None


DRY_RUN_STATUS: dict[str, Any] = {"dryRun": True}
"""The status before the start of a dry run. A record of a start that holds it stands for a start
that was never sent."""


class Target(Protocol):
    """A sync target. Every method raises the errors of `sync_core.model.errors` and nothing else.

    What only some kinds can do is in `VerifiesUploads`, `StartsByOperation` and `ReportsProgress`.
    """

    def readiness(self) -> Readiness:
        """Whether the target takes uploads now."""

    def upload(self, files: Sequence[UploadFile], log: UploadLog) -> None:
        """Put every file where the target reads it. Safe to repeat; `log` knows what is there.

        ServiceBusyError: the target takes no upload for now.
        """

    def before_start(self) -> dict[str, Any]:
        """What the target's status is before a start: what evidence is later held against."""

    def start(self) -> StartAnswer:
        """Send the start, once. AnswerLostError: it may or may not have taken effect.

        ServiceBusyError, ServiceUnreachableError and every TerminalError: it has certainly not
        taken effect. StartPutOffError: nor will it for now, but a schedule takes the files.
        """

    def evidence(self, before: Mapping[str, Any], under_way: float | None) -> StartAnswer | None:
        """Proof that a start whose answer was lost took effect, or None while there is none.

        What others may have caused is no proof. `under_way` is for how many seconds after `before`
        the request may have been on its way; None where its process was lost with it.
        """


@runtime_checkable
class VerifiesUploads(Protocol):
    """A target that verifies an upload before the start. Of another, the start itself verifies."""

    def verify(self) -> str:
        """Have the upload verified: the id of the operation that does it."""

    def verification(self, operation: str) -> Verification:
        """What an operation of `verify` has found. OperationRunningError: it has not ended.

        OperationNotFoundError: the service does not know it, or not yet.
        """


@runtime_checkable
class StartsByOperation(Protocol):
    """A target whose start may answer with an operation that is still to be asked for."""

    def started(self, operation: str) -> StartAnswer:
        """The outcome of an accepted start. OperationRunningError: it is not known yet.

        OperationNotFoundError: the service does not know the operation, or not yet.
        """


@runtime_checkable
class ReportsProgress(Protocol):
    """A target that can be asked how far its sync is."""

    def progress(self, before: Mapping[str, Any]) -> Progress:
        """How far the sync is that was started after `before`."""


def target_for(feed: Feed, settings: Settings) -> Target:
    """The adapter for a feed."""
    # Adapters bring the HTTP client and the identity library: only a run that syncs pays for them.
    module, _, factory = feed.kind.adapter.partition(":")
    target: Target = getattr(importlib.import_module(module), factory)(feed, settings)
    return target
