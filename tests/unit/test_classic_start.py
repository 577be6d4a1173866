"""The answers to a start: the body decides, and every shape of it that is known is here."""

from typing import Any

import httpx
import pytest

from sync_core.model.errors import AnswerLostError, SisSyncError, UnexpectedAnswerError
from sync_core.model.messages import VerificationMessage
from sync_core.targets import StartAnswer
from tests.unit.classic_kit import GRAPH, ClassicService, answered
from tests.unit.product_kit import PROFILE


def said(weight: str, file: str, description: str) -> dict[str, str]:
    return {"type": weight, "fileName": file, "description": description}


def missing(file: str, count: int, field: str) -> dict[str, str]:
    text = f"{count} row(s) have referenced data not found in source. Field - {field}"
    return said("Error", file, text)


def duplicates(file: str, field: str) -> dict[str, str]:
    text = f"3 duplicates found in column {field} which requires values to be Unique."
    return said("Warning", file, text)


DOCUMENTED = {
    "@odata.context": "https://graph.microsoft.com/beta/$metadata#education/Collection"
    "(microsoft.graph.verificationMessage)",
    "value": [
        said("Error", "section.csv", "5 row(s) have missing data for the field - SIS ID"),
        said("Error", "section.csv", "5 row(s) have an invalid format for the field - SIS ID"),
        duplicates("student.csv", "SIS ID"),
        duplicates("student.csv", "Username"),
        missing("studentenrollment.csv", 125, "Section SIS ID"),
        missing("studentenrollment.csv", 35, "SIS ID"),
        duplicates("teacher.csv", "SIS ID"),
        duplicates("teacher.csv", "Username"),
        missing("teacherroster.csv", 10, "Section SIS ID"),
        missing("teacherroster.csv", 91, "SIS ID"),
    ],
}
"""The sample of the documentation: a 200 with six errors and four warnings."""


def started(answer: httpx.Response) -> StartAnswer:
    return ClassicService({"/start": [answer]}).target.start()


def fault(answer: httpx.Response) -> SisSyncError:
    with pytest.raises(SisSyncError) as caught:
        started(answer)
    return caught.value


def types_of(answer: StartAnswer) -> list[str]:
    return [message.type for message in answer.messages]


def test_a_start_is_a_post_without_a_body() -> None:
    service = ClassicService({"/start": [answered(None)]})
    service.target.start()
    (request,) = service.requests
    address = f"{GRAPH}/beta/education/synchronizationProfiles/{PROFILE}/start"
    assert (request.method, str(request.url)) == ("POST", address)
    assert request.content == b""


@pytest.mark.parametrize("status", [200, 202, 204])
@pytest.mark.parametrize(
    "body",
    [None, {}, [], {"value": []}, {"@odata.context": "x"}, {"@odata.context": "x", "value": []}],
)
def test_an_answer_without_messages_has_started(status: int, body: Any) -> None:
    assert started(answered(body, status)) == StartAnswer(started=True)


@pytest.mark.parametrize("weight", ["Warning", "Information", "warning", "INFORMATION"])
def test_warnings_and_information_do_not_keep_it_from_starting(weight: str) -> None:
    answer = started(answered({"value": [said(weight, "user.csv", "A remark.")]}))
    assert answer.started
    assert types_of(answer) == [weight]


@pytest.mark.parametrize("weight", ["Error", "error", "ERROR", "Fatal", "", "Warnings"])
def test_an_error_or_a_word_that_nobody_knows_has_not_started(weight: str) -> None:
    messages = [said("Warning", "a.csv", "A remark."), said(weight, "b.csv", "A fault.")]
    answer = started(answered({"value": messages}))
    assert not answer.started
    assert types_of(answer) == ["Warning", weight]


def test_the_documented_sample_has_not_started_although_its_status_is_200() -> None:
    answer = started(answered(DOCUMENTED))
    assert not answer.started
    assert types_of(answer).count("Error") == 6
    assert types_of(answer).count("Warning") == 4


def test_messages_are_kept_verbatim_and_in_their_order() -> None:
    answer = started(answered(DOCUMENTED))
    assert [
        {"type": one.type, "fileName": one.file_name, "description": one.description}
        for one in answer.messages
    ] == DOCUMENTED["value"]


def test_the_property_name_of_older_pages_is_read_too() -> None:
    older = {"type": "Error", "filename": "school.csv", "description": "x"}
    (message,) = started(answered([older])).messages
    assert message.file_name == "school.csv"


def test_what_a_message_does_not_tell_is_left_empty_and_weighs_as_an_error() -> None:
    for untold in ({}, {"type": None, "fileName": None, "description": None}):
        answer = started(answered({"value": [untold]}))
        assert answer.messages == (VerificationMessage(type=""),)
        assert not answer.started


def test_a_bare_array_is_read_as_its_messages() -> None:
    answer = started(answered([said("Warning", "a.csv", "A remark.")]))
    assert answer.started
    assert types_of(answer) == ["Warning"]


class TestBadRequest:
    @pytest.mark.parametrize("wrap", [lambda found: {"value": found}, lambda found: found])
    def test_its_messages_are_read_in_either_shape(self, wrap: Any) -> None:
        answer = started(answered(wrap(DOCUMENTED["value"]), 400))
        assert not answer.started
        assert len(answer.messages) == 10

    def test_it_has_not_started_even_with_warnings_alone(self) -> None:
        body = {"value": [said("Warning", "a.csv", "A remark.")]}
        assert not started(answered(body, 400)).started

    def test_of_an_error_object_its_code_is_reported_and_its_text_is_not(self) -> None:
        body = {"error": {"code": "badRequest", "message": "Ann Example", "innerError": {}}}
        assert started(answered(body, 400)) == StartAnswer(
            started=False, note="The service refused the start with the code badRequest."
        )

    @pytest.mark.parametrize(
        "content", [b"", b"{}", b"<html>Bad Request</html>", b'{"error": "x"}', b'{"error": null}']
    )
    def test_without_a_reason_it_has_not_started_either(self, content: bytes) -> None:
        answer = started(httpx.Response(400, content=content))
        assert answer == StartAnswer(started=False)


class TestNoAnswer:
    @pytest.mark.parametrize(
        "content",
        [
            b"<html>OK</html>",
            b"null",
            b"true",
            b'"started"',
            b" ",
            b'{"value": []',
            b'{"value": null}',
            b'{"value": "started"}',
            b'{"value": ["started"]}',
            b'{"value": [{"type": "Warning"}, 5]}',
            b'{"error": {"code": "x", "message": "Ann Example"}}',
            b'{"error": null, "value": []}',
            b'{"Message": "An error has occurred, Ann Example."}',
        ],
    )
    @pytest.mark.parametrize("status", [200, 202])
    def test_a_good_status_with_a_body_that_says_nothing_leaves_it_open(
        self, content: bytes, status: int
    ) -> None:
        found = fault(httpx.Response(status, content=content))
        assert isinstance(found, AnswerLostError)
        assert str(status) in str(found)
        assert "Ann" not in str(found)

    @pytest.mark.parametrize("status", [201, 500, 502, 503, 504])
    def test_a_status_that_does_not_say_what_became_of_it_leaves_it_open(self, status: int) -> None:
        assert isinstance(fault(answered(None, status)), AnswerLostError)

    @pytest.mark.parametrize("status", [302, 405, 410])
    def test_what_cannot_be_a_start_is_final(self, status: int) -> None:
        assert isinstance(fault(answered(None, status)), UnexpectedAnswerError)
