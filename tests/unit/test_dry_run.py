"""The dry run: everything is done, and nobody is called."""

import logging
import socket
import sys
import threading
from collections.abc import Callable, Iterator

import msgspec
import pytest

from sync_core.activities import Services, start_sync, validate_file_set
from sync_core.activities.publish import STARTED
from sync_core.alerts.alert import card
from sync_core.delivery.start_once import StartRecord
from sync_core.model.errors import SupersededError
from sync_core.model.event_documents import RunFinishedEvent
from sync_core.model.outcomes import OUTCOMES, Outcome
from sync_core.model.target_kinds import TARGET_KINDS
from sync_core.orchestration.steps import Ended, Published, Verdict
from sync_core.results import paths
from sync_core.targets import DRY_RUN_STATUS, StartAnswer, UploadFile, target_for
from sync_core.targets.dry_run import NOTE, DryRun
from tests.unit.product_kit import ActivityHarness, InMemoryUploadLog, settings_of

CHUNKS = [b"SIS ID,Name\n", b"", b"N,North\n"]


@pytest.fixture
def target() -> DryRun:
    return DryRun()


def test_a_feed_without_a_target_is_a_dry_run() -> None:
    settings = settings_of({"name": "northwind"})
    assert isinstance(target_for(settings.feed("northwind"), settings), DryRun)
    kind = TARGET_KINDS["dry-run"]
    assert (kind.required_groups, kind.start_limit, kind.permissions) == (frozenset(), None, ())


def test_every_byte_of_every_file_is_read(target: DryRun) -> None:
    read: list[tuple[str, bytes]] = []

    def chunks(name: str) -> Iterator[bytes]:
        for chunk in CHUNKS:
            yield chunk
            read.append((name, chunk))

    log = InMemoryUploadLog()
    names = ["school.csv", "student.csv"]
    target.upload([UploadFile(name, 20, lambda name=name: chunks(name)) for name in names], log)  # type: ignore[misc]
    assert read == [(name, chunk) for name in names for chunk in CHUNKS]
    assert log.files == names


def test_a_file_that_changes_on_the_way_is_noticed(target: DryRun) -> None:
    def changing() -> Iterator[bytes]:
        yield b"x"
        raise SupersededError("It has changed.")

    log = InMemoryUploadLog()
    with pytest.raises(SupersededError):
        target.upload([UploadFile("school.csv", 2, changing)], log)
    assert log.files == []


def test_a_start_is_not_sent_and_says_so(target: DryRun) -> None:
    assert target.start() == StartAnswer(started=True, sent=False, note=NOTE)
    assert NOTE.startswith("Dry run: ")
    assert "nothing was sent" in NOTE
    assert target.evidence(target.before_start(), None) == target.start()


def test_a_start_of_another_target_is_not_taken_for_its_own(target: DryRun) -> None:
    """The feed may be made a dry run while a start of its former target is open."""
    assert target.evidence({"status": "success"}, None) is None


def test_it_is_always_ready(target: DryRun) -> None:
    assert target.readiness().state == "ready"
    assert target.before_start() == DRY_RUN_STATUS


class Sockets:
    """The sockets that this thread makes, as the interpreter tells of them."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self._thread = threading.get_ident()
        sys.addaudithook(self._heard)

    def _heard(self, event: str, _arguments: object) -> None:
        if event.startswith("socket.") and threading.get_ident() == self._thread:
            self.events.append(event)


def test_no_method_calls_anybody(target: DryRun) -> None:
    sockets = Sockets()
    target.readiness()
    target.upload([UploadFile("school.csv", 20, lambda: iter(CHUNKS))], InMemoryUploadLog())
    target.before_start()
    target.start()
    target.evidence({}, None)
    assert sockets.events == []
    socket.socket().close()
    assert sockets.events != []


class TestTheEndOfADryRun:
    @pytest.fixture
    def dry(self, new_harness: Callable[..., ActivityHarness]) -> ActivityHarness:
        harness = new_harness(target="dry-run")
        harness.services = Services(harness.settings)
        harness.land()
        return harness

    def test_it_ends_as_an_outcome_of_its_own_and_is_no_success(
        self, dry: ActivityHarness, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "sis_sync")
        files = dry.landed_set()
        ended = dry.ask(start_sync, files=files)
        assert isinstance(ended, Ended)
        assert ended.verdict == Verdict(outcome=Outcome.DRY_RUN, summary=NOTE, sent=False)
        published = dry.publish(files, ended.verdict)
        assert isinstance(published, Published)
        assert published.outcome == "dry_run"
        assert published.follow is False
        assert "northwind/started.json" not in list(dry.results.list_blob_names())
        assert Outcome.DRY_RUN not in STARTED

    def test_every_line_about_it_says_that_nothing_was_sent(
        self, dry: ActivityHarness, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "sis_sync")
        files = dry.landed_set()
        ended = dry.ask(start_sync, files=files)
        assert isinstance(ended, Ended)
        dry.publish(files, ended.verdict)
        result = dry.kept(f"northwind/{files.run}/result.json")
        event = msgspec.convert(dry.emitted[0], RunFinishedEvent)
        (logged,) = [line for line in caplog.messages if line.startswith("run finished")]
        shown = [
            result["summary"],
            result["action"],
            event.data.summary,
            event.data.action,
            *(block["text"] for block in card(event)["body"] if "text" in block),
            logged,
            OUTCOMES[Outcome.DRY_RUN].meaning,
        ]
        assert [line for line in shown if "nothing was sent" not in line.lower()] == []

    def test_warnings_leave_it_a_dry_run(self, dry: ActivityHarness) -> None:
        dry.land(files={"student.csv": "SIS ID,School SIS ID,Username\ns1,N,ann\ns2,N,ann\n"})
        files = dry.landed_set()
        dry.ask(validate_file_set, files=files)
        ended = dry.ask(start_sync, files=files)
        assert isinstance(ended, Ended)
        dry.publish(files, ended.verdict)
        result = dry.kept(f"northwind/{files.run}/result.json")
        assert (result["outcome"], result["counts"]["warnings"] > 0) == ("dry_run", True)

    def test_one_that_was_interrupted_is_never_reported_as_a_start_that_may_have_been_sent(
        self, dry: ActivityHarness
    ) -> None:
        files = dry.landed_set()
        record = StartRecord(claim="c", state="sending", claimed_at=0, before=DRY_RUN_STATUS)
        dry.services.results.write(paths.start_record(files), msgspec.json.encode(record))
        dry.publish(files, Verdict(outcome=Outcome.FAILED, summary="It broke."))
        assert dry.kept(f"northwind/{files.run}/result.json")["outcome"] == "failed"

    def test_one_that_failed_after_its_end_is_reported_as_a_dry_run(
        self, dry: ActivityHarness
    ) -> None:
        files = dry.landed_set()
        dry.ask(start_sync, files=files)
        dry.publish(files, Verdict(outcome=Outcome.FAILED, summary="It broke."))
        assert dry.kept(f"northwind/{files.run}/result.json")["outcome"] == "dry_run"
