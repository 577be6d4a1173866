"""Reads and writes the container of decisions, `sis-decisions`.

    {feed}/{run}/decision.json      the approval or rejection of a hold, written once
    {feed}/{run}/settlement.json    whether the sync of an unknown run started, written once
    {feed}/{run}/redeliveries/{at}  who has delivered the files of a run again, and where
    {feed}/{run}/reminders/{n}      the n-th reminder about a hold has been sent
    {feed}/pause.json               the last pause of the feed, and its end

The first writer wins. Documents that are written by hand are read with the same checks.
"""

from collections.abc import Callable
from typing import TypeVar

import msgspec
from azure.storage.blob import ContainerClient

from sync_core.guards.decisions import DecisionError, already_decided, already_settled
from sync_core.model.errors import TerminalError, TransientError
from sync_core.model.holds import Decision, Pause, Redelivery, Settlement
from sync_core.results.store import UPDATE_TRIES, ResultsStore

T = TypeVar("T")


class DecisionUnreadableError(TerminalError):
    """A document in the container of decisions is not valid."""

    code = "decision-unreadable"


class DecisionStore:
    """The container of decisions."""

    def __init__(self, container: ContainerClient) -> None:
        self._documents = ResultsStore(container, "decision")

    def decision(self, feed: str, run: str) -> Decision | None:
        """The decision about a hold, None if there is none yet."""
        return self._read(_decision(feed, run), Decision)

    def decide(self, decision: Decision) -> None:
        """Keep a decision. Raises AlreadyDecidedError if there is another one.

        The same decision again is accepted, because a client may repeat a request whose answer was
        lost.
        """
        name = _decision(decision.feed, decision.run)
        if self._documents.create(name, msgspec.json.encode(decision)):
            return
        kept = self.decision(decision.feed, decision.run)
        if kept is None:
            raise _deleted(name)
        if kept != decision:
            raise already_decided(kept)

    def settlement(self, feed: str, run: str) -> Settlement | None:
        """The settlement of a run, None if there is none."""
        return self._read(_settlement(feed, run), Settlement)

    def settle(self, settlement: Settlement) -> None:
        """Keep a settlement. Raises AlreadyDecidedError if there is another one."""
        name = _settlement(settlement.feed, settlement.run)
        if self._documents.create(name, msgspec.json.encode(settlement)):
            return
        kept = self.settlement(settlement.feed, settlement.run)
        if kept is None:
            raise _deleted(name)
        if kept != settlement:
            raise already_settled(kept)

    def note_redelivery(self, redelivery: Redelivery) -> None:
        """Keep who has delivered the files of a run again."""
        folder = _redeliveries(redelivery.feed, redelivery.run)
        self._documents.write(
            f"{folder}{redelivery.redelivered_at}.json", msgspec.json.encode(redelivery)
        )

    def redeliveries(self, feed: str, run: str) -> list[Redelivery]:
        """How often and by whom the files of a run were delivered again, the earliest first."""
        names = self._documents.names(_redeliveries(feed, run))
        found = (self._read(name, Redelivery) for name in names)
        return [each for each in found if each is not None]

    def pause(self, feed: str) -> Pause | None:
        """The last pause of a feed, None if it was never paused."""
        return self._read(_pause(feed), Pause)

    def change_pause(self, feed: str, change: Callable[[Pause | None], Pause]) -> Pause:
        """Replace the last pause with what `change` makes of it, safe with concurrent writers."""
        for _ in range(UPDATE_TRIES):
            kept = self._documents.read(_pause(feed))
            changed = change(self._decoded(kept.data, _pause(feed), Pause) if kept else None)
            data = msgspec.json.encode(changed)
            if kept is None:
                written = self._documents.create(_pause(feed), data)
            else:
                written = self._documents.replace(kept, _pause(feed), data)
            if written:
                return changed
        raise TransientError(
            f"The pause of the feed {feed} was changed by other writers {UPDATE_TRIES} times in a"
            " row; retrying."
        )

    def claim_reminder(self, feed: str, run: str, number: int) -> bool:
        """Record a reminder before it is sent; False if it is recorded already."""
        return self._documents.create(f"{feed}/{run}/reminders/{number}", b"{}")

    def _read(self, name: str, kind: type[T]) -> T | None:
        kept = self._documents.read(name)
        return None if kept is None else self._decoded(kept.data, name, kind)

    def _decoded(self, data: bytes, name: str, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(data, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError):
            # The reason is left out: it may quote what a person has written.
            raise DecisionUnreadableError(
                f"The blob {name} in the container of decisions is not a valid"
                f" {kind.__name__.lower()}. Delete it, and decide again with the command line."
            ) from None


def _redeliveries(feed: str, run: str) -> str:
    return f"{feed}/{run}/redeliveries/"


def _deleted(name: str) -> DecisionError:
    return DecisionError(f"The blob {name} was deleted just now; nothing was recorded. Try again.")


def _decision(feed: str, run: str) -> str:
    return f"{feed}/{run}/decision.json"


def _settlement(feed: str, run: str) -> str:
    return f"{feed}/{run}/settlement.json"


def _pause(feed: str) -> str:
    return f"{feed}/pause.json"
