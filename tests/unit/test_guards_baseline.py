"""What is kept of a night: digests that only the key explains, in a format that never changes."""

from collections.abc import Mapping

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_core.formats import FORMATS
from sync_core.formats.entities import SCHOOL, SECTION
from sync_core.guards.baseline import (
    MAGIC,
    Baseline,
    BaselineDamagedError,
    decoded,
    encoded,
    entity_counts,
)
from sync_core.guards.digests import digest, digests, new_key
from sync_core.guards.population import NO_SCHOOL, Members, Population
from tests.unit.guards_kit import KEY, night, numbered, population, summary, v1, v21

VECTORS = {
    "a": "84c6d12067798bf1",
    "s000000001": "08ca36aa5d7ac1a6",
    "é": "bc970e852785a4ea",
}
"""Computed by OpenSSL 3: `printf %s a | openssl mac -macopt hexkey:0001…1f -macopt size:8
BLAKE2BMAC`."""


@pytest.mark.parametrize("text", VECTORS)
def test_a_digest_is_keyed_blake2b_as_others_compute_it(text: str) -> None:
    assert digest(text, KEY).to_bytes(8, "little").hex() == VECTORS[text]


@given(st.lists(st.text()))
def test_many_digests_are_the_digests_of_each(texts: list[str]) -> None:
    assert digests([text.encode() for text in texts], KEY).tolist() == [
        digest(text, KEY) for text in texts
    ]


def test_every_feed_has_a_key_of_its_own() -> None:
    keys = [new_key(), new_key()]
    assert {len(key) for key in keys} == {32}
    assert digest("a", keys[0]) != digest("a", keys[1])


class TestEntities:
    def test_every_format_says_whom_to_count(self) -> None:
        counted = {
            (source.entity or source.role, name)
            for name, fmt in FORMATS.items()
            for source in fmt.entities.entities
        }
        assert counted >= {(kind, name) for kind in (SCHOOL, SECTION) for name in FORMATS}

    @pytest.mark.parametrize("name", FORMATS)
    def test_its_columns_are_those_of_the_format(self, name: str) -> None:
        columns = {
            (spec.name, column.name) for spec in FORMATS[name].files for column in spec.columns
        }
        for source in FORMATS[name].entities.entities:
            wanted = [column for column in (source.id, source.school, source.role) if column]
            assert {(source.file, column) for column in wanted} <= columns
        for counted in FORMATS[name].entities.memberships:
            assert (counted.file, counted.section) in columns


class TestCollecting:
    @pytest.mark.parametrize(
        ("code", "kind"),
        [("student", "student"), (" STUDENT", "student"), ("itadmin", "itAdmin"), ("Ann", "other")],
    )
    def test_a_code_that_is_not_listed_is_never_kept(self, code: str, kind: str) -> None:
        found = population(v21([("u1", "N", code)]), "sds-v2.1")
        assert set(found.members) - {"school", "user"} == {kind}

    def test_everyone_is_known_with_the_school_and_the_line(self) -> None:
        found = population(v1([("s2", "S"), ("s1", "N")], numbered(1, prefix="t")))
        students = found.of("student")
        by_id = dict(zip(students.ids.tolist(), students.schools.tolist(), strict=True))
        assert by_id == {digest("s1", KEY): digest("N", KEY), digest("s2", KEY): digest("S", KEY)}
        assert students.lines is not None
        assert students.lines[students.ids == digest("s2", KEY)] == 2
        assert len(found.of("teacher")) == 1
        assert found.of("school").schools.tolist() == [NO_SCHOOL, NO_SCHOOL]

    def test_memberships_are_counted_and_not_kept(self) -> None:
        enrolled = [("c1", "s1"), ("c2", "s1"), ("c1", "s2")]
        found = population(v1(numbered(3), enrolled=enrolled)).section_rows
        assert set(found) == {"studentenrollment.csv"}
        rows = found["studentenrollment.csv"]
        assert dict(zip(rows.sections.tolist(), rows.rows.tolist(), strict=True)) == {
            digest("c1", KEY): 2,
            digest("c2", KEY): 1,
        }

    def test_users_are_counted_by_role_and_organisation(self) -> None:
        roles = [("u1", "N", "student"), ("u1", "S", "Student"), ("u2", "N", "teacher")]
        found = population(v21([*roles, ("u3", "N", "wizard")]), "sds-v2.1")
        assert entity_counts(found) == {
            "school": 2,
            "user": 3,
            "student": 1,
            "teacher": 1,
            "other": 1,
        }
        assert len(found.of("student")) == 2

    def test_blank_ids_and_malformed_rows_are_left_out(self) -> None:
        files = v1([("s1", "N"), ("", "N"), (" ", "N")])
        files["student.csv"] += "s2,N,x,y\n"
        assert entity_counts(population(files))["student"] == 1

    def test_a_file_without_the_column_of_its_ids_is_left_out(self) -> None:
        files = {**v1(), "student.csv": "School SIS ID,Username\nN,ann\n"}
        assert "student" not in population(files).members

    def test_the_uk_variant_has_the_same_people_under_other_headers(self) -> None:
        files = {
            "school.csv": "DfE Number,Name\nN,North\n",
            "student.csv": "ID,School DfE Number,Username\ns1,N,ann\n",
            "studentenrollment.csv": "Section ID,ID\nc1,s1\n",
        }
        found = population(files, "sds-v1-uk")
        assert entity_counts(found) == {"school": 1, "student": 1}
        assert found.section_rows["studentenrollment.csv"].rows.tolist() == [1]

    @settings(max_examples=25)
    @given(
        people=st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("NS"))),
        block=st.integers(16, 200),
    )
    def test_the_size_of_the_blocks_changes_nothing(
        self, people: list[tuple[str, str]], block: int
    ) -> None:
        enrolled = [("c" + school, person) for person, school in people]
        found = population(v1(people, enrolled=enrolled), block=block)
        expected = sorted(
            (digest(person, KEY), digest(school, KEY)) for person, school in set(people)
        )
        students = found.of("student")
        assert list(zip(students.ids.tolist(), students.schools.tolist(), strict=True)) == expected
        counted = sum(int(each.rows.sum()) for each in found.section_rows.values())
        assert counted == len(people)


def same(one: Population, other: Population) -> bool:
    """Whether two populations are equal, except for the lines that are not kept."""
    return arrays(one) == arrays(other)


def arrays(found: Population) -> Mapping[str, object]:
    members = {
        kind: (each.ids.tolist(), each.schools.tolist()) for kind, each in found.members.items()
    }
    rows = {
        name: (each.sections.tolist(), each.rows.tolist())
        for name, each in found.section_rows.items()
    }
    return {"members": members, "rows": rows}


class TestStoring:
    FILES = v1(numbered(30), numbered(2, prefix="t"), [("c1", "N")], enrolled=[("c1", "s1")])

    def test_a_baseline_is_read_as_it_was_written(self) -> None:
        kept = night(self.FILES)
        read = decoded(encoded(kept), "x")
        assert read.summary == kept.summary
        assert same(read.population, kept.population)

    def test_only_the_lines_of_schools_are_kept(self) -> None:
        read = decoded(encoded(night(self.FILES)), "x").population
        schools = read.of("school")
        assert schools.lines is not None
        assert sorted(schools.lines.tolist()) == [2, 3]
        assert read.of("student").lines is None

    def test_it_contains_no_id(self) -> None:
        stored = encoded(night(v1([("s-ann-4711", "N")], schools=["N-0815"])))
        assert b"4711" not in stored
        assert b"0815" not in stored

    def test_its_bytes_are_those_of_version_1(self) -> None:
        members = Members(
            np.array([258], np.uint64), np.array([1], np.uint64), np.array([7], np.uint32)
        )
        stored = encoded(Baseline(summary(), Population({"school": members})))
        assert stored.startswith(MAGIC)
        (length,) = np.frombuffer(stored, "<u4", 1, 8)
        head = msgspec.json.decode(stored[12 : 12 + length])
        assert head["members"] == {"school": 1}
        assert head["summary"]["feed"] == "northwind"
        body = stored[12 + length : -16]
        assert body.hex() == "0201000000000000" + "0100000000000000" + "07000000"

    @pytest.mark.parametrize("cut", [0, 1, 20, -1])
    def test_a_damaged_baseline_is_refused_and_named(self, cut: int) -> None:
        with pytest.raises(BaselineDamagedError, match="northwind/night"):
            decoded(encoded(night(self.FILES))[:cut], "northwind/night")

    @pytest.mark.parametrize("at", [0, 8, 30, -200, -1])
    def test_an_altered_byte_is_noticed(self, at: int) -> None:
        stored = bytearray(encoded(night(self.FILES)))
        stored[at] ^= 1
        with pytest.raises(BaselineDamagedError):
            decoded(bytes(stored), "x")
