"""Feeds in a blob of the data storage: what a bad entry or a broken document leaves standing."""

import json
import logging
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from azure.storage.blob import ContainerClient

from sync_core.activities import Services, gather_file_set, publish_result, validate_file_set
from sync_core.activities.feeds_blob import SETTINGS_WRONG
from sync_core.intake.sweep import EventQueues, feeds_to_start
from sync_core.landing import FileSet
from sync_core.model.errors import SettingsError
from sync_core.model.event_documents import RunFinishedEvent
from sync_core.model.outcomes import Outcome
from sync_core.orchestration.steps import (
    Ended,
    Gathered,
    Publication,
    Published,
    Question,
    Verdict,
    Wait,
)
from sync_core.results import paths
from tests.unit.product_kit import (
    EXPORT,
    ActivityHarness,
    ScriptedTarget,
    feed_setting,
    settings_of,
)

BLOB = "settings/feeds.json"
BAD = {"name": "bad", "profileId": "p-bad", "quietSeconds": 60}
LANDED_AGO = 1_000.0


class District:
    """Feeds in a blob, and services that read them. A new services is the app after a restart."""

    def __init__(self, harness: ActivityHarness, settings: ContainerClient) -> None:
        self.harness, self.blob = harness, settings.get_blob_client(BLOB)
        self._settings = settings_of(
            SIS_FEEDS=f"blob:{settings.container_name}/{BLOB}",
            **harness.storage_settings,
        )
        self.emitted: list[dict[str, Any]] = []

    def write(self, *feeds: Any) -> None:
        self.write_text(json.dumps(feeds, indent=1).encode())

    def write_text(self, text: bytes) -> None:
        self.blob.upload_blob(text, overwrite=True)

    def services(self) -> Services:
        return Services(self._settings, lambda feed, settings: ScriptedTarget())

    def land(self, feed: str) -> float:
        for name, text in EXPORT.items():
            self.harness.landing.upload_blob(f"{feed}/{name}", text, overwrite=True)
        return self.newest(feed)

    def newest(self, feed: str) -> float:
        return max(blob.modified for blob in self.services().landing.listing(feed))

    def publish(self, services: Services, ended: Ended, feed: str = "bad") -> dict[str, Any]:
        assert ended.files is not None
        publication = Publication(
            feed=feed, since=0, now=1, files=ended.files, verdict=ended.verdict, started_at=0
        )
        answer = publish_result(
            services, publication, lambda text: self.emitted.append(json.loads(text))
        )
        assert isinstance(answer, Published)
        result: dict[str, Any] = self.harness.kept(f"{feed}/{ended.files.run}/result.json")
        return result


class Quiet(EventQueues):
    def __init__(self) -> None:
        super().__init__({}, None)

    def may_hold_events(self) -> bool:
        return False


@pytest.fixture
def district(harness: ActivityHarness, new_container: Callable[[str], ContainerClient]) -> District:
    return District(harness, new_container("settings"))


def wrong_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        one.getMessage()
        for one in caplog.records
        if one.levelno == logging.ERROR and one.getMessage().startswith(f"{SETTINGS_WRONG} ")
    ]


def asked(feed: str, now: float, **fields: Any) -> Question:
    return Question(feed=feed, since=now, now=now, **fields)


class TestABadEntry:
    def test_it_stops_no_other_feed_and_is_logged_as_an_error(
        self, district: District, caplog: pytest.LogCaptureFixture
    ) -> None:
        district.write(BAD, feed_setting("good"))
        landed = district.land("good")
        answer = gather_file_set(district.services(), asked("good", landed + LANDED_AGO))
        assert isinstance(answer, Gathered)
        assert answer.files is not None
        assert answer.files.feed == "good"
        (line,) = wrong_lines(caplog)
        assert line.startswith("settings wrong feed=bad line=4 reason=target is missing")

    def test_an_entry_without_a_name_is_logged_by_its_place(
        self, district: District, caplog: pytest.LogCaptureFixture
    ) -> None:
        district.write(feed_setting("good"), {"target": "dry-run"})
        district.services().settings()
        (line,) = wrong_lines(caplog)
        assert line.startswith("settings wrong feed=(entry 2) line=7 reason=name is missing")

    def test_an_export_that_lands_for_it_ends_with_a_result_that_says_what_is_wrong(
        self, district: District
    ) -> None:
        district.write(BAD, feed_setting("good"))
        landed, services = district.land("bad"), district.services()
        waiting = gather_file_set(services, asked("bad", landed + 20))
        assert isinstance(waiting, Wait)
        assert waiting.after == pytest.approx(40)
        ended = gather_file_set(services, asked("bad", landed + 60))
        assert isinstance(ended, Ended)
        result = district.publish(services, ended)
        assert (result["outcome"], result["error"]["code"]) == ("failed", "settings-wrong")
        assert "line 4, feed 1 (bad): target is missing" in result["summary"]
        assert (result["target"]["kind"], result["files"]) == ("unknown", [])
        assert district.emitted[0]["data"]["outcome"] == "failed"
        assert district.harness.kept("bad/latest.json") == result

    def test_that_export_is_reported_once_and_another_anew(self, district: District) -> None:
        district.write(BAD)
        landed, services = district.land("bad"), district.services()
        ended = gather_file_set(services, asked("bad", landed + LANDED_AGO))
        assert isinstance(ended, Ended)
        district.publish(services, ended)
        assert gather_file_set(services, asked("bad", landed + LANDED_AGO)) == Gathered()
        while district.land("bad") <= landed:
            pass
        again = gather_file_set(services, asked("bad", landed + LANDED_AGO))
        assert isinstance(again, Ended)

    def test_once_it_is_corrected_that_export_is_run_without_being_delivered_again(
        self, district: District
    ) -> None:
        district.write(BAD)
        landed, services = district.land("bad"), district.services()
        ended = gather_file_set(services, asked("bad", landed + LANDED_AGO))
        assert isinstance(ended, Ended)
        district.publish(services, ended)
        district.write({**BAD, "target": "classic"})
        found = gather_file_set(services, asked("bad", landed + LANDED_AGO))
        assert isinstance(found, Gathered)
        assert found.files is not None
        assert len(found.files.files) == len(EXPORT)
        assert feeds_to_start(services, landed + LANDED_AGO, Quiet()) == ["bad"]

    def test_where_nothing_has_landed_for_it_there_is_nothing_to_tell(
        self, district: District
    ) -> None:
        district.write(BAD)
        assert gather_file_set(district.services(), asked("bad", 1.0)) == Gathered()

    def test_a_run_that_it_breaks_off_has_its_result(self, district: District) -> None:
        district.write({**BAD, "target": "classic"})
        landed, services = district.land("bad"), district.services()
        found = gather_file_set(services, asked("bad", landed + LANDED_AGO))
        assert isinstance(found, Gathered)
        files = found.files
        assert files is not None
        district.write(BAD)
        ended = validate_file_set(services, asked("bad", landed + LANDED_AGO, files=files))
        assert isinstance(ended, Ended)
        result = district.publish(services, Ended(ended.verdict, files))
        assert (result["outcome"], result["run"]) == ("failed", files.run)

    def test_a_feed_that_is_taken_out_while_it_runs_has_its_result_too(
        self, district: District
    ) -> None:
        district.write(feed_setting("good"))
        files = FileSet(feed="gone", folder="", landed_at=1.0, files=())
        ended = Ended(Verdict(outcome=Outcome.FAILED, summary="It broke."), files)
        assert district.publish(district.services(), ended, "gone")["summary"] == "It broke."

    def test_a_folder_of_no_feed_still_has_no_result(self, district: District) -> None:
        district.write(feed_setting("good"))
        landed = district.land("other")
        ended = gather_file_set(district.services(), asked("other", landed + LANDED_AGO))
        assert isinstance(ended, Ended)
        assert ended.files is None


class TestABrokenDocument:
    BROKEN = b'[{"name": "good", "target": "classic",\n "profileId": "p"'

    def test_the_last_good_one_is_used_and_the_log_says_so(
        self, district: District, caplog: pytest.LogCaptureFixture
    ) -> None:
        district.write(feed_setting("good"))
        services = district.services()
        before = services.feed("good")
        district.write_text(self.BROKEN)
        assert services.feed("good") == before
        (line,) = wrong_lines(caplog)
        assert line.startswith("settings wrong feed=(all) line=2 reason=")
        assert line.endswith("The app uses the feeds of the last valid document.")

    @pytest.mark.parametrize("text", [BROKEN, b"", b"\xff", b"{}"])
    def test_it_survives_a_restart(self, district: District, text: bytes) -> None:
        district.write(BAD, feed_setting("good"))
        before = district.services().settings().feeds
        district.write_text(text)
        restarted = district.services()
        assert restarted.settings().feeds == before
        landed = district.land("good")
        assert feeds_to_start(restarted, landed + LANDED_AGO, Quiet()) == ["good"]

    def test_once_it_is_corrected_the_new_one_is_used(self, district: District) -> None:
        district.write(feed_setting("good"))
        services = district.services()
        services.settings()
        district.write_text(self.BROKEN)
        services.settings()
        district.write(feed_setting("new"))
        assert list(services.settings().feeds) == ["new"]

    def test_where_there_never_was_a_good_one_the_reason_is_reported(
        self, district: District, caplog: pytest.LogCaptureFixture
    ) -> None:
        district.write_text(self.BROKEN)
        with pytest.raises(SettingsError, match="is not a JSON array of objects, line 2"):
            district.services().settings()
        (line,) = wrong_lines(caplog)
        assert "There is no earlier valid document" in line

    def test_a_document_that_is_emptied_on_purpose_stops_every_feed(
        self, district: District, caplog: pytest.LogCaptureFixture
    ) -> None:
        district.write(feed_setting("good"))
        services = district.services()
        services.settings()
        district.write()
        assert services.settings().feeds == {}
        assert wrong_lines(caplog) == [
            "settings wrong feed=(all) line=1 reason=it contains no feed."
        ]

    def test_a_copy_that_cannot_be_kept_stops_nothing(
        self, district: District, caplog: pytest.LogCaptureFixture
    ) -> None:
        district.write(feed_setting("good"))
        district.harness.results.delete_container()
        assert list(district.services().settings().feeds) == ["good"]
        assert "could not save the copy of the feeds" in caplog.text

    def test_the_copy_is_beside_the_results_and_holds_the_good_entries(
        self, district: District
    ) -> None:
        good = feed_setting("good")
        district.write(BAD, good)
        district.services().settings()
        assert district.harness.kept(paths.FEEDS_COPY) == [good]

    def test_of_two_feeds_with_one_target_the_running_one_continues_after_a_restart(
        self, district: District
    ) -> None:
        district.write(feed_setting("running"))
        district.services().settings()
        district.write(feed_setting("copied"), feed_setting("running"))
        for _ in range(2):
            assert list(district.services().settings().feeds) == ["running"]

    def test_a_byte_order_mark_is_read(self, district: District) -> None:
        district.write_text(b"\xef\xbb\xbf" + json.dumps([feed_setting("good")]).encode())
        assert district.services().feed("good")


class TestTheSweep:
    def test_it_reads_the_document_once_however_many_feeds_there_are(
        self, district: District
    ) -> None:
        district.write(*(feed_setting(f"f{n}", profileId=f"p{n}") for n in range(5)))
        landed = district.land("f3")
        services = district.services()
        reads = 0

        class Counted:
            """The container of the settings, whose downloads are counted."""

            def __init__(self, container: ContainerClient) -> None:
                self._container = container

            def download_blob(self, name: str) -> Any:
                nonlocal reads
                reads += 1
                return self._container.download_blob(name)

        assert services.feeds_blob is not None
        services.feeds_blob.container = Counted(services.feeds_blob.container)  # type: ignore[assignment]
        assert feeds_to_start(services, landed + LANDED_AGO, Quiet()) == ["f3"]
        assert reads == 1

    def test_it_reports_what_is_wrong_each_time(
        self, district: District, caplog: pytest.LogCaptureFixture
    ) -> None:
        district.write(BAD, feed_setting("good"))
        services = district.services()
        for _ in range(3):
            assert feeds_to_start(services, 1.0, Quiet()) == []
        assert len(wrong_lines(caplog)) == 3
        services.feed("good")
        assert len(wrong_lines(caplog)) == 3


def test_the_event_of_a_quarantined_feed_is_one_of_the_documents(district: District) -> None:
    district.write(BAD)
    landed, services = district.land("bad"), district.services()
    ended = gather_file_set(services, asked("bad", landed + LANDED_AGO))
    assert isinstance(ended, Ended)
    district.publish(services, ended)
    event = msgspec.convert(district.emitted[0], RunFinishedEvent)
    assert event.data.severity == "critical"
