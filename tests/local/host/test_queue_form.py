"""Queue outputs as observed on Functions host 4.1037 with storage extension 5.3.10."""

import base64
import json

import pytest

from local.host.queue_form import messages, too_large


def test_json_is_written_indented_by_two_spaces() -> None:
    assert messages('{"a":[1,2],"b":{},"c":[]}') == [
        b'{\n  "a": [\n    1,\n    2\n  ],\n  "b": {},\n  "c": []\n}'
    ]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2026-11-28T01:02:03.820Z", "2026-11-28T01:02:03.82Z"),
        ("2026-11-28T01:02:14.000Z", "2026-11-28T01:02:14Z"),
        ("2026-11-28T01:02:14Z", "2026-11-28T01:02:14Z"),
        ("at 2026-11-28T01:02:14.000Z", "at 2026-11-28T01:02:14.000Z"),
    ],
)
def test_dates_lose_their_trailing_zeros(text: str, written: str) -> None:
    (body,) = messages(json.dumps({"time": text}))
    assert json.loads(body) == {"time": written}


def test_an_array_is_a_message_for_each_element() -> None:
    assert messages('["plain",{"a":1}]') == [b"plain", b'{\n  "a": 1\n}']


@pytest.mark.parametrize("text", ["no JSON", "17", '"quoted"', "{broken"])
def test_what_is_no_object_or_array_is_sent_as_it_is(text: str) -> None:
    assert messages(text) == [text.encode()]


def test_letters_beyond_ascii_stay_except_line_separators() -> None:
    assert messages('{"a":"é\u2028"}') == ['{\n  "a": "é\\u2028"\n}'.encode()]


@pytest.mark.parametrize(("size", "refused"), [(49_152, False), (49_153, True)])
def test_a_message_above_64_kib_as_base64_is_refused(size: int, refused: bool) -> None:
    assert too_large(base64.b64encode(b"x" * size).decode()) is refused
