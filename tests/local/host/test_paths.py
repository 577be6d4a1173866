import re
from typing import Any

import pytest

from local.host.errors import HostFailed
from local.host.paths import bind, members, parse


@pytest.mark.parametrize(
    ("pattern", "blob", "captured"),
    [
        ("in", "any/blob.txt", {}),
        ("in/{name}", "a/b.txt", {"name": "a/b.txt"}),
        ("in/{feed}/{file}", "a/b/c.csv", {"feed": "a/b", "file": "c.csv"}),
        ("in/{feed}/{file}", "c.csv", None),
        ("in/{name}.csv", "a.b.csv", {"name": "a.b"}),
        ("in/{name}.csv", "a.bcsv", None),
        ("in/{name}.{extension}", "skip/bar.txt", {"name": "skip/bar", "extension": "txt"}),
        ("in/fixed.txt", "fixed.txt", {}),
        ("in/fixed.txt", "fixed.txt2", None),
    ],
)
def test_a_path_captures_as_the_webjobs_sdk_does(
    pattern: str, blob: str, captured: dict[str, str] | None
) -> None:
    assert parse(pattern).capture(blob) == captured


@pytest.mark.parametrize("pattern", ["", "/blob", "in/", "in\\blob", "{in}/blob", "in/{*rest}"])
def test_a_path_that_is_invalid_is_refused(pattern: str) -> None:
    with pytest.raises(HostFailed, match=f"Invalid blob trigger path '{re.escape(pattern)}'"):
        parse(pattern)


@pytest.mark.parametrize(
    ("template", "bound"),
    [
        ("out/plain", "out/plain"),
        ("out/{name}-{number}", "out/x-5"),
        ("out/{order.id}", "out/7"),
    ],
)
def test_names_in_braces_are_filled_from_the_trigger(template: str, bound: str) -> None:
    data: dict[str, Any] = {"name": "x", "number": 5, "order": {"id": "7"}}
    assert bind(template, data) == bound


def test_a_name_without_a_value_is_reported() -> None:
    with pytest.raises(ValueError, match=r"No value for named parameter 'b\.c'"):
        bind("{a}/{b.c}", {"a": "1", "b": {}})


def test_a_new_guid_each_time() -> None:
    assert bind("{rand-guid}", {}) != bind("{rand-guid}", {})


@pytest.mark.parametrize(("text", "known"), [('{"a": 1}', {"a": 1}), ("[1]", {}), ("plain", {})])
def test_the_members_of_a_json_object_are_binding_data(text: str, known: dict[str, Any]) -> None:
    assert members(text) == known
