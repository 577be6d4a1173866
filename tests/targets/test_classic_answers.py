"""What the classic API may answer to a start and around it, over real HTTP."""

import time

import pytest

from local.graph.control import GraphSimulator
from local.graph.documents import Step
from sync_core.delivery.start_once import CONFIRM_SECONDS, StartOnce, StartUnknownError
from sync_core.model.errors import AnswerLostError, SisSyncError, TargetNotFoundError
from sync_core.results.store import ResultsStore
from sync_core.targets.graph import GraphClient
from tests.targets.conftest import OnProfile

RUNS_ON = [Step("inProgress")]


def lose(classic: OnProfile) -> None:
    with pytest.raises(AnswerLostError):
        classic.ask()


def end(classic: OnProfile) -> str:
    """What becomes of a start whose answer was lost, once nobody looks any longer."""
    try:
        return "started" if classic.ask(CONFIRM_SECONDS).started else "refused"
    except StartUnknownError:
        return "unknown"


class TestProvider:
    @pytest.mark.parametrize(
        "kind", ["educationPowerSchoolDataProvider", "educationOneRosterApiDataProvider"]
    )
    @pytest.mark.parametrize("state", ["provisioned", "provisioning"])
    def test_a_profile_that_takes_no_files_is_not_ready_and_says_why(
        self, graph: GraphSimulator, classic: OnProfile, kind: str, state: str
    ) -> None:
        graph.change_profile(
            classic.profile, data_provider=f"#microsoft.graph.{kind}", states=[state]
        )
        found = classic.target.readiness()
        assert found.state == "failed"
        assert kind in found.detail
        assert "profileId" in found.detail

    @pytest.mark.parametrize(
        "kind",
        [
            "#microsoft.graph.educationCsvDataProvider",
            "#Microsoft.Education.DataSync.educationCsvDataProvider",
            "#microsoft.graph.csvDataProvider",
        ],
    )
    def test_every_documented_spelling_of_the_csv_provider_is_known(
        self, graph: GraphSimulator, classic: OnProfile, kind: str
    ) -> None:
        graph.change_profile(classic.profile, data_provider=kind)
        assert classic.target.readiness().state == "ready"


class TestLostStart:
    def test_a_sync_that_began_while_the_start_was_under_way_is_ours(
        self, graph: GraphSimulator, classic: OnProfile
    ) -> None:
        graph.change_profile(classic.profile, sync=RUNS_ON)
        graph.fault("start", drop="after", delay=1.2)
        lose(classic)
        assert end(classic) == "started"

    def test_one_that_has_ended_by_the_first_look_is_ours_too(
        self, graph: GraphSimulator, classic: OnProfile
    ) -> None:
        graph.change_profile(classic.profile, sync=["success"])
        graph.fault("start", status=504, when="after")
        lose(classic)
        assert end(classic) == "started"

    @pytest.mark.parametrize("status", ["inProgress", "success"])
    def test_a_sync_that_began_after_the_answer_was_lost_proves_nothing(
        self, graph: GraphSimulator, classic: OnProfile, status: str
    ) -> None:
        graph.change_profile(classic.profile, sync=[Step(status)])
        graph.fault("start", drop="before")
        lose(classic)
        time.sleep(2.1)
        graph.begin_sync(classic.profile)
        assert end(classic) == "unknown"
        assert graph.count("start") == 1

    def test_a_sync_that_ran_before_proves_nothing_by_ending(
        self, graph: GraphSimulator, classic: OnProfile
    ) -> None:
        graph.change_profile(classic.profile, sync=[Step("inProgress", polls=1), "success"])
        graph.begin_sync(classic.profile)
        graph.fault("start", drop="before")
        lose(classic)
        assert end(classic) == "unknown"

    def test_a_sync_that_the_status_had_not_reported_yet_is_not_ours(
        self, graph: GraphSimulator, classic: OnProfile
    ) -> None:
        graph.change_profile(classic.profile, sync=RUNS_ON)
        graph.begin_sync(classic.profile)
        time.sleep(1.1)
        # The status lags: it tells of the state before that sync.
        idle = '{"status": "success", "lastSynchronizationDateTime": null}'
        graph.fault("profile_status", status=200, body=idle)
        graph.fault("start", drop="before")
        lose(classic)
        assert end(classic) == "unknown"

    @pytest.mark.parametrize("activity", ["null", '"yesterday"', "5", '""'])
    def test_a_sync_without_a_time_proves_nothing(
        self, graph: GraphSimulator, classic: OnProfile, activity: str
    ) -> None:
        graph.fault("start", drop="after")
        lose(classic)
        body = f'{{"status": "inProgress", "lastActivityDateTime": {activity}}}'
        graph.fault("profile_status", status=200, body=body)
        assert end(classic) == "unknown"

    def test_of_a_process_that_was_lost_only_a_sync_of_the_same_moment_is_ours(
        self, graph: GraphSimulator, store: ResultsStore, client: GraphClient
    ) -> None:
        started = OnProfile(store, client, graph)
        graph.change_profile(started.profile, sync=RUNS_ON)
        _claim_and_die(store, started)
        graph.begin_sync(started.profile)
        assert end(started) == "started"


class TestNeverSynced:
    def test_a_profile_without_a_status_is_started(
        self, graph: GraphSimulator, classic: OnProfile
    ) -> None:
        graph.change_profile(classic.profile, never_synced=True)
        assert classic.ask().started
        assert classic.record.before["status"] is None

    def test_its_first_sync_is_proof_like_any_other(
        self, graph: GraphSimulator, classic: OnProfile
    ) -> None:
        graph.change_profile(classic.profile, never_synced=True, sync=RUNS_ON)
        graph.fault("start", drop="after")
        lose(classic)
        assert end(classic) == "started"

    def test_without_a_sync_its_outcome_is_unknown(
        self, graph: GraphSimulator, classic: OnProfile
    ) -> None:
        graph.change_profile(classic.profile, never_synced=True)
        graph.fault("start", drop="before")
        lose(classic)
        with pytest.raises(AnswerLostError):
            classic.ask(CONFIRM_SECONDS - 1)
        assert end(classic) == "unknown"

    def test_its_status_is_waited_for_after_the_start(
        self, graph: GraphSimulator, classic: OnProfile
    ) -> None:
        graph.change_profile(classic.profile, never_synced=True)
        classic.ask()
        graph.fault("profile_status", status=404)
        assert classic.target.progress(classic.record.before).state == "running"

    def test_a_profile_that_had_a_status_and_is_gone_is_reported(
        self, graph: GraphSimulator, classic: OnProfile
    ) -> None:
        classic.ask()
        graph.fault("profile_status", status=404)
        with pytest.raises(TargetNotFoundError):
            classic.target.progress(classic.record.before)


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 200, "body": "<html>"},
        {"status": 200, "body": '{"value": null}'},
        {"status": 201, "body": ""},
        {"status": 202, "body": '{"error": {"code": "x"}}'},
        {"status": 206, "body": "[]"},
        {"status": 200, "body": "x", "headers": {"Content-Encoding": "gzip"}},
        {"status": 200, "body": "[" * 100_000},
        {"status": 200, "body": '{"value": ["' + "x" * 20_000_000},
        {"status": 204, "body": "", "headers": {"Retry-After": "never", "Location": "//"}},
    ],
    ids=lambda answer: f"{answer['status']}-{answer['body'][:12]}",
)
def test_no_2xx_to_a_start_counts_as_a_start_that_had_no_effect(
    graph: GraphSimulator, classic: OnProfile, answer: dict[str, object]
) -> None:
    graph.fault("start", when="after", **answer)  # type: ignore[arg-type]
    try:
        classic.ask()
    except SisSyncError:
        assert classic.record.state == "sending"
    else:
        assert classic.record.state == "answered"


def _claim_and_die(store: ResultsStore, classic: OnProfile) -> None:
    """A start that was claimed, and whose process was lost before it could be sent."""

    class Dying:
        def __getattr__(self, name: str) -> object:
            return getattr(classic.target, name)

        def start(self) -> None:
            raise MemoryError

    with pytest.raises(MemoryError):
        StartOnce(store, "feed/run/steps/start.json", Dying()).answer(  # type: ignore[arg-type]
            now=0.0, current=lambda: True
        )
