"""How names of files are shown: on one line, without invisible characters, and not too long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_core.model.file_names import SHOWN_CHARACTERS, shown_name

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=500)


@pytest.mark.parametrize("name", ["student.csv", "Nacht [1] #3 100% ü+/a b.csv", "学生.csv", ""])
def test_an_ordinary_name_is_shown_as_it_is(name: str) -> None:
    assert shown_name(name) == name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\nb.csv", r"a\nb.csv"),
        ("a\u202evsc.exe", r"a\u202evsc.exe"),
        ("a\u200bb", r"a\u200bb"),
        ("a\ud800b", r"a\ud800b"),
        ("a\x1b[31mb", r"a\x1b[31mb"),
    ],
)
def test_an_invisible_character_is_an_escape(name: str, shown: str) -> None:
    assert shown_name(name) == shown


def test_a_long_name_keeps_its_end() -> None:
    shown = shown_name("x" * 1_000 + ".csv")
    assert len(shown) == SHOWN_CHARACTERS
    assert shown.endswith("x.csv")
    assert "…" in shown


@given(ANY_TEXT, st.integers(4, 300))
def test_whatever_a_name_holds_it_is_one_short_printable_line(name: str, length: int) -> None:
    shown = shown_name(name, length)
    assert len(shown) <= length
    assert shown.isprintable()
    shown.encode()
