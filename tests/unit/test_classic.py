"""The classic API's adapter: states, uploads, progress and sync errors, as documented."""

import itertools
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from azure.storage.blob import ContainerClient

from sync_core.model.errors import (
    AccessPendingError,
    ServiceBusyError,
    UploadAddressError,
)
from sync_core.model.masking import MASK
from sync_core.model.target_kinds import TARGET_KINDS
from sync_core.targets import Progress, Readiness, UploadFile
from sync_core.targets.blob_upload import UploadExpiredError
from sync_core.targets.classic import READINESS, Classic, classic_target
from sync_core.targets.classic_answers import (
    DATE_RESOLUTION,
    LOST_PROCESS_SECONDS,
    PROGRESS,
    proves_start,
)
from sync_core.targets.paging import MAX_PAGES
from tests.unit.classic_kit import GRAPH, ClassicService, answered
from tests.unit.product_kit import PROFILE, InMemoryUploadLog, settings_of

BEFORE = {
    "status": "success",
    "lastSynchronizationDateTime": "2026-03-01T02:00:00Z",
    "lastActivityDateTime": "2026-03-01T02:00:00Z",
}
AFTER = {
    "lastSynchronizationDateTime": "2026-03-02T02:00:00Z",
    "lastActivityDateTime": "2026-03-02T02:00:00Z",
}


class TestReadiness:
    @pytest.mark.parametrize(
        ("state", "verdict"),
        [
            ("provisioning", "waiting"),
            ("provisioned", "ready"),
            ("provisioningFailed", "failed"),
            ("deleting", "failed"),
            ("deletionFailed", "failed"),
            ("unknownFutureValue", "waiting"),
            ("Ann Bell", "waiting"),
        ],
    )
    def test_every_state_has_its_verdict_and_a_new_one_is_waited_for(
        self, state: str, verdict: str
    ) -> None:
        service = ClassicService({"": [answered({"state": state})]})
        found = service.target.readiness()
        told = state if state in READINESS else MASK
        assert found == Readiness(verdict, f"The profile's state is {told}.")  # type: ignore[arg-type]

    @pytest.mark.parametrize("body", [{}, {"state": None}, {"state": 6}, [], None])
    def test_no_state_is_not_ready(self, body: object) -> None:
        found = ClassicService({"": [answered(body)]}).target.readiness()
        assert found == Readiness("waiting", "The profile's state is unknown.")

    def test_the_profile_is_requested_by_its_documented_address(self) -> None:
        service = ClassicService({"": [answered({})]})
        service.target.readiness()
        (request,) = service.requests
        address = f"{GRAPH}/beta/education/synchronizationProfiles/{PROFILE}"
        assert (request.method, str(request.url)) == ("GET", address)

    def test_reading_needs_the_reading_permission(self) -> None:
        service = ClassicService({"": [httpx.Response(403)]})
        with pytest.raises(AccessPendingError, match=r"EduAdministration\.Read\.All"):
            service.target.readiness()

    def test_all_documented_states_are_distinguished(self) -> None:
        assert set(READINESS) == {
            "provisioning",
            "provisioned",
            "provisioningFailed",
            "deleting",
            "deletionFailed",
            "unknownFutureValue",
        }


def school(*blocks: bytes) -> list[UploadFile]:
    return [UploadFile("school.csv", sum(map(len, blocks)), lambda: iter(blocks))]


class TestUpload:
    @pytest.mark.parametrize("status", [200, 201])
    def test_files_go_where_the_service_says(
        self, signed: Callable[..., str], results_container: ContainerClient, status: int
    ) -> None:
        body = {"value": signed(results_container)}
        service = ClassicService({"/uploadUrl": [answered(body, status)]})
        service.target.upload(school(b"SIS ID,Name\n"), InMemoryUploadLog())
        assert results_container.download_blob("school.csv").readall() == b"SIS ID,Name\n"
        assert [request.method for request in service.requests] == ["GET"]

    def test_an_address_that_has_expired_is_requested_again(
        self, signed: Callable[..., str], results_container: ContainerClient
    ) -> None:
        addresses = [signed(results_container, ends_in=-60), signed(results_container)]
        service = ClassicService({"/uploadUrl": [answered({"value": url}) for url in addresses]})
        service.target.upload(school(b"x"), InMemoryUploadLog())
        assert results_container.download_blob("school.csv").readall() == b"x"
        assert len(service.requests) == 2

    def test_an_address_that_has_expired_twice_is_left_for_later(
        self, signed: Callable[..., str]
    ) -> None:
        expired = answered({"value": signed(ends_in=-60)})
        service = ClassicService({"/uploadUrl": [expired, expired]})
        with pytest.raises(UploadExpiredError):
            service.target.upload(school(b"x"), InMemoryUploadLog())
        assert len(service.requests) == 2

    def test_while_an_earlier_upload_is_dealt_with_nothing_is_uploaded(self) -> None:
        busy = httpx.Response(409, headers={"Retry-After": "30"})
        with pytest.raises(ServiceBusyError) as caught:
            ClassicService({"/uploadUrl": [busy]}).target.upload(school(b"x"), InMemoryUploadLog())
        assert caught.value.retry_after == 30

    @pytest.mark.parametrize(
        "body",
        [
            {"value": "cut"},
            {"value": "https://evil.example/c?sig=canary"},
            {"value": "http://sdsstorage.blob.core.windows.net/c?sig=canary"},
        ],
    )
    def test_without_an_address_that_is_allowed_nothing_is_read(self, body: object) -> None:
        read: list[str] = []
        file = UploadFile("school.csv", 1, lambda: iter(read.append("school.csv") or ()))  # type: ignore[func-returns-value]
        with pytest.raises(UploadAddressError) as caught:
            ClassicService({"/uploadUrl": [answered(body)]}).target.upload(
                [file], InMemoryUploadLog()
            )
        assert "canary" not in str(caught.value)
        assert read == []

    def test_uploading_needs_the_writing_permission(self) -> None:
        with pytest.raises(AccessPendingError, match=r"EduAdministration\.ReadWrite\.All"):
            ClassicService({"/uploadUrl": [httpx.Response(403)]}).target.upload(
                school(b"x"), InMemoryUploadLog()
            )

    def test_no_log_of_any_library_holds_the_signature_or_the_token(
        self, signed: Callable[..., str], every_log: pytest.LogCaptureFixture
    ) -> None:
        expired, address = signed(ends_in=-60), signed()
        answers = [answered({"value": url}) for url in (expired, address)]
        service = ClassicService({"/uploadUrl": answers})
        service.target.upload(school(b"x"), InMemoryUploadLog())
        assert "sig=REDACTED" in every_log.text
        for url in (expired, address):
            assert url.partition("sig=")[2].partition("&")[0] not in every_log.text
        assert service.token not in every_log.text


ASKED_AT = 1_772_416_800.0
"""When the status before a start was told, by the service's clock: 2026-03-02T02:00:00Z."""
ASKED = {**BEFORE, "askedAt": ASKED_AT}
UNDER_WAY = 5.0


def at(seconds: float) -> dict[str, str]:
    """The times of a status whose last activity was so long after the start was asked for."""
    text = datetime.fromtimestamp(ASKED_AT + seconds, UTC).isoformat()
    return {"lastSynchronizationDateTime": text, "lastActivityDateTime": text}


def proven(
    before: Mapping[str, Any], now: Mapping[str, Any], under_way: float | None = UNDER_WAY
) -> bool:
    return proves_start(before, now, under_way)


class TestEvidence:
    @pytest.mark.parametrize("status", ["inProgress", "extracting", "validating", "success"])
    @pytest.mark.parametrize("seconds", [0.0, 0.5, UNDER_WAY, UNDER_WAY + DATE_RESOLUTION])
    def test_a_sync_that_began_while_the_start_was_under_way_is_ours(
        self, status: str, seconds: float
    ) -> None:
        now = {"status": status, **at(seconds)}
        assert proven(ASKED, now)
        assert proven({"status": None, "askedAt": ASKED_AT}, now)
        assert proven({**ASKED, "status": "error"}, now)

    @pytest.mark.parametrize("status", ["inProgress", "extracting", "validating", "success"])
    @pytest.mark.parametrize("seconds", [-86_400, -0.1, UNDER_WAY + DATE_RESOLUTION + 0.1, 300])
    def test_one_that_began_before_or_after_that_is_not(self, status: str, seconds: float) -> None:
        assert not proven(ASKED, {"status": status, **at(seconds)})

    def test_where_the_process_was_lost_it_has_to_begin_soon_after(self) -> None:
        last = LOST_PROCESS_SECONDS + DATE_RESOLUTION
        assert proven(ASKED, {"status": "inProgress", **at(last)}, None)
        assert not proven(ASKED, {"status": "inProgress", **at(last + 0.1)}, None)

    @pytest.mark.parametrize("before", ["inProgress", "extracting", "validating"])
    @pytest.mark.parametrize("now", ["inProgress", "extracting", "validating", "success"])
    def test_a_sync_that_ran_before_proves_nothing(self, before: str, now: str) -> None:
        assert not proven({**ASKED, "status": before}, {"status": now, **at(1)})

    def test_what_is_as_it_was_proves_nothing(self) -> None:
        assert not proven(ASKED, BEFORE)
        assert not proven({**ASKED, **at(1)}, {**at(1), "status": "inProgress"})
        assert not proven(ASKED, {})
        assert not proven({}, {})

    @pytest.mark.parametrize("now", ["inProgress", "success"])
    @pytest.mark.parametrize(
        "before",
        [{}, {"status": "unknownFutureValue"}, {"status": "syncing"}],
    )
    def test_what_was_not_reported_before_or_not_understood_proves_nothing(
        self, before: dict[str, str], now: str
    ) -> None:
        assert not proven({**before, "askedAt": ASKED_AT}, {"status": now, **at(1)})

    def test_without_the_services_clock_nothing_is_proven(self) -> None:
        assert not proven({**ASKED, "askedAt": None}, {"status": "inProgress", **at(1)})
        assert not proven(BEFORE, {"status": "inProgress", **at(1)})

    @pytest.mark.parametrize("time", [None, "", 5, "soon", {}])
    @pytest.mark.parametrize("status", ["inProgress", "success"])
    def test_a_sync_without_a_time_proves_nothing(self, status: str, time: object) -> None:
        now = dict.fromkeys(("lastSynchronizationDateTime", "lastActivityDateTime"), time)
        assert not proven(ASKED, {**now, "status": status})

    def test_activity_alone_proves_nothing(self) -> None:
        now = {**BEFORE, "lastActivityDateTime": at(1)["lastActivityDateTime"]}
        assert not proven(ASKED, now)

    @pytest.mark.parametrize(
        "status", ["error", "validationError", "quarantined", "paused", "unknownFutureValue"]
    )
    def test_a_trouble_may_have_been_there_before(self, status: str) -> None:
        assert not proven(ASKED, {"status": status, **at(1)})

    def test_evidence_is_an_answer_that_says_how_it_is_known(self) -> None:
        running = answered({**at(1), "status": "inProgress"})
        found = ClassicService({"/profileStatus": [running]}).target.evidence(ASKED, UNDER_WAY)
        assert found is not None
        assert found.started
        assert found.messages == ()
        assert "answer to the start was lost" in found.note

    def test_without_proof_there_is_no_evidence(self) -> None:
        service = ClassicService({"/profileStatus": [answered(BEFORE)]})
        assert service.target.evidence(ASKED, UNDER_WAY) is None

    def test_of_a_status_only_what_holds_no_free_text_is_kept(self) -> None:
        told = answered({**BEFORE, "statusMessage": "Ann Example", "errorCount": 3, "id": "x"})
        told.headers["Date"] = "Mon, 02 Mar 2026 02:00:00 GMT"
        assert ClassicService({"/profileStatus": [told]}).target.before_start() == ASKED

    def test_a_status_that_is_not_reported_is_none(self) -> None:
        service = ClassicService({"/profileStatus": [answered(None)]})
        assert service.target.before_start() == {"askedAt": None}

    @pytest.mark.parametrize("status", [{}, [], {"a": 1}, 5, False])
    def test_a_status_of_another_type_proves_nothing(self, status: object) -> None:
        odd = {"status": status, "lastActivityDateTime": 5}
        service = ClassicService({"/profileStatus": [answered(odd), answered({**ASKED, **at(1)})]})
        before = service.target.before_start()
        assert before["status"] == before["lastActivityDateTime"] == ""
        assert service.target.evidence({**before, "askedAt": ASKED_AT}, UNDER_WAY) is None
        service = ClassicService({"/profileStatus": [answered(odd)]})
        assert service.target.evidence(ASKED, UNDER_WAY) is None

    def test_all_statuses_are_requested(self) -> None:
        service = ClassicService({"/profileStatus": [answered(BEFORE)]})
        service.target.before_start()
        assert service.requests[0].headers["Prefer"] == "include-unknown-enum-members"


class TestProgress:
    @pytest.mark.parametrize(
        ("status", "state"),
        [
            ("inProgress", "running"),
            ("extracting", "running"),
            ("validating", "running"),
            ("success", "succeeded"),
            ("unknownFutureValue", "running"),
            ("", "running"),
        ],
    )
    def test_every_status_has_its_state(self, status: str, state: str) -> None:
        service = ClassicService({"/profileStatus": [answered({"status": status, **AFTER})]})
        assert service.target.progress(BEFORE) == Progress(status=status, state=state)  # type: ignore[arg-type]

    def test_a_word_that_is_not_documented_may_be_anything_and_is_not_reported(self) -> None:
        service = ClassicService({"/profileStatus": [answered({"status": "Ann Bell", **AFTER})]})
        assert service.target.progress(BEFORE) == Progress(status=MASK, state="running")

    @pytest.mark.parametrize("status", ["error", "validationError", "quarantined", "paused"])
    def test_a_sync_that_has_failed_reports_its_errors(self, status: str) -> None:
        errors = {"value": [{"errorCode": "UnmatchedEntry"}, {"errorCode": None}, {}]}
        service = ClassicService(
            {
                "/profileStatus": [answered({"status": status, **AFTER})],
                "/errors": [answered(errors)],
            }
        )
        found = service.target.progress(BEFORE)
        assert found == Progress(
            status=status, state="failed", errors={"UnmatchedEntry": 1, "None": 2}
        )

    @pytest.mark.parametrize("status", sorted(PROGRESS))
    def test_a_status_of_before_the_start_is_not_the_syncs(self, status: str) -> None:
        before = {**BEFORE, "status": status}
        service = ClassicService({"/profileStatus": [answered(before)]})
        assert service.target.progress(before).state == "running"

    @pytest.mark.parametrize("body", [None, {}, {"status": None}, {"status": None, **AFTER}])
    def test_a_profile_without_a_status_is_waited_for(self, body: object) -> None:
        service = ClassicService({"/profileStatus": [answered(body)]})
        assert service.target.progress({}) == Progress(status="", state="running")

    def test_all_documented_statuses_are_distinguished(self) -> None:
        documented = {"paused", "inProgress", "success", "error", "validationError", "quarantined"}
        assert set(PROGRESS) == documented | {"extracting", "validating"}


class TestErrorPages:
    FAILED = answered({"status": "error", **AFTER})

    def counted(self, *pages: object) -> tuple[dict[str, int], list[httpx.Request]]:
        service = ClassicService(
            {"/profileStatus": [self.FAILED], "/errors": [answered(page) for page in pages]}
        )
        return service.target.progress(BEFORE).errors, service.requests[1:]

    def test_every_page_is_counted_and_no_text_is_kept(self) -> None:
        link = f"{GRAPH}/beta/education/synchronizationProfiles/{PROFILE}/errors?$skiptoken=a%2Bb"
        entry = {"errorCode": "UnmatchedEntry", "errorMessage": "Ann Example"}
        counts, requests = self.counted(
            {"value": [entry, entry], "@odata.nextLink": link}, {"value": [entry]}
        )
        assert counts == {"UnmatchedEntry": 3}
        assert str(requests[1].url) == link

    @pytest.mark.parametrize(
        "link",
        [
            "https://evil.example/errors?$skip=1",
            "//evil.example/errors?$skip=1",
            "http://graph.example/other?$skip=1",
            "https://graph.example@evil.example/?$skip=1",
            "?$skip=1",
        ],
    )
    def test_a_link_leads_nowhere_but_to_the_next_page(self, link: str) -> None:
        _, requests = self.counted({"value": [], "@odata.nextLink": link}, {"value": []})
        path = f"{GRAPH}/beta/education/synchronizationProfiles/{PROFILE}/errors"
        assert [str(request.url) for request in requests] == [path, f"{path}?$skip=1"]

    @pytest.mark.parametrize("link", [None, "", 5, "https://evil.example/e", "https://\x00"])
    def test_a_link_without_a_page_ends_the_count(self, link: object) -> None:
        _, requests = self.counted({"value": [], "@odata.nextLink": link})
        assert len(requests) == 1

    @pytest.mark.parametrize("page", [None, [], {"value": None}, {"value": [5, None]}])
    def test_a_page_that_is_not_as_documented_breaks_nothing(self, page: object) -> None:
        counts, _ = self.counted(page)
        assert set(counts) <= {"None"}

    def test_pages_without_an_end_are_left_after_a_while_and_it_is_reported(self) -> None:
        service = ClassicService({"/profileStatus": [self.FAILED]})
        service.routes["/errors"] = (
            answered({"value": [{"errorCode": "x"}], "@odata.nextLink": f"?$skip={number}"})
            for number in itertools.count(1)
        )
        progress = service.target.progress(BEFORE)
        assert (progress.errors, progress.errors_cut) == ({MASK: MAX_PAGES}, True)

    @pytest.mark.parametrize("cycle", [["?$skip=1"], ["?$skip=1", "?$skip=2"]])
    def test_a_link_to_a_page_that_was_read_ends_the_count_and_it_is_reported(
        self, cycle: list[str]
    ) -> None:
        service = ClassicService({"/profileStatus": [self.FAILED]})
        service.routes["/errors"] = (
            answered({"value": [{"errorCode": "x"}], "@odata.nextLink": link})
            for link in itertools.cycle(cycle)
        )
        progress = service.target.progress(BEFORE)
        assert (progress.errors, progress.errors_cut) == ({MASK: len(cycle) + 1}, True)

    def test_a_list_that_was_read_to_its_end_is_whole(self) -> None:
        service = ClassicService(
            {"/profileStatus": [self.FAILED], "/errors": [answered({"value": []})]}
        )
        assert service.target.progress(BEFORE).errors_cut is False


def test_the_classic_api_cannot_do_without_the_class_files() -> None:
    assert TARGET_KINDS["classic"].required_groups == {"classes"}


def test_a_feeds_adapter_is_for_its_profile() -> None:
    settings = settings_of()
    target = classic_target(settings.feed("northwind"), settings)
    assert isinstance(target, Classic)
    assert target.id == PROFILE
