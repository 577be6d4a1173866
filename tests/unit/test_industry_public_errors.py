"""`publicError`s as verification messages: nothing is lost, and nothing is counted twice."""

from typing import Any

import pytest

from sync_core.model.messages import VerificationMessage
from sync_core.targets.industry_data.public_errors import messages_of
from sync_core.targets.json_fields import text_of


def public_error(name: str, **beneath: Any) -> dict[str, Any]:
    return {"code": name, "message": f"About {name}.", "target": f"{name}.csv", **beneath}


def message(kind: str, name: str) -> VerificationMessage:
    return VerificationMessage(
        type=kind, file_name=f"{name}.csv", description=f"About {name}.", code=name
    )


@pytest.mark.parametrize("kind", ["Error", "Warning"])
def test_each_becomes_a_message_in_its_order(kind: str) -> None:
    errors = [public_error("a"), public_error("b")]
    assert messages_of(errors, kind) == (message(kind, "a"), message(kind, "b"))


def test_nested_errors_are_details_and_not_counted() -> None:
    error = public_error(
        "a",
        details=[public_error("d1"), public_error("d2")],
        innerError=public_error("i", details=[public_error("id")]),
    )
    assert messages_of([error, public_error("b")], "Error") == (
        message("Error", "a"),
        *(message("Information", name) for name in ("d1", "d2", "i", "id")),
        message("Error", "b"),
    )


def test_inner_errors_are_followed_to_the_last() -> None:
    error = public_error("0")
    for depth in range(1, 40):
        error = public_error(str(depth), innerError=error)
    found = messages_of([error], "Warning")
    assert [one.code for one in found] == [str(depth) for depth in range(39, -1, -1)]
    assert {one.type for one in found[1:]} == {"Information"}


@pytest.mark.parametrize("inner", [None, {}, []])
def test_no_inner_error_is_no_message(inner: object) -> None:
    error = public_error("a", details=None, innerError=inner)
    assert messages_of([error], "Error") == (message("Error", "a"),)


@pytest.mark.parametrize("error", [{}, {"code": None, "message": 5, "target": []}, None, "x", 5])
def test_an_error_that_says_nothing_still_counts(error: object) -> None:
    assert messages_of([error], "Error") == (VerificationMessage(type="Error"),)


@pytest.mark.parametrize("errors", [None, [], {}, "x", 5])
def test_without_a_list_there_are_none(errors: object) -> None:
    assert messages_of(errors, "Error") == ()


@pytest.mark.parametrize(
    ("body", "text"),
    [({"a": "x"}, "x"), ({"a": 5}, ""), ({"a": None}, ""), ({}, ""), ([], ""), (None, "")],
)
def test_a_text_is_empty_where_there_is_none(body: object, text: str) -> None:
    assert text_of(body, "a") == text
