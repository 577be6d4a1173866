"""What a feed is synced to: one port, an adapter for each kind of target.

The verbs are the same for every kind; the orchestration never asks which kind it is.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

import msgspec

from sync_core.errors import TransientError
from sync_core.feeds import Feed, Settings
from sync_core.messages import VerificationMessage
from sync_core.statistics import RunStatistics


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


class Verification(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What the service has found in the uploaded files. `messages` are its own."""

    state: Literal["verified", "refused"]
    messages: tuple[VerificationMessage, ...] = ()
    note: str = ""


class StartAnswer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What the service said to a start, or what its status says about one whose answer was lost.

    `messages` are the service's, verbatim and in its order. `operation` is set where the service
    has accepted the start and its outcome is still to be asked for. `left_to_schedule`: the service
    takes no further start for now, and runs by itself later. `sent` is false for a dry run.
    """

    started: bool
    messages: tuple[VerificationMessage, ...] = ()
    note: str = ""
    operation: str = ""
    left_to_schedule: bool = False
    sent: bool = True


class StartLimit(NamedTuple):
    """How many starts the service takes in how many hours."""

    starts: int
    hours: int


class Progress(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """How far the sync is. `errors` counts what the service could not sync, by its own code.

    `note` is a sentence on what became of the records, where the service's word alone does not say.
    """

    status: str
    state: Literal["running", "succeeded", "warned", "failed"]
    errors: dict[str, int] = {}
    note: str = ""
    statistics: RunStatistics | None = None


class Kind(NamedTuple):
    """What is known of a kind of target without asking it.

    `required_groups`: the format's all-or-none groups that it cannot do without. `start_limit`: how
    often the service lets a sync be started, where it says so.
    """

    required_groups: frozenset[str] = frozenset()
    start_limit: StartLimit | None = None


KINDS: dict[str, Kind] = {
    # The classic API takes all six files of SDS V1 or none (spec 3.2).
    "classic": Kind(required_groups=frozenset({"classes"})),
    # Five successful starts in twelve hours (spec 2.7).
    "industry-data": Kind(start_limit=StartLimit(starts=5, hours=12)),
    "dry-run": Kind(),
}

DRY_RUN_STATUS: dict[str, Any] = {"dryRun": True}
"""The status before the start of a dry run. A record of a start that holds it stands for a start
that was never sent."""


class Target(Protocol):
    """A sync target. Every verb raises the errors of `sync_core.errors` and nothing else."""

    def readiness(self) -> Readiness:
        """Whether the target takes uploads now."""

    def upload(self, files: Sequence[UploadFile], log: UploadLog) -> None:
        """Put every file where the target reads it. Safe to repeat; `log` knows what is there.

        ServiceBusyError: the target takes no upload for now.
        """

    def verify(self) -> str | None:
        """Have the upload verified: the operation to poll, None where the start itself verifies."""

    def verification(self, operation: str) -> Verification:
        """What an operation of `verify` has found. OperationRunningError: it has not ended."""

    def before_start(self) -> dict[str, Any]:
        """What the target's status is before a start: what evidence is later held against."""

    def start(self) -> StartAnswer:
        """Send the start, once. AnswerLostError: it may or may not have taken effect.

        ServiceBusyError and ServiceUnreachableError: it has certainly not taken effect.
        """

    def started(self, operation: str) -> StartAnswer:
        """What became of a start that was accepted. OperationRunningError: it is open."""

    def evidence(self, before: Mapping[str, Any]) -> StartAnswer | None:
        """Proof that a start whose answer was lost took effect, or None while there is none."""

    def progress(self, before: Mapping[str, Any]) -> Progress:
        """How far the sync is that was started after `before`."""


def target_for(feed: Feed, settings: Settings) -> Target:
    """The adapter for a feed."""
    # Adapters bring the HTTP client and the identity library: only a run that syncs pays for them.
    match feed.target:
        case "classic":
            from sync_core.targets.classic import classic_target

            return classic_target(feed, settings)
        case "industry-data":
            from sync_core.targets.industry_data.adapter import industry_data_target

            return industry_data_target(feed, settings)
        case "dry-run":
            from sync_core.targets.dry_run import DryRun

            return DryRun()
