"""The engine agrees with the slow oracle on all counts and line numbers."""

from pathlib import Path

import pytest

from benchmarks.corpus import CORPUS
from benchmarks.fuzz import BASE, differences, judged, mutated_set
from benchmarks.generator import RosterV1, RosterV21, write
from benchmarks.oracle import judge
from benchmarks.stress import STRESSES, write_stress
from sync_core.formats import format_named
from sync_core.formats.rules import RULES
from sync_core.formats.rules.limits import LIMIT_RULES
from sync_core.validation.recognition import RECOGNITION_RULES

SDS_V1 = format_named("sds-v1")
ABOUT_OTHER_ROWS = {
    *("leading-zeros", "decimal-ending"),  # A hint about a value of another file.
    *("id-decimal", "id-digits", "username-domain"),  # About all values of a column.
    *("id-date", "value-null"),  # Fixed words, which several rows of a key cannot have.
}


def corpus_set(name: str) -> dict[str, bytes]:
    """A file of the corpus, the one that it refers to, and one that refers to it."""
    others = ("school.csv", "studentenrollment.csv")
    return {**{other: BASE[other] for other in others}, "student.csv": CORPUS[name]}


@pytest.mark.parametrize("name", CORPUS)
def test_the_engine_agrees_with_the_oracle_on_the_corpus(name: str) -> None:
    files = corpus_set(name)
    expected = judge(SDS_V1, files)
    sizes = [16 if len(CORPUS[name]) < 10_000 else 100_000, 1 << 21]
    assert [judged(SDS_V1, files, size) for size in sizes] == [expected] * len(sizes)


def test_the_corpus_is_large_and_breaks_many_rules() -> None:
    assert len(CORPUS) >= 60
    rules = {fault[1] for name in CORPUS for fault in judge(SDS_V1, corpus_set(name))[0]}
    assert len(rules) >= 20


FIRST, *LATER = range(1_000_000, 1_000_200, 25)


# `make check` compares the first 25 of these sets.
@pytest.mark.parametrize(
    "first", [FIRST, *(pytest.param(n, marks=pytest.mark.slow) for n in LATER)]
)
def test_the_engine_agrees_with_the_oracle_on_damaged_sets(first: int) -> None:
    assert differences(first, 25) == []


def test_each_damaged_set_is_read_in_two_different_ways() -> None:
    for seed in range(FIRST, FIRST + 200):
        files, sizes = mutated_set(seed)
        assert min(sizes) < max(sizes)
        assert min(sizes) < max(map(len, files.values()))


@pytest.mark.slow
@pytest.mark.parametrize("roster", [RosterV1(1010), RosterV21(1010)], ids=["V1", "V2.1"])
def test_every_injected_fault_is_found_on_its_line(
    tmp_path: Path, roster: RosterV1 | RosterV21
) -> None:
    injected = write(roster, tmp_path, faults=4)
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    found, rows = judged(roster.format, files, 1 << 14)
    assert (found, rows) == judge(roster.format, files)
    lines = {(file, rule, field): (count, rows) for file, rule, field, _, count, rows in found}
    assert lines == {key: (len(at), tuple(at[:100])) for key, at in injected.items()}


def test_the_generated_sets_break_every_rule_about_rows(tmp_path: Path) -> None:
    rules = {
        rule
        for roster in (RosterV1(1010), RosterV21(1010))
        for _, rule, _ in write(roster, tmp_path / roster.format.name, faults=1)
    }
    about_files = {
        "file-missing",
        "file-empty",
        "file-without-rows",
        "line-ends",
    } | RECOGNITION_RULES
    about_files |= {"footer", "end-of-file-mark"}
    about_targets = {rule.id for rule in LIMIT_RULES}
    about_headers = {rule for rule in RULES if rule.startswith("header")} - {"header-repeated"}
    about_others = about_files | about_headers | about_targets | ABOUT_OTHER_ROWS
    assert rules == set(RULES) - about_others


@pytest.mark.parametrize("roster", [RosterV1(500), RosterV21(500)], ids=["V1", "V2.1"])
def test_a_clean_set_has_no_findings(tmp_path: Path, roster: RosterV1 | RosterV21) -> None:
    write(roster, tmp_path)
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert judged(roster.format, files, 1 << 21)[0] == set()


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean set with more pupils than the keys that a table keeps in a sorted list."""
    folder = tmp_path_factory.mktemp("clean")
    write(RosterV1(1010), folder)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", STRESSES)
def test_the_engine_agrees_with_the_oracle_if_a_whole_export_is_irregular(
    clean: Path, tmp_path: Path, name: str
) -> None:
    write_stress(name, clean, tmp_path)
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert judged(SDS_V1, files, 1 << 15) == judge(SDS_V1, files)
