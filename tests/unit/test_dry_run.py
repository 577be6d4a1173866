"""The dry run: everything is done, and nobody is called."""

import socket
import sys
import threading
from collections.abc import Iterator

import pytest

from sync_core.errors import SupersededError
from sync_core.targets import KINDS, Kind, StartAnswer, UploadFile, target_for
from sync_core.targets.dry_run import NOTE, DryRun
from tests.unit.product_kit import Noted, settings_of

CHUNKS = [b"SIS ID,Name\n", b"", b"N,North\n"]


@pytest.fixture
def target() -> DryRun:
    return DryRun()


def test_a_feed_without_a_target_is_a_dry_run() -> None:
    settings = settings_of({"name": "northwind"})
    assert isinstance(target_for(settings.feed("northwind"), settings), DryRun)
    assert KINDS["dry-run"] == Kind(frozenset(), None)


def test_every_byte_of_every_file_is_read(target: DryRun) -> None:
    read: list[tuple[str, bytes]] = []

    def chunks(name: str) -> Iterator[bytes]:
        for chunk in CHUNKS:
            yield chunk
            read.append((name, chunk))

    log = Noted()
    names = ["school.csv", "student.csv"]
    target.upload([UploadFile(name, 20, lambda name=name: chunks(name)) for name in names], log)  # type: ignore[misc]
    assert read == [(name, chunk) for name in names for chunk in CHUNKS]
    assert log.files == names


def test_a_file_that_changes_on_the_way_is_noticed(target: DryRun) -> None:
    def changing() -> Iterator[bytes]:
        yield b"x"
        raise SupersededError("It has changed.")

    log = Noted()
    with pytest.raises(SupersededError):
        target.upload([UploadFile("school.csv", 2, changing)], log)
    assert log.files == []


def test_a_start_is_not_sent_and_says_so(target: DryRun) -> None:
    assert target.start() == StartAnswer(started=True, sent=False, note=NOTE)
    assert NOTE.startswith("Dry run: ")
    assert target.evidence({}, None) == target.start()


def test_it_is_always_ready_verifies_nothing_and_has_ended(target: DryRun) -> None:
    assert target.readiness().state == "ready"
    assert target.verify() is None
    assert target.before_start() == {}
    assert target.progress({}).state == "succeeded"


def test_it_has_no_operations(target: DryRun) -> None:
    with pytest.raises(ValueError, match="no operation op-1"):
        target.verification("op-1")
    with pytest.raises(ValueError, match="no operation op-1"):
        target.started("op-1")


class Sockets:
    """The sockets that this thread makes, as the interpreter tells of them."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self._thread = threading.get_ident()
        sys.addaudithook(self._heard)

    def _heard(self, event: str, _arguments: object) -> None:
        if event.startswith("socket.") and threading.get_ident() == self._thread:
            self.events.append(event)


def test_no_verb_calls_anybody(target: DryRun) -> None:
    sockets = Sockets()
    target.readiness()
    target.upload([UploadFile("school.csv", 20, lambda: iter(CHUNKS))], Noted())
    target.verify()
    target.before_start()
    target.start()
    target.evidence({}, None)
    target.progress({})
    assert sockets.events == []
    socket.socket().close()
    assert sockets.events != []
