"""`sis-sync redeliver`: which files are copied where, and when nothing is copied."""

import io
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from azure.storage.blob import ContainerClient

from local.storage import Azurite
from sync_core.cli.runs.listing import NamedRun
from sync_core.cli.runs.redelivering import Delivery, SignedBy, delivery_of, redeliver
from sync_core.formats import format_named
from sync_core.guards.decisions import FilesChangedError
from sync_core.landing.exports import find_exports
from sync_core.landing.reading import Landing
from sync_core.model.documents import FileRecord
from sync_core.model.errors import UnexpectedAnswerError
from sync_core.model.outcomes import Outcome
from tests.unit.operators_kit import FEED, RUN, SIGNED, Operator, run_result

NOW = datetime(2026, 11, 29, 8, 30, tzinfo=UTC)
PLACE = f"{FEED}/redelivered-20261129T083000Z-{RUN}"
NAMED = NamedRun(FEED, RUN)
BY = SignedBy("Ann Lee", "2026-11-29T08:30:00.000Z")


@pytest.fixture
def operator(azurite: Azurite, new_container: Callable[[str], ContainerClient]) -> Operator:
    containers = [new_container(kind) for kind in ("landing", "results", "decisions")]
    return Operator(azurite.connection_string, *containers)


def contents(container: ContainerClient, folder: str) -> dict[str, bytes]:
    return {
        name.removeprefix(f"{folder}/"): container.download_blob(name).readall()
        for name in container.list_blob_names(name_starts_with=f"{folder}/")
    }


class TestFiles:
    @pytest.mark.parametrize(
        "outcome", [Outcome.NOT_READY, Outcome.FAILED, Outcome.REFUSED, Outcome.HELD]
    )
    def test_they_are_a_new_export_that_is_complete_at_once(
        self, operator: Operator, outcome: Outcome
    ) -> None:
        operator.has_run(run_result(outcome, files=operator.land(school="N", student="s1")))
        answer = operator.call("redeliver", FEED, RUN)
        assert answer.exit_code == 0, answer.output
        assert f"Delivered 2 files of the run {RUN}" in answer.stdout
        listing = Landing(operator.landing).listing(FEED)
        newest = find_exports(FEED, listing, format_named("sds-v1"))[0]
        assert newest.folder.startswith("redelivered-")
        assert newest.folder.endswith(RUN)
        assert set(newest.files) == {"school.csv", "student.csv"}
        assert newest.marker is not None
        assert newest.marker.modified >= newest.landed_at
        copied = contents(operator.landing, f"{FEED}/{newest.folder}")
        assert copied == {"school.csv": b"N", "student.csv": b"s1", "_READY": b""}

    def test_json_names_the_folder_and_the_files(self, operator: Operator) -> None:
        operator.has_run(run_result(files=operator.land(school="N")))
        document = operator.called_json("redeliver", FEED, RUN)
        assert document["files"] == ["school.csv"]
        assert "_READY" in contents(operator.landing, document["folder"])

    def test_a_started_run_is_delivered_again_to_go_back_to_it(self, operator: Operator) -> None:
        operator.has_run(run_result(Outcome.STARTED, files=operator.land("monday/", school="N")))
        assert operator.call("redeliver", FEED, RUN).exit_code == 0

    def test_only_the_files_of_the_run_are_copied(self, operator: Operator) -> None:
        files = operator.land(school="N")
        operator.land(notes="x")
        operator.has_run(run_result(files=files))
        redeliver(operator.records, delivery_of(operator.records, NAMED, NOW), BY)
        assert set(contents(operator.landing, PLACE)) == {"school.csv", "_READY"}


class TestWhoDidIt:
    def test_is_recorded_and_shown(self, operator: Operator) -> None:
        operator.has_run(run_result(Outcome.FAILED, files=operator.land(school="N")))
        assert operator.call("redeliver", FEED, RUN, *SIGNED).exit_code == 0
        (record,) = operator.decisions.redeliveries(FEED, RUN)
        assert (record.by, record.reason) == SIGNED[1::2]
        assert "_READY" in contents(operator.landing, record.folder)
        shown = operator.call("show", FEED, RUN).stdout
        assert f"Delivered again by Ann Lee at {record.redelivered_at}, to {record.folder}" in shown

    def test_may_be_left_out(self, operator: Operator) -> None:
        operator.has_run(run_result(Outcome.FAILED, files=operator.land(school="N")))
        assert operator.call("redeliver", FEED, RUN).exit_code == 0
        assert operator.decisions.redeliveries(FEED, RUN)[0].by is None
        assert "Delivered again at " in operator.call("show", FEED, RUN).stdout

    def test_has_to_be_a_name(self, operator: Operator) -> None:
        assert operator.call("redeliver", FEED, RUN, "--by", " ").exit_code == 2

    def test_is_recorded_before_the_set_is_complete(self, operator: Operator) -> None:
        operator.has_run(run_result(Outcome.FAILED, files=operator.land(school="N")))
        delivery = delivery_of(operator.records, NAMED, NOW)
        operator.decision_container.delete_container()
        with pytest.raises(UnexpectedAnswerError):
            redeliver(operator.records, delivery, BY)
        assert contents(operator.landing, PLACE) == {}


class TestAZip:
    def test_it_is_copied_once_as_it_is(self, operator: Operator) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("school.csv", "N")
            archive.writestr("student.csv", "s1")
        operator.landing.upload_blob(f"{FEED}/night.zip", packed.getvalue())
        (blob,) = Landing(operator.landing).listing(FEED)
        files = [
            FileRecord(name=name, blob=blob.name, etag=blob.etag, size=2)
            for name in ("school.csv", "student.csv")
        ]
        operator.has_run(run_result(Outcome.NOT_READY, files=files))
        delivery = delivery_of(operator.records, NAMED, NOW)
        redeliver(operator.records, delivery, BY)
        assert contents(operator.landing, PLACE) == {"night.zip": packed.getvalue(), "_READY": b""}


class TestWhatIsRefused:
    @pytest.mark.parametrize("change", ["overwritten", "deleted"])
    def test_files_that_have_changed_are_said_in_one_sentence_and_none_is_copied(
        self, operator: Operator, change: str
    ) -> None:
        operator.has_run(run_result(files=operator.land(school="N", student="s1")))
        if change == "deleted":
            operator.landing.delete_blob(f"{FEED}/student.csv")
        else:
            operator.land(student="s2")
        before = sorted(operator.landing.list_blob_names())
        answer = operator.call("redeliver", FEED, RUN)
        assert answer.exit_code == 1
        assert "were changed or deleted" in answer.stderr
        assert answer.stderr.count("\n") == 1
        assert sorted(operator.landing.list_blob_names()) == before

    def test_a_file_that_changes_meanwhile_leaves_no_part_of_a_set(
        self, operator: Operator
    ) -> None:
        operator.has_run(run_result(files=operator.land(school="N", student="s1")))
        delivery = delivery_of(operator.records, NAMED, NOW)
        operator.land(student="s2")
        with pytest.raises(FilesChangedError, match="Nothing was delivered"):
            redeliver(operator.records, delivery, BY)
        assert contents(operator.landing, PLACE) == {}

    @pytest.mark.parametrize(
        ("outcome", "said"),
        [
            (Outcome.INCOMPLETE, "files were missing"),
            (Outcome.UNKNOWN, f"sis-sync settle {FEED} {RUN} --not-started --by NAME"),
        ],
    )
    def test_a_run_whose_files_must_not_be_sent_again(
        self, operator: Operator, outcome: Outcome, said: str
    ) -> None:
        operator.has_run(run_result(outcome, files=operator.land(school="N")))
        answer = operator.call("redeliver", FEED, RUN)
        assert (answer.exit_code, said in answer.stderr) == (1, True)

    @pytest.mark.parametrize(("option", "code"), [("--started", 1), ("--not-started", 0)])
    def test_an_unknown_run_is_delivered_again_once_it_is_settled_as_not_started(
        self, operator: Operator, option: str, code: int
    ) -> None:
        operator.has_run(run_result(Outcome.UNKNOWN, files=operator.land(school="N")))
        assert operator.call("settle", FEED, RUN, option, *SIGNED).exit_code == 0
        assert operator.call("redeliver", FEED, RUN).exit_code == code

    def test_a_run_without_files_has_nothing_to_deliver(self, operator: Operator) -> None:
        operator.has_run(run_result(Outcome.FAILED))
        answer = operator.call("redeliver", FEED, RUN)
        assert (answer.exit_code, "has no files" in answer.stderr) == (1, True)


class SlowCopy:
    """A landing container whose copies are pending until they were asked about three times."""

    account_name, container_name = "account", "sis-landing"

    def __init__(self, end: str) -> None:
        self.states = ["pending", "pending", end]
        self.written: list[str] = []

    def get_blob_client(self, _name: str) -> "SlowCopy":
        return self

    url = "https://account.blob.core.windows.net/sis-landing/x"

    def start_copy_from_url(self, *_: object, **__: object) -> Mapping[str, str]:
        return {"copy_status": "pending"}

    def get_blob_properties(self) -> Any:
        state = self.states.pop(0)
        return type("Properties", (), {"copy": type("Copy", (), {"status": state})})

    def upload_blob(self, name: str, *_: object, **__: object) -> None:
        self.written.append(name)

    def delete_blob(self, name: str) -> None:
        self.written.append(f"deleted {name}")


class TestALargeFile:
    @pytest.fixture
    def delivery(self, operator: Operator) -> Delivery:
        operator.has_run(run_result(files=operator.land(school="N")))
        return delivery_of(operator.records, NAMED, NOW)

    def test_its_copy_is_awaited_before_the_marker(
        self, operator: Operator, delivery: Delivery
    ) -> None:
        landing, waits = SlowCopy("success"), list[float]()
        redeliver(operator.records_with(landing), delivery, BY, waits.append)
        assert (landing.written, len(waits)) == ([f"{PLACE}/_READY"], 3)

    def test_a_copy_that_fails_leaves_nothing(self, operator: Operator, delivery: Delivery) -> None:
        landing, waits = SlowCopy("aborted"), list[float]()
        with pytest.raises(UnexpectedAnswerError, match="status aborted"):
            redeliver(operator.records_with(landing), delivery, BY, waits.append)
        assert landing.written == [f"deleted {PLACE}/school.csv"]
