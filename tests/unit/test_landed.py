"""Events that come by a queue."""

import json

import pytest

from sync_core.intake.events import feed_of_event
from sync_core.model.errors import UnexpectedAnswerError

SUBJECT = "/blobServices/default/containers/sis-landing/blobs/northwind/2026-11-20/school.csv"


def event(subject: str) -> bytes:
    return json.dumps({"id": "1", "subject": subject, "data": {"api": "PutBlob"}}).encode()


def test_an_event_names_the_feed_whose_folder_it_is_about() -> None:
    assert feed_of_event(event(SUBJECT), "sis-landing") == "northwind"


@pytest.mark.parametrize(
    "subject",
    [
        SUBJECT.replace("sis-landing", "sis-landing-old"),
        SUBJECT.replace("sis-landing", "sis-results"),
        "",
    ],
)
def test_an_event_about_another_container_names_none(subject: str) -> None:
    assert feed_of_event(event(subject), "sis-landing") is None


@pytest.mark.parametrize("body", [b"", b"[]", b"Zoe", b"{}", b"\xff", b'"subject"', b"7"])
def test_what_is_no_event_is_refused_and_not_quoted(body: bytes) -> None:
    with pytest.raises(UnexpectedAnswerError, match="SIS_LANDED_QUEUE") as caught:
        feed_of_event(body, "sis-landing")
    assert "Zoe" not in str(caught.value)
