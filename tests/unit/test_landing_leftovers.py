"""Files that belong to no export: none is overlooked, and the most helpful are named first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_core.formats import FORMATS
from sync_core.landing import LandedBlob, find_exports
from sync_core.landing.leftovers import FOUND_NAMED, found_files, leftovers
from sync_core.model.found import FOUND, FoundReason
from sync_core.model.outcomes import OUTCOMES, Outcome
from sync_core.results.found_text import (
    CORRECT_MANIFEST,
    found_sentences,
    incomplete_action,
)

SDS_V1 = FORMATS["sds-v1"]
GENERAL = OUTCOMES[Outcome.INCOMPLETE].action

NAMES = st.sampled_from(
    ["student.csv", "Students.csv", "student_20261120.csv", "orgs.csv", "a.zip", "a.rar", "b.txt"]
)
FOLDERS = st.sampled_from(["", "night/", "2026/11/20/", "2026/13/20/", "a/b/", "2026/11/20/x/"])
PATHS = st.lists(st.builds(str.__add__, FOLDERS, NAMES), unique=True, max_size=12)


def blob(path: str, *, modified: float = 100.0, size: int = 10) -> LandedBlob:
    return LandedBlob(f"northwind/{path}", '"1"', size, modified)


def reason_of(path: str) -> FoundReason:
    (found,) = leftovers("northwind", [blob(path)], SDS_V1)
    return found.reason


@given(PATHS)
def test_each_file_belongs_to_an_export_or_is_left_over(paths: list[str]) -> None:
    listing = [blob(path) for path in paths]
    left = {found.path for found in leftovers("northwind", listing, SDS_V1)}
    taken = {
        each.name.partition("/")[2]
        for export in find_exports("northwind", listing, SDS_V1)
        for each in export.contents()
    }
    assert left.isdisjoint(taken)
    assert left | taken == set(paths)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("a/b/student.csv", "too-deep"),
        ("2026/13/20/student.csv", "too-deep"),
        ("2026/11/20/x/export.zip", "too-deep"),
        ("orgs.csv", "other-format"),
        ("Students.csv", "similar-name"),
        ("student.csv.gz", "compressed"),
        ("_READY", "marker-alone"),
        ("notes.txt", "unknown"),
    ],
)
def test_a_file_has_a_reason(path: str, reason: FoundReason) -> None:
    assert reason_of(path) == reason


@pytest.mark.parametrize("path", ["school.csv", "export.zip", "2026/11/20/school.csv"])
def test_what_belongs_to_an_export_is_not_left_over(path: str) -> None:
    assert leftovers("northwind", [blob(path)], SDS_V1) == []


@pytest.mark.parametrize("marker", ["_READY", "night/_ready", "night/manifest.json"])
def test_a_marker_belongs_to_the_files_of_its_folder(marker: str) -> None:
    assert reason_of(marker) == "marker-alone"
    folder = marker.rpartition("/")[0]
    for file in ("school.csv", "export.zip"):
        beside = f"{folder}/{file}".removeprefix("/")
        assert leftovers("northwind", [blob(marker), blob(beside)], SDS_V1) == []


def test_the_empty_blob_of_a_folder_is_not_left_over() -> None:
    assert leftovers("northwind", [blob("2026", size=0), blob("a/", size=0)], SDS_V1) == []
    assert leftovers("northwind", [blob("southwind", size=5)], SDS_V1) != []


def test_another_feeds_files_are_not_left_over() -> None:
    assert leftovers("north", [blob("Students.csv")], SDS_V1) == []


def test_likely_files_are_named_first_then_the_newest() -> None:
    listing = [
        blob("notes.txt", modified=9),
        blob("schools.csv", modified=8),
        blob("teachers.csv", modified=1),
        blob("sections.csv", modified=2),
    ]
    found = leftovers("northwind", listing, SDS_V1)
    named, left_out = found_files(found, SDS_V1, {"teacher.csv"})
    assert [file.name for file in named] == [
        "teachers.csv",
        "schools.csv",
        "sections.csv",
        "notes.txt",
    ]
    assert left_out == 0


def test_the_list_is_bounded() -> None:
    listing = [blob(f"student_{number}.csv", modified=number) for number in range(500)]
    named, left_out = found_files(leftovers("northwind", listing, SDS_V1), SDS_V1)
    assert (len(named), left_out) == (FOUND_NAMED, 500 - FOUND_NAMED)
    assert named[0].name == "student_499.csv"


@given(PATHS)
def test_the_words_name_the_files_and_count_the_others(paths: list[str]) -> None:
    found = leftovers("northwind", [blob(path) for path in paths], SDS_V1)
    named, left_out = found_files(found, SDS_V1)
    sentences = found_sentences(named, left_out)
    assert bool(sentences) is bool(found)
    assert not named or named[0].name in sentences
    assert incomplete_action(["school.csv"], named)


def test_what_is_missing_under_every_name_is_asked_for_too() -> None:
    named, _ = found_files(leftovers("northwind", [blob("students.csv")], SDS_V1), SDS_V1)
    rename = FOUND["similar-name"].action
    assert incomplete_action(["student.csv"], named) == rename
    assert incomplete_action(["school.csv", "student.csv"], named) == f"{rename} {GENERAL}"
    assert incomplete_action(["school.csv"], []) == GENERAL
    assert incomplete_action(["student.csv (24 hours older than school.csv)"], named) == rename


@pytest.mark.parametrize(
    "entry",
    [
        "student.csv (not listed in manifest.json)",
        "student.csv (12 bytes; manifest.json says 13)",
        "student.csv (its SHA-256 differs from manifest.json)",
        "a valid manifest.json",
        "manifest.json in UTF-8 (it is UTF-16, not UTF-8)",
    ],
)
def test_a_wrong_manifest_is_to_be_corrected(entry: str) -> None:
    assert incomplete_action([entry], []) == CORRECT_MANIFEST
    assert incomplete_action([entry, "school.csv"], []) == f"{CORRECT_MANIFEST} {GENERAL}"


def test_a_marker_that_is_required_is_to_be_delivered() -> None:
    assert incomplete_action(["_READY or manifest.json"], []) == GENERAL
