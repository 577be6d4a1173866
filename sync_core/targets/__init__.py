"""What a feed is synced to: one port, an adapter for each kind of target.

The verbs are the same for every kind; the orchestration never asks which kind it is.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple, Protocol

import msgspec

from sync_core.errors import SettingsError
from sync_core.feeds import Feed, Settings
from sync_core.messages import VerificationMessage


class Readiness(NamedTuple):
    """Whether a target takes uploads. `detail` is a sentence for people, naming its state."""

    state: Literal["ready", "waiting", "failed"]
    detail: str


class UploadFile(NamedTuple):
    """A file to upload. `chunks` gives its bytes anew at each call; `size` is their number."""

    name: str
    size: int
    chunks: Callable[[], Iterator[bytes]]


class StartAnswer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What the service said to a start, or what its status says about one whose answer was lost.

    `messages` are the service's, verbatim and in its order.
    """

    started: bool
    messages: tuple[VerificationMessage, ...] = ()
    note: str = ""


class Progress(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """How far the sync is. `errors` counts what the service could not sync, by its own code."""

    status: str
    state: Literal["running", "succeeded", "failed"]
    errors: dict[str, int] = {}


class Target(Protocol):
    """A sync target. Every verb raises the errors of `sync_core.errors` and nothing else."""

    kind: str
    id: str
    required_groups: frozenset[str]
    """The format's all-or-none groups that this kind of target cannot do without."""

    def readiness(self) -> Readiness:
        """Whether the target takes uploads now."""

    def upload(self, files: Iterable[UploadFile]) -> None:
        """Put every file where the target reads it. Safe to repeat. ServiceBusyError: not yet."""

    def before_start(self) -> dict[str, Any]:
        """What the target's status is before a start: what evidence is later held against."""

    def start(self) -> StartAnswer:
        """Send the start, once. AnswerLostError: it may or may not have taken effect.

        ServiceBusyError and ServiceUnreachableError: it has certainly not taken effect.
        """

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
        case kind:  # pragma: no cover - the settings let no other kind through
            raise SettingsError(f"Feed {feed.name} has target {kind!r}, which is not known.")
