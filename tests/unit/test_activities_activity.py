"""How the faults of a step become answers, and what a step finds when it is called."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from sync_core.activities import Services, gather_file_set
from sync_core.activities.activity import Activity, activity
from sync_core.activities.context import ActivityContext
from sync_core.activities.waiting import UNKNOWN_FEED, backoff
from sync_core.delivery.start_once import StartUnknownError
from sync_core.model.documents import RunError
from sync_core.model.errors import (
    AccessDeniedError,
    AccessPendingError,
    ArchiveError,
    ServiceBusyError,
    SettingsError,
    SupersededError,
    TerminalError,
    TransientError,
)
from sync_core.model.outcomes import Outcome
from sync_core.orchestration.steps import (
    Answer,
    Ended,
    Followed,
    Gathered,
    Question,
    Ready,
    Verdict,
    Wait,
)
from tests.unit.product_kit import ActivityHarness, ScriptedTarget, feed_setting, settings_of

PUPIL = "Ann Example"


def raising(fault: Exception) -> Callable[[ActivityContext], Answer]:
    def step(context: ActivityContext) -> Answer:
        raise fault

    return step


def ask(
    step: Activity,
    *,
    feed: str = "northwind",
    after: float = 0.0,
    polls: int = 0,
    **fields: Any,
) -> Answer:
    """Ask a step that touches no storage, with these fields in the feed's settings."""
    services = Services(
        settings_of(feed_setting(**fields)), lambda feed, settings: ScriptedTarget()
    )
    return step(services, Question(feed=feed, since=1_000.0, now=1_000.0 + after, polls=polls))


def error_of(answer: Answer) -> RunError:
    assert isinstance(answer, Ended)
    assert answer.verdict.error is not None
    return answer.verdict.error


class TestAnswering:
    def test_an_answer_is_passed_on(self) -> None:
        passed = ask(activity()(lambda context: Followed(context.feed.name, more=False)))
        assert passed == Followed("northwind", more=False)

    def test_what_may_pass_is_waited_for_with_the_feeds_back_off(self) -> None:
        answer = ask(activity()(raising(TransientError("Later."))), polls=3)
        question = Question(feed="northwind", since=0, now=0, polls=3)
        assert answer == Wait(backoff(question, first=30, cap=900), "Later.")

    def test_the_feeds_own_waits_go_before_the_usual_ones(self) -> None:
        step = activity()(raising(TransientError("Later.")))
        own: dict[str, Any] = {"pollSeconds": 10, "pollCapSeconds": 20, "readyDeadlineSeconds": 100}
        first, capped = ask(step, **own), ask(step, polls=9, **own)
        assert isinstance(first, Wait)
        assert isinstance(capped, Wait)
        assert 8 <= first.after <= 10
        assert 16 <= capped.after <= 20
        assert isinstance(ask(step, after=100, **own), Ended)

    def test_the_services_own_time_is_kept_to(self) -> None:
        step = activity()(raising(ServiceBusyError("Later.", retry_after=92.128)))
        assert ask(step) == Wait(92.128, "Later.")

    def test_a_permission_is_waited_for_until_the_deadline_and_named_at_the_end(self) -> None:
        step = activity()(raising(AccessPendingError("Grant it.")))
        assert isinstance(ask(step, after=21_599), Wait)
        assert error_of(ask(step, after=21_600)) == RunError(
            code="access-denied",
            message="Grant it. The app retried until readyDeadlineSeconds had passed and gave up.",
        )

    @pytest.mark.parametrize("asked", [None, 60.0])
    def test_what_does_not_pass_in_time_fails_the_run_under_its_own_code(
        self, asked: float | None
    ) -> None:
        step = activity()(raising(ServiceBusyError("Later.", retry_after=asked)))
        assert isinstance(ask(step, after=21_500), Wait)
        answer = ask(step, after=21_600)
        assert isinstance(answer, Ended)
        assert answer.verdict.outcome is Outcome.FAILED
        assert error_of(answer) == RunError(
            code="service-busy", message="Later. The app retried until the deadline and gave up."
        )

    def test_newer_files_end_the_run_as_superseded(self) -> None:
        answer = ask(activity()(raising(SupersededError("Changed."))))
        assert answer == Ended(Verdict(outcome=Outcome.SUPERSEDED))

    def test_a_zip_that_must_not_be_opened_ends_it_as_rejected(self) -> None:
        answer = ask(activity()(raising(ArchiveError("Hostile."))))
        error = RunError(code="archive-refused", message="Hostile.")
        assert answer == Ended(Verdict(outcome=Outcome.REJECTED, summary="Hostile.", error=error))

    def test_a_start_whose_outcome_cannot_be_confirmed_ends_it_as_unknown(self) -> None:
        answer = ask(activity()(raising(StartUnknownError("Look there."))))
        error = RunError(code="start-unknown", message="Look there.")
        assert answer == Ended(Verdict(outcome=Outcome.UNKNOWN, error=error, sent=True))

    @pytest.mark.parametrize("fault", [AccessDeniedError("No."), SettingsError("Wrong.")])
    def test_what_waiting_does_not_help_fails_it_with_what_to_do(
        self, fault: TerminalError, caplog: pytest.LogCaptureFixture
    ) -> None:
        answer = ask(activity()(raising(fault)))
        assert isinstance(answer, Ended)
        assert (answer.verdict.outcome, answer.verdict.summary) == (Outcome.FAILED, str(fault))
        assert error_of(answer) == RunError(code=fault.code, message=str(fault))
        assert str(fault) in caplog.text

    def test_a_feed_that_is_not_there_fails_the_run(self) -> None:
        answer = ask(activity()(lambda case: Ready()), feed="southwind")
        assert error_of(answer).code == "settings-wrong"
        assert "southwind" in error_of(answer).message

    def test_what_nobody_foresaw_fails_the_run_without_its_text(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        answer = ask(activity()(raising(ValueError(f"cannot parse {PUPIL}"))))
        assert isinstance(answer, Ended)
        assert answer.verdict.outcome is Outcome.FAILED
        error = error_of(answer)
        assert error.code == "internal-error"
        assert "ValueError in tests.unit.test_activities_activity:" in error.message
        assert "ValueError" in caplog.text
        assert PUPIL not in error.message + caplog.text + repr(answer)

    def test_only_an_order_to_stop_is_passed_through(self) -> None:
        def stop(context: ActivityContext) -> Answer:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            ask(activity()(stop))


class TestTireless:
    @pytest.mark.parametrize(
        "fault",
        [
            TransientError("It is as it is."),
            AccessDeniedError("It is as it is."),
            SupersededError("It is as it is."),
        ],
    )
    def test_whatever_is_wrong_it_is_retried_even_after_every_deadline(
        self, fault: Exception
    ) -> None:
        answer = ask(
            activity(gives_up=False, needs_settings=False)(raising(fault)), after=1e9, polls=99
        )
        assert isinstance(answer, Wait)
        assert answer.reason == "It is as it is."
        assert answer.after <= UNKNOWN_FEED.cap

    def test_what_nobody_foresaw_is_retried_and_not_quoted(self) -> None:
        answer = ask(activity(gives_up=False, needs_settings=False)(raising(ValueError(PUPIL))))
        assert isinstance(answer, Wait)
        assert PUPIL not in answer.reason


class TestRoom:
    def test_a_feeds_adapter_is_made_once(self) -> None:
        made: list[str] = []

        def make(feed: object, settings: object) -> ScriptedTarget:
            made.append("adapter")
            return ScriptedTarget()

        services = Services(
            settings_of(feed_setting("a"), feed_setting("b", profileId="other")), make
        )
        first = services.target(services.feed("a"))
        assert services.target(services.feed("a")) is first
        assert services.target(services.feed("b")) is not first
        assert len(made) == 2

    def test_decisions_and_baselines_are_in_containers_of_their_own(
        self, harness: ActivityHarness
    ) -> None:
        services = harness.services
        services.decisions.claim_reminder("northwind", "r1", 1)
        services.baselines.key("northwind")
        assert list(harness.decisions.list_blob_names()) == ["northwind/r1/reminders/1"]
        assert list(harness.state.list_blob_names()) == ["northwind/key"]
        assert list(harness.results.list_blob_names()) == []

    def test_feeds_in_a_blob_are_read_anew_for_each_step(self, harness: ActivityHarness) -> None:
        container = harness.landing.container_name
        services = Services(
            settings_of(
                SIS_FEEDS=f"blob:{container}/settings/feeds.json",
                **harness.storage_settings,
            ),
            lambda feed, settings: harness.target,
        )
        question = Question(feed="east", since=0, now=0)
        missing = gather_file_set(services, question)
        assert "settings/feeds.json" in error_of(missing).message
        blob = harness.landing.get_blob_client("settings/feeds.json")
        blob.upload_blob(json.dumps([feed_setting("west")]))
        assert error_of(gather_file_set(services, question)).code == "settings-wrong"
        blob.upload_blob(json.dumps([feed_setting("east")]), overwrite=True)
        assert gather_file_set(services, question) == Gathered()
