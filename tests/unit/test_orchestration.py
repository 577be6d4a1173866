"""Every branch of the orchestrations, driven by a context that answers for the durable runtime."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, NamedTuple

import msgspec
import pytest

from sync_core.landing.fileset import FileSet
from sync_core.model.documents import RunError
from sync_core.model.errors import TerminalError
from sync_core.model.outcomes import Outcome
from sync_core.orchestration.asking import EARLY, LONGEST_TIMER, PUBLISH_BREAKDOWNS
from sync_core.orchestration.orchestrators import (
    POLLS_HERE,
    POLLS_PER_HISTORY,
    poll_step,
    sync_feed,
)
from sync_core.orchestration.steps import (
    BREAKDOWNS,
    Answered,
    Compared,
    Ended,
    Followed,
    Gathered,
    Publication,
    Published,
    Question,
    Ready,
    RunEnd,
    Task,
    Uploaded,
    Validated,
    Verdict,
    Verified,
    Wait,
    decoded_question,
    plain,
)
from tests.unit.product_kit import file_set

NEWEST = file_set()
OLDER = msgspec.structs.replace(NEWEST, folder="older")
FILES = plain(NEWEST)
FOUND = Gathered(NEWEST)
WAIT = Wait(30.0, "Not yet.")
BROKEN = RuntimeError("sentinel: an activity failed")
STARTED = Ended(Verdict(outcome=Outcome.STARTED, sent=True))
PASSED: dict[str, Any] = {
    "validate_file_set": Validated(8),
    "compare_with_baseline": Compared(),
    "check_readiness": Ready(),
    "upload_file_set": Uploaded(6, verify=True),
    "verify_upload": Verified(),
}
STEPS = tuple(PASSED)


def published(*, follow: bool = False, more: bool = False) -> Published:
    return Published(run="r", outcome=Outcome.STARTED, severity="info", follow=follow, more=more)


def ended(**fields: Any) -> Any:
    """What an orchestration returns whose result says that its sync has started."""
    return plain(RunEnd(feed="northwind", run="r", outcome=Outcome.STARTED, **fields))


class Asked(NamedTuple):
    """One thing that an orchestration has yielded: an activity, a child or a timer."""

    name: str
    given: Any


class Context:
    """Answers each activity from its own list; the last answer is given again.

    An exception in the list is raised in the orchestration, as the SDK does for a failed task.
    Timers fire at their time; each answer takes a second.
    """

    def __init__(self, given: Any, answers: dict[str, Sequence[Any]]) -> None:
        usual: dict[str, Sequence[Any]] = {
            "gather_file_set": [FOUND],
            **{step: [passed] for step, passed in PASSED.items()},
            "start_sync": [STARTED],
            "publish_result": [published()],
            "check_progress": [Followed("success", more=False)],
        }
        self._answers = {name: list(told) for name, told in (usual | answers).items()}
        self._given = given
        self.current_utc_datetime = datetime(2026, 3, 1, tzinfo=UTC)
        self.asked: list[Asked] = []
        self.statuses: list[Any] = []
        self.continued: list[Any] = []

    def get_input(self) -> Any:
        return self._given

    def set_custom_status(self, status: Any) -> None:
        self.statuses.append(status)

    def call_activity(self, name: str, given: Any) -> Asked:
        return Asked(name, given)

    def call_sub_orchestrator(self, name: str, given: Any) -> Asked:
        return Asked(name, given)

    def create_timer(self, due: datetime) -> Asked:
        return Asked("timer", due)

    def continue_as_new(self, given: Any) -> None:
        self.continued.append(given)

    def answer(self, asked: Asked) -> Any:
        self.asked.append(asked)
        if asked.name == "timer":
            self.current_utc_datetime = asked.given
            return None
        self.current_utc_datetime += timedelta(seconds=1)
        moved = asked.name == "poll_step"
        # Whatever is asked has to be understood by the activities.
        decoded_question(asked.given["question"] if moved else asked.given)
        left = self._answers[asked.given["activity"] if moved else asked.name]
        told = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(told, Exception):
            raise told
        return plain(Answered(told, 9) if moved else told)

    def names(self) -> list[str]:
        return [asked.name for asked in self.asked if asked.name != "timer"]

    def questions(self, name: str) -> list[Any]:
        return [asked.given for asked in self.asked if asked.name == name]


def run(orchestrator: Callable[[Any], Any], context: Context) -> Any:
    """Drive an orchestration to its end; what it returns."""
    generator, told, fault = orchestrator(context), None, None
    while True:
        try:
            asked = generator.send(told) if fault is None else generator.throw(fault)
        except StopIteration as end:
            return end.value
        told, fault = None, None
        try:
            told = context.answer(asked)
        except RuntimeError as raised:
            fault = raised


def fed(**answers: Sequence[Any]) -> Context:
    return Context({"feed": "northwind"}, answers)


def verdict_of(context: Context) -> Any:
    """How the run was published to have ended."""
    (question,) = context.questions("publish_result")
    return question["verdict"]


def test_a_clean_run_asks_each_activity_once_and_in_order() -> None:
    context = fed()
    assert run(sync_feed, context) == ended()
    assert context.names() == ["gather_file_set", *STEPS, "start_sync", "publish_result"]
    assert verdict_of(context) == plain(STARTED.verdict)
    (question,) = context.questions("publish_result")
    names = [step["name"] for step in question["steps"]]
    assert names == ["gather", "validate", "guard", "ready", "upload", "verify", "start"]
    assert question["files"] == FILES
    assert context.continued == []


def test_a_sync_that_was_started_is_followed_where_publishing_says_so() -> None:
    context = fed(publish_result=[published(follow=True)])
    answer = run(sync_feed, context)
    assert context.names()[-1] == "check_progress"
    assert answer["status"] == "success"


@pytest.mark.parametrize("follow", [True, False])
def test_what_has_landed_meanwhile_is_the_next_run(follow: bool) -> None:
    context = fed(
        publish_result=[published(follow=follow, more=not follow)],
        check_progress=[Followed("success", more=True)],
    )
    run(sync_feed, context)
    assert context.continued == [{"feed": "northwind"}]


def test_a_feed_without_news_ends_without_a_result() -> None:
    context = fed(gather_file_set=[Gathered()])
    assert run(sync_feed, context)["outcome"] is None
    assert context.names() == ["gather_file_set"]


def test_older_exports_end_as_superseded_before_the_newest_runs() -> None:
    context = fed(gather_file_set=[Gathered(NEWEST, (OLDER,))])
    run(sync_feed, context)
    older, newest = context.questions("publish_result")
    assert (older["files"], older["verdict"]["outcome"], older["steps"]) == (
        plain(OLDER),
        "superseded",
        (),
    )
    assert newest["files"] == FILES
    assert context.names()[:3] == ["gather_file_set", "publish_result", "validate_file_set"]


@pytest.mark.parametrize("step", ["gather_file_set", *STEPS])
def test_a_step_that_ends_the_run_is_the_last_one_before_publishing(step: str) -> None:
    ended = Ended(Verdict(outcome=Outcome.REJECTED), file_set())
    context = fed(**{step: [ended]})
    run(sync_feed, context)
    assert context.names()[-2:] == [step, "publish_result"]
    assert verdict_of(context)["outcome"] == "rejected"


def test_a_start_that_says_nothing_of_its_outcome_is_a_failure() -> None:
    context = fed(start_sync=[Verified()])
    run(sync_feed, context)
    assert verdict_of(context)["error"]["code"] == "run-broke-off"


def test_an_upload_that_does_not_say_whether_it_has_to_be_verified_is_never_started() -> None:
    context = fed(upload_file_set=[Ready()])
    run(sync_feed, context)
    assert verdict_of(context)["error"]["code"] == "run-broke-off"
    assert "start_sync" not in context.names()


def test_a_target_whose_start_verifies_is_not_asked_to_verify_before() -> None:
    context = fed(upload_file_set=[Uploaded(6, verify=False)])
    assert run(sync_feed, context) == ended()
    assert "verify_upload" not in context.names()
    (question,) = context.questions("publish_result")
    names = [step["name"] for step in question["steps"]]
    assert names == ["gather", "validate", "guard", "ready", "upload", "start"]


def test_a_folder_that_cannot_be_looked_at_has_a_result_without_files() -> None:
    error = RunError(code="access-denied", message="x")
    context = fed(gather_file_set=[Ended(Verdict(outcome=Outcome.FAILED, error=error))])
    run(sync_feed, context)
    (question,) = context.questions("publish_result")
    assert question["files"]["files"] == ()


def without_files(code: str, moment: datetime) -> FileSet:
    """What stands for the files in the result of a run that broke before it found any."""
    error = RunError(code=code, message="x")
    context = fed(gather_file_set=[Ended(Verdict(outcome=Outcome.FAILED, error=error))])
    context.current_utc_datetime = moment
    run(sync_feed, context)
    (question,) = context.questions("publish_result")
    return msgspec.convert(question["files"], FileSet)


def test_a_fault_that_remains_has_one_result_a_day() -> None:
    morning = datetime(2026, 11, 29, 2, 10, tzinfo=UTC)
    first = without_files("access-denied", morning)
    assert without_files("access-denied", morning + timedelta(hours=9)).run == first.run
    assert without_files("internal-error", morning).run != first.run
    assert without_files("access-denied", morning + timedelta(days=1)).run != first.run


def test_a_feed_that_the_settings_do_not_know_has_no_place_for_a_result() -> None:
    error = RunError(code="settings-wrong", message="x")
    context = fed(gather_file_set=[Ended(Verdict(outcome=Outcome.FAILED, error=error))])
    assert run(sync_feed, context)["outcome"] == "failed"
    assert context.names() == ["gather_file_set"]


def test_a_short_wait_is_spent_here_on_a_timer_that_may_fire_early() -> None:
    context = fed(check_readiness=[WAIT, Ready()])
    run(sync_feed, context)
    (due,) = context.questions("timer")
    first, second = context.questions("check_readiness")
    waited = timedelta(seconds=WAIT.after) + EARLY
    assert due.timestamp() == first["now"] + 1 + waited.total_seconds()
    assert (first["polls"], second["polls"]) == (0, 1)
    assert first["since"] == second["since"]
    assert {"step": "ready", "reason": "Not yet."} in context.statuses
    assert "poll_step" not in context.names()


@pytest.mark.parametrize(
    ("step", "activity"),
    [("gather", "gather_file_set"), ("start", "start_sync"), ("follow", "check_progress")],
)
def test_a_wait_that_grows_long_moves_to_a_sub_orchestration(step: str, activity: str) -> None:
    last = {"gather_file_set": FOUND, "start_sync": STARTED}.get(
        activity, Followed("success", more=False)
    )
    context = fed(
        publish_result=[published(follow=True)], **{activity: [*[WAIT] * POLLS_HERE, last]}
    )
    run(sync_feed, context)
    assert context.names().count(activity) == POLLS_HERE
    (task,) = context.questions("poll_step")
    assert (task["step"], task["activity"]) == (step, activity)
    assert task["question"]["polls"] == POLLS_HERE
    assert task["question"]["since"] == context.questions(activity)[0]["since"]


def test_a_reason_that_names_thousands_of_files_fits_into_the_status() -> None:
    context = fed(check_readiness=[Wait(30.0, "x" * 100_000), Ready()])
    run(sync_feed, context)
    assert max(len(str(status)) for status in context.statuses) < 1_000


def test_no_timer_is_longer_than_the_runtime_takes() -> None:
    context = fed(check_readiness=[Wait(1e8, "Not yet."), Ready()])
    run(sync_feed, context)
    (due,) = context.questions("timer")
    asked = context.questions("check_readiness")[0]["now"]
    assert due.timestamp() - asked <= LONGEST_TIMER.total_seconds() + 1


@pytest.mark.parametrize("step", ["gather_file_set", *STEPS, "start_sync"])
def test_an_activity_that_fails_is_retried_and_then_given_up(step: str) -> None:
    context = fed(**{step: [BROKEN]})
    run(sync_feed, context)
    assert context.names().count(step) == BREAKDOWNS
    verdict = verdict_of(context)
    assert (verdict["outcome"], verdict["error"]["code"]) == ("failed", "step-broke-down")
    assert "sentinel" not in str(context.questions("publish_result"))


def test_an_activity_that_failed_and_then_answers_continues() -> None:
    context = fed(upload_file_set=[*[BROKEN] * (BREAKDOWNS - 1), PASSED["upload_file_set"]])
    run(sync_feed, context)
    assert verdict_of(context)["outcome"] == "started"


def test_publishing_knows_how_often_it_failed() -> None:
    context = fed(publish_result=[*[BROKEN] * (POLLS_HERE - 1), published()])
    run(sync_feed, context)
    told = [question.get("breakdowns", 0) for question in context.questions("publish_result")]
    assert told == list(range(POLLS_HERE))


def test_publishing_that_always_breaks_down_fails_the_orchestration() -> None:
    publication = Publication(
        feed="northwind",
        since=1.0,
        now=1.0,
        breakdowns=POLLS_HERE,
        files=NEWEST,
        verdict=STARTED.verdict,
        started_at=0.0,
    )
    task = Task(step="publish", activity="publish_result", question=publication)
    context = Context(plain(task), {"publish_result": [BROKEN]})
    with pytest.raises(TerminalError) as raised:
        run(poll_step, context)
    assert "sentinel" not in str(raised.value)
    assert context.names().count("publish_result") == PUBLISH_BREAKDOWNS - POLLS_HERE
    with pytest.raises(RuntimeError):
        run(sync_feed, fed(publish_result=[BROKEN]))


def test_breakdowns_with_an_answer_in_between_do_not_add_up() -> None:
    hours = [BROKEN, WAIT] * BREAKDOWNS
    context = fed(check_readiness=[BROKEN, WAIT, BROKEN, Ready()])
    run(sync_feed, context)
    told = [question.get("breakdowns", 0) for question in context.questions("check_readiness")]
    assert told == [0, 1, 0, 1]
    moved = Context(plain(TestPollStep.TASK), {"check_readiness": [*hours, Ready()]})
    assert run(poll_step, moved)["answer"] == plain(Ready())


def test_following_that_breaks_down_ends_and_the_folder_is_looked_at_again() -> None:
    context = fed(publish_result=[published(follow=True)], check_progress=[BROKEN])
    answer = run(sync_feed, context)
    assert context.names().count("check_progress") == BREAKDOWNS
    assert answer["run"] == "r"
    assert context.continued == [{"feed": "northwind"}]


class TestUnforeseen:
    """An exception that no code foresaw: here the sub-orchestration of a step fails."""

    def context(self, activity: str, **answers: Sequence[Any]) -> Context:
        return fed(**{activity: [*[WAIT] * POLLS_HERE, BROKEN], **answers})

    @pytest.mark.parametrize("activity", ["gather_file_set", *STEPS, "start_sync"])
    def test_it_ends_as_a_result_that_names_only_its_type(self, activity: str) -> None:
        context = self.context(activity)
        answer = run(sync_feed, context)
        verdict = verdict_of(context)
        assert (verdict["outcome"], verdict["error"]["code"]) == ("failed", "run-broke-off")
        assert "RuntimeError" in verdict["summary"]
        assert "sentinel" not in str(context.questions("publish_result"))
        (question,) = context.questions("publish_result")
        assert question["files"]["files"] == (
            () if activity == "gather_file_set" else FILES["files"]
        )
        assert answer["run"] == "r"

    def test_it_does_not_start_the_next_run_which_might_break_at_once(self) -> None:
        context = self.context("upload_file_set", publish_result=[published(more=True)])
        run(sync_feed, context)
        assert context.continued == []

    def test_a_run_that_had_ended_already_keeps_its_own_end(self) -> None:
        context = fed(
            verify_upload=[Ended(Verdict(outcome=Outcome.REFUSED))],
            publish_result=[*[WAIT] * POLLS_HERE, BROKEN, published()],
        )
        run(sync_feed, context)
        *_, last = context.questions("publish_result")
        assert last["verdict"]["outcome"] == "refused"


class TestPollStep:
    TASK: ClassVar[Task] = Task(
        step="ready",
        activity="check_readiness",
        question=Question(feed="northwind", since=1.0, now=1.0, polls=POLLS_HERE),
    )

    def test_it_asks_until_there_is_an_answer_and_counts_all_polls(self) -> None:
        context = Context(plain(self.TASK), {"check_readiness": [WAIT, Ready()]})
        assert run(poll_step, context) == plain(Answered(Ready(), POLLS_HERE + 2))
        assert [question["since"] for question in context.questions("check_readiness")] == [1.0] * 2

    def test_it_begins_a_new_history_after_so_many_polls(self) -> None:
        context = Context(plain(self.TASK), {"check_readiness": [WAIT]})
        assert run(poll_step, context) == {}
        assert len(context.questions("check_readiness")) == POLLS_PER_HISTORY
        (again,) = context.continued
        polls = POLLS_HERE + POLLS_PER_HISTORY
        question = msgspec.structs.replace(self.TASK.question, polls=polls)
        assert again == plain(msgspec.structs.replace(self.TASK, question=question))
