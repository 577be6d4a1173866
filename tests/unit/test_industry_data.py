"""The Industry Data API's adapter: flows, runs and what is told of both, as documented."""

import itertools
from typing import Any

import httpx
import pytest

from sync_core.model.errors import (
    AccessPendingError,
    ServiceBusyError,
    TargetNotFoundError,
    UnexpectedAnswerError,
)
from sync_core.model.masking import MASK
from sync_core.model.statistics import EntityCounts
from sync_core.model.target_kinds import TARGET_KINDS, StartLimit
from sync_core.targets import Progress, Readiness, target_for
from sync_core.targets.industry_data.adapter import IndustryData
from sync_core.targets.industry_data.enums import ADVICE, OPERATION, READINESS, RUN
from sync_core.targets.industry_data.runs import ServiceRun, run_after
from sync_core.targets.paging import MAX_PAGES
from tests.unit.classic_kit import answered
from tests.unit.industry_kit import (
    CONNECTOR,
    FLOW,
    FLOW_CALL,
    GRAPH,
    VALIDATE_CALL,
    IndustryService,
    accepted,
    flow_answer,
    flow_document,
    runs,
)
from tests.unit.product_kit import feed_setting, settings_of

ROOT = f"{GRAPH}/beta/external/industryData"
OPERATION_1 = f"{ROOT}/operations/op-1"


class TestReadiness:
    @pytest.mark.parametrize(
        ("status", "verdict"),
        [
            ("notReady", "waiting"),
            ("ready", "ready"),
            ("unknownFutureValue", "waiting"),
            ("Ann Bell", "waiting"),
        ],
    )
    def test_a_flow_that_may_take_files_is_taken_or_waited_for(
        self, status: str, verdict: Any
    ) -> None:
        found = IndustryService({FLOW_CALL: [flow_answer(status)]}).target.readiness()
        told = MASK if status == "Ann Bell" else status
        assert found == Readiness(verdict, f"The inbound flow {FLOW} has status {told}.")

    @pytest.mark.parametrize(
        ("status", "advice"),
        [
            ("failed", "fix the error it shows, and save it"),
            ("disabled", "Turn it on in School Data Sync"),
            ("expired", "The new school year is not set up"),
        ],
    )
    def test_a_flow_that_will_take_none_says_what_to_do(self, status: str, advice: str) -> None:
        found = IndustryService({FLOW_CALL: [flow_answer(status)]}).target.readiness()
        assert found.state == "failed"
        assert found.detail.startswith(f"The inbound flow {FLOW} has status {status}. ")
        assert advice in found.detail

    @pytest.mark.parametrize("body", [{}, {"readinessStatus": None}, [], None])
    def test_no_status_is_not_ready(self, body: object) -> None:
        found = IndustryService({FLOW_CALL: [answered(body)]}).target.readiness()
        assert found == Readiness("waiting", f"The inbound flow {FLOW} has status unknown.")

    @pytest.mark.parametrize(
        ("form", "code"), [("sds-v1", "schoolDataSyncV1"), ("sds-v2.1", "schoolDataSyncV2Rev1")]
    )
    def test_a_connector_of_the_feeds_own_format_is_ready(self, form: str, code: str) -> None:
        service = IndustryService({FLOW_CALL: [flow_answer(code=code)]}, format=form)
        assert service.target.readiness().state == "ready"

    @pytest.mark.parametrize("status", ["ready", "notReady"])
    def test_a_connector_of_another_format_ends_the_run(self, status: str) -> None:
        answer = flow_answer(status, code="schoolDataSyncV2Rev1")
        found = IndustryService({FLOW_CALL: [answer]}).target.readiness()
        assert found.state == "failed"
        assert "expects schoolDataSyncV2Rev1, but the feed's format is sds-v1" in found.detail
        assert (
            "Change the feed's format in SIS_FEEDS, or name another inbound flow." in found.detail
        )

    @pytest.mark.parametrize(
        "connector",
        [None, [], "x", {}, {"fileFormat": None}, {"fileFormat": {"code": None}}],
    )
    def test_a_format_that_is_not_reported_is_left_to_the_verification(
        self, connector: object
    ) -> None:
        answer = answered({"readinessStatus": "ready", "dataConnector": connector})
        assert IndustryService({FLOW_CALL: [answer]}).target.readiness().state == "ready"

    def test_reading_needs_the_reading_permission(self) -> None:
        with pytest.raises(AccessPendingError, match=r"IndustryData-InboundFlow\.Read\.All"):
            IndustryService({FLOW_CALL: [httpx.Response(403)]}).target.readiness()

    def test_all_documented_words_are_distinguished(self) -> None:
        unknown = "unknownFutureValue"
        assert set(READINESS) == {"notReady", "ready", "failed", "disabled", "expired", unknown}
        assert set(ADVICE) == {word for word, state in READINESS.items() if state == "failed"}
        assert set(OPERATION) == {"notStarted", "running", "succeeded", "failed", unknown}
        completed = {"completed", "completedWithErrors", "completedWithWarnings"}
        assert set(RUN) == {"running", "failed", *completed, unknown}


class TestFlow:
    def test_by_its_id_it_is_requested_with_its_connector(self) -> None:
        service = IndustryService({FLOW_CALL: [flow_answer()]})
        service.target.readiness()
        (request,) = service.requests
        assert str(request.url) == f"{ROOT}/inboundFlows/{FLOW}?$expand=dataConnector"

    @pytest.mark.parametrize(
        ("name", "quoted"),
        [
            ("Nightly rosters", "'Nightly rosters'"),
            ("O'Brien's & co", "'O''Brien''s & co'"),
            ("100% + #1", "'100% + #1'"),
        ],
    )
    def test_by_its_name_it_is_looked_for(self, name: str, quoted: str) -> None:
        found = {**flow_document(), "displayName": name}
        service = IndustryService(
            {"GET /inboundFlows": [answered({"value": [found]})]}, inbound_flow_name=name
        )
        assert service.target.readiness().state == "ready"
        assert service.target.id == name
        (request,) = service.requests
        assert dict(request.url.params) == {
            "$filter": f"displayName eq {quoted}",
            "$expand": "dataConnector",
        }

    @pytest.mark.parametrize(
        ("body", "number"),
        [
            ({"value": []}, 0),
            ({"value": [{"displayName": "twins"}, {"displayName": None}, None, 5]}, 0),
            ({"value": None}, 0),
            (None, 0),
            ({"value": [{"displayName": "Twins"}, {"displayName": "Twins"}]}, 2),
        ],
    )
    def test_a_name_that_is_not_one_flows_is_refused(self, body: object, number: int) -> None:
        service = IndustryService(
            {"GET /inboundFlows": [answered(body)]}, inbound_flow_name="Twins"
        )
        with pytest.raises(TargetNotFoundError) as caught:
            service.target.readiness()
        assert str(caught.value) == (
            f"{number} inbound flows are named 'Twins'. Set inboundFlowId in SIS_FEEDS to the"
            " id of one of them."
        )

    def test_its_connector_is_taken_from_it_and_requested_once(self) -> None:
        service = IndustryService(
            {FLOW_CALL: [flow_answer()], VALIDATE_CALL: [accepted(OPERATION_1)] * 2}
        )
        for _ in range(2):
            service.target.verify()
        assert service.calls == [FLOW_CALL, VALIDATE_CALL, VALIDATE_CALL]

    def test_a_connector_that_has_changed_since_last_night_is_noticed(self) -> None:
        changed = {"readinessStatus": "ready", "dataConnector": {"id": "new"}}
        service = IndustryService(
            {
                FLOW_CALL: [flow_answer(), answered(changed)],
                VALIDATE_CALL: [accepted(OPERATION_1)],
                "POST /dataConnectors/new/validate": [accepted(OPERATION_1)],
            }
        )
        for _ in range(2):
            service.target.readiness()
            service.target.verify()
        assert [call for call in service.calls if call.startswith("POST")] == [
            VALIDATE_CALL,
            "POST /dataConnectors/new/validate",
        ]

    @pytest.mark.parametrize("connector", [None, [], {}, {"id": None}, {"id": ""}])
    def test_a_flow_without_a_connector_takes_no_files(self, connector: object) -> None:
        service = IndustryService({FLOW_CALL: [answered({"dataConnector": connector})]})
        with pytest.raises(UnexpectedAnswerError, match=f"no data connector .* {FLOW}"):
            service.target.verify()


ASKED_AT = 1_772_330_401.0
"""One second after the run r1 of `runs` has begun: 2026-03-01T02:00:01Z."""


class TestEvidence:
    @pytest.mark.parametrize(
        ("answer", "newest"),
        [
            (runs("r1", "r2"), "r2"),
            (runs(), ""),
            (answered({"value": [{"id": "r1"}, {"id": 5, "startDateTime": "2026"}]}), "r1"),
        ],
    )
    def test_before_a_start_the_newest_run_is_noted(
        self, answer: httpx.Response, newest: str
    ) -> None:
        service = IndustryService({"GET /runs": [answer]})
        assert service.target.before_start()["run"] == newest

    @pytest.mark.parametrize("body", [None, {}, {"value": None}, []])
    def test_runs_that_are_not_listed_are_requested_again(self, body: object) -> None:
        # An old run that is missed before a start would look like the one that it has begun.
        with pytest.raises(ServiceBusyError):
            IndustryService({"GET /runs": [answered(body)]}).target.before_start()

    def test_the_newest_is_the_one_that_began_last_in_whatever_order(self) -> None:
        newest = {"id": "new", "startDateTime": "2026-03-02T02:00:00Z"}
        oldest = {"id": "old", "startDateTime": "2026-03-01T02:00:00Z"}
        for order in ([newest, oldest], [oldest, newest]):
            service = IndustryService({"GET /runs": [answered({"value": order})]})
            assert service.target.before_start() == {
                "run": "new",
                "began": newest["startDateTime"],
                "askedAt": None,
            }

    def test_the_newest_run_is_found_on_whatever_page_it_is(self) -> None:
        first, second = (listed_on(day) for day in (1, 2))
        first["@odata.nextLink"] = "https://elsewhere.example/runs?$skiptoken=2"
        service = IndustryService({"GET /runs": [answered(first), answered(second)]})
        assert service.target.before_start()["run"] == "r2"
        assert [str(request.url) for request in service.requests] == [
            f"{ROOT}/runs",
            f"{ROOT}/runs?$skiptoken=2",
        ]

    def test_a_page_that_is_missing_makes_the_list_none(self) -> None:
        first = {**listed_on(1), "@odata.nextLink": "?$skiptoken=2"}
        service = IndustryService({"GET /runs": [answered(first), answered({})]})
        with pytest.raises(ServiceBusyError):
            service.target.evidence({"run": ""}, None)

    def test_a_list_without_an_end_is_not_believed(self) -> None:
        pages = (
            answered({**listed_on(1), "@odata.nextLink": f"?$skiptoken={number}"})
            for number in itertools.count(1)
        )
        with pytest.raises(UnexpectedAnswerError, match=f"longer than {MAX_PAGES:,} runs"):
            IndustryService({"GET /runs": pages}).target.before_start()

    def test_a_list_that_repeats_itself_is_not_believed(self) -> None:
        page = answered({**listed_on(1), "@odata.nextLink": "?$skiptoken=2"})
        service = IndustryService({"GET /runs": itertools.repeat(page)})
        with pytest.raises(UnexpectedAnswerError, match="repeats itself"):
            service.target.before_start()
        assert len(service.calls) == 2

    def test_the_clock_of_the_last_page_is_the_services(self) -> None:
        page = runs("r1")
        page.headers["Date"] = "Sun, 01 Mar 2026 02:00:01 GMT"
        before = IndustryService({"GET /runs": [page]}).target.before_start()
        assert before["askedAt"] == ASKED_AT

    @pytest.mark.parametrize("before", [{"run": "r1"}, {"run": "", "askedAt": None}, {}])
    def test_without_the_services_clock_nothing_is_proof(self, before: dict[str, Any]) -> None:
        service = IndustryService({"GET /runs": [runs("r1", "r2")]})
        assert service.target.evidence(before, None) is None

    @pytest.mark.parametrize("asked_at", [ASKED_AT + 86_400, ASKED_AT + 90_000])
    def test_a_run_that_began_before_the_start_is_no_proof(self, asked_at: float) -> None:
        service = IndustryService({"GET /runs": [runs("r1", "r2")]})
        before = {"run": "r1", "askedAt": asked_at}
        assert service.target.evidence(before, None) is None

    @pytest.mark.parametrize("known", ["r1", ""])
    def test_a_newer_run_is_proof_and_says_how_it_is_known(self, known: str) -> None:
        before = {"run": known, "askedAt": ASKED_AT - 1}
        service = IndustryService({"GET /runs": [runs("r1", "r2")]})
        found = service.target.evidence(before, None)
        assert found is not None
        assert (found.started, found.messages, found.operation) == (True, (), "")
        assert "answer to the start was lost" in found.note
        assert "shows a new run" in found.note

    @pytest.mark.parametrize(("found", "before"), [(runs("r1"), "r1"), (runs(), ""), (runs(), "r")])
    def test_without_a_newer_run_there_is_none(self, found: httpx.Response, before: str) -> None:
        service = IndustryService({"GET /runs": [found]})
        assert service.target.evidence({"run": before, "askedAt": 0.0}, None) is None

    @pytest.mark.parametrize(
        ("began", "next_run"),
        [("2026-03-01T03:00:00Z", "r2"), ("2026-03-03T00:00:00Z", ""), ("", ""), (None, "")],
    )
    def test_a_run_that_the_list_has_lost_is_replaced_by_the_time_of_its_beginning(
        self, began: object, next_run: str
    ) -> None:
        found = run_after(
            {"run": "lost", "began": began},
            [ServiceRun("r1", "2026-03-01T02:00:00Z"), ServiceRun("r2", "2026-03-02T02:00:00Z")],
        )
        assert (found.id if found else "") == next_run


def listed_on(day: int) -> dict[str, Any]:
    """A page with the run that began on a day."""
    return {"value": [{"id": f"r{day}", "startDateTime": f"2026-03-0{day}T02:00:00Z"}]}


BEFORE = {"run": "r1"}


class TestProgress:
    def service(self, run: object, statistics: httpx.Response | None = None) -> IndustryService:
        told = statistics or answered({"inboundTotals": {"errors": 3, "people": 2}})
        return IndustryService(
            {
                "GET /runs": [runs("r1", "r2")],
                "GET /runs/r2": [answered(run)],
                "GET /runs/r2/getStatistics": [told],
            }
        )

    @pytest.mark.parametrize(
        ("status", "state", "note"),
        [
            ("completed", "succeeded", "All records were synced."),
            ("completedWithWarnings", "warned", "Some optional values were ignored."),
            (
                "completedWithErrors",
                "failed",
                "Some records were not synced: required data is invalid.",
            ),
            ("failed", "failed", "The run failed."),
        ],
    )
    def test_a_run_that_has_ended_reports_the_records(
        self, status: str, state: str, note: str
    ) -> None:
        found = self.service({"status": status, "blockingError": None}).target.progress(BEFORE)
        assert (found.status, found.state, found.note) == (status, state, note)
        assert found.statistics is not None
        assert found.statistics.errors == 3
        assert found.statistics.people == EntityCounts(total=2)

    @pytest.mark.parametrize("status", ["running", "unknownFutureValue", "Ann Bell", ""])
    def test_a_run_that_has_not_ended_is_not_counted(self, status: str) -> None:
        service = self.service({"status": status})
        told = MASK if status == "Ann Bell" else status
        assert service.target.progress(BEFORE) == Progress(status=told, state="running")
        assert "GET /runs/r2/getStatistics" not in service.calls

    @pytest.mark.parametrize(
        ("code", "told"), [("RequiredFileNotFound", "RequiredFileNotFound"), ("AnnBell", MASK)]
    )
    def test_what_blocked_a_run_is_reported_by_its_code_alone(self, code: str, told: str) -> None:
        blocking = {"code": code, "message": "Ann Example"}
        run = {"status": "failed", "blockingError": blocking}
        found = self.service(run).target.progress(BEFORE)
        assert found.note == f"The run failed. ({told})"

    def test_a_run_of_before_the_start_is_not_ours(self) -> None:
        service = IndustryService({"GET /runs": [runs("r1")]})
        waiting = Progress(status="not started yet", state="running")
        assert service.target.progress(BEFORE) == waiting

    def test_a_tenant_without_runs_is_waited_for(self) -> None:
        service = IndustryService({"GET /runs": [runs()]})
        assert service.target.progress({"run": ""}).state == "running"

    @pytest.mark.parametrize("status", [400, 403, 404])
    def test_an_end_without_statistics_is_reported_all_the_same(self, status: int) -> None:
        service = self.service({"status": "failed"}, httpx.Response(status))
        found = service.target.progress(BEFORE)
        assert (found.state, found.statistics) == ("failed", None)

    @pytest.mark.parametrize("status", [429, 503])
    def test_statistics_that_come_later_are_waited_for(self, status: int) -> None:
        with pytest.raises(ServiceBusyError):
            self.service({"status": "failed"}, httpx.Response(status)).target.progress(BEFORE)


def test_a_feeds_adapter_is_for_its_flow() -> None:
    feed = feed_setting(target="industry-data", profileId=None, inboundFlowId=CONNECTOR)
    settings = settings_of(feed)
    target = target_for(settings.feed("northwind"), settings)
    assert isinstance(target, IndustryData)
    assert target.id == CONNECTOR


def test_the_industry_data_api_takes_five_starts_in_twelve_hours_and_needs_no_group() -> None:
    assert TARGET_KINDS["industry-data"].required_groups == frozenset()
    assert TARGET_KINDS["industry-data"].start_limit == StartLimit(starts=5, hours=12)
