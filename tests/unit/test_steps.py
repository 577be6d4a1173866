"""The messages between orchestrators and activities."""

import json
from typing import get_args

import msgspec
import pytest

from sync_core.model.documents import RunError, Step, rfc3339
from sync_core.model.outcomes import OUTCOMES, Outcome
from sync_core.orchestration.steps import (
    Answer,
    Answered,
    Compared,
    Ended,
    Followed,
    Gathered,
    Publication,
    Published,
    Question,
    Ready,
    Task,
    Uploaded,
    Validated,
    Verdict,
    Verified,
    Wait,
    decoded_answer,
    decoded_question,
    plain,
)
from tests.unit.product_kit import file_set


def question(polls: int = 0, *, feed: str = "northwind", asked: float = 0.0) -> Question:
    """A step that was first asked at 1000 and is asked again `asked` seconds later."""
    return Question(feed=feed, since=1_000.0, now=1_000.0 + asked, polls=polls)


ANSWERS: tuple[Answer, ...] = (
    Wait(1.5, "x"),
    Ended(Verdict(outcome=Outcome.HELD), file_set(), (file_set(etag='"0"'),)),
    Gathered(file_set(), (file_set(etag='"0"'),)),
    Validated(3),
    Compared(),
    Ready(),
    Uploaded(6, verify=True),
    Verified(),
    Published(run="r", outcome=Outcome.STARTED, severity="info", follow=True, more=False),
    Followed("success", more=False),
)


class TestCrossing:
    """What crosses to the durable runtime is JSON, and is the same when it comes back."""

    def test_a_question_comes_back_as_it_was(self) -> None:
        asked = Question(feed="northwind", since=1.5, now=2.5, polls=3, files=file_set())
        assert decoded_question(json.loads(json.dumps(plain(asked)))) == asked

    def test_a_publication_comes_back_as_one(self) -> None:
        step = Step(name="gather", started_at=rfc3339(0), ended_at=rfc3339(1), seconds=1.0, polls=2)
        error = RunError(code="x", message="y")
        asked = Publication(
            feed="northwind",
            since=1.0,
            now=2.0,
            files=file_set(),
            verdict=Verdict(outcome=Outcome.INCOMPLETE, error=error, missing=("a",), sent=True),
            steps=(step,),
            started_at=0.5,
        )
        assert decoded_question(json.loads(json.dumps(plain(asked)))) == asked

    def test_a_publication_is_reported_by_its_kind_and_never_by_what_it_holds(self) -> None:
        asked = Question(feed="northwind", since=1.0, now=2.0)
        document = plain(asked) | {"verdict": plain(Verdict(outcome=Outcome.HELD)), "startedAt": 0}
        assert decoded_question(document) == asked

    @pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: type(answer).__name__)
    def test_an_answer_comes_back_as_the_type_that_it_was(self, answer: Answer) -> None:
        assert decoded_answer(json.loads(json.dumps(plain(answer)))) == answer

    def test_every_answer_is_among_these(self) -> None:
        assert {type(answer) for answer in ANSWERS} == set(get_args(Answer))

    def test_a_task_comes_back_with_what_it_has_counted(self) -> None:
        task = Task(step="ready", activity="check_readiness", question=question(polls=2))
        again = task.asked_again(broke_down=True)
        assert (again.question.polls, again.question.breakdowns) == (3, 1)
        assert again.asked_again(broke_down=False).question.breakdowns == 0
        assert msgspec.convert(json.loads(json.dumps(plain(again))), Task) == again

    def test_the_answer_of_a_task_comes_back_with_its_polls(self) -> None:
        answered = Answered(Ready(), 7)
        assert msgspec.convert(json.loads(json.dumps(plain(answered))), Answered) == answered

    def test_an_end_carries_its_verdict_and_the_sets_it_is_about(self) -> None:
        ended = Ended(Verdict(outcome=Outcome.HELD), file_set(), (file_set(etag='"0"'),))
        document = json.loads(json.dumps(plain(ended)))
        assert document["kind"] == "ended"
        assert document["verdict"]["outcome"] == "held"
        assert document["files"]["files"][0]["name"] == "school.csv"
        assert document["superseded"][0]["files"][0]["etag"] == '"0"'


def test_a_step_that_needs_a_file_set_says_so() -> None:
    with pytest.raises(ValueError, match="needs the run's file set"):
        _ = question().file_set
    asked = Question(feed="northwind", since=0, now=0, files=file_set())
    assert (asked.file_set, asked.polls) == (file_set(), 0)


def test_a_verdict_without_a_sentence_of_its_own_has_its_outcomes() -> None:
    assert Verdict(outcome=Outcome.HELD).sentence == OUTCOMES[Outcome.HELD].meaning
    assert Verdict(outcome=Outcome.HELD, summary="So.").sentence == "So."


def test_nothing_counts_as_sent_unless_it_is_said() -> None:
    assert Verdict(outcome=Outcome.FAILED).sent is False
