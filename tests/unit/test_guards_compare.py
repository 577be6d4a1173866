"""What changed between two nights, compared with a plain count over sets of IDs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_core.guards.compare import Change, Difference, compare
from sync_core.guards.digests import digest
from sync_core.guards.population import NO_SCHOOL
from tests.unit.guards_kit import KEY, numbered, population, v1, v21

Role = tuple[str, str, str]


def difference_v1(before: dict[str, str], now: dict[str, str]) -> Difference:
    return compare(population(before), population(now), "sds-v1")


def whole(found: Difference, kind: str) -> Change:
    (change,) = (each for each in found.feed if each.kind == kind)
    return change


def at(found: Difference, kind: str, school: str) -> Change:
    (change,) = (
        each for each in found.schools if (each.kind, each.school) == (kind, digest(school, KEY))
    )
    return change


def test_the_same_set_again_changes_nothing() -> None:
    files = v1(numbered(5), numbered(2, prefix="t"), [("c1", "N")])
    found = difference_v1(files, files)
    assert all(each[4:] == (0, 0, 0, 0) for each in (*found.feed, *found.schools))
    assert found.vanished == ()


def test_replaced_ids_count_as_removed_although_the_number_is_the_same() -> None:
    found = difference_v1(v1(numbered(20)), v1(numbered(20, first=5)))
    assert whole(found, "student") == Change("student", NO_SCHOOL, 20, 20, 5, 0, 0, 5)


def test_whoever_changes_school_has_moved_and_is_not_removed() -> None:
    found = difference_v1(v1([("s1", "N"), ("s2", "N")]), v1([("s1", "S"), ("s2", "N")]))
    assert whole(found, "student")[2:] == (2, 2, 0, 1, 0, 0)
    assert at(found, "student", "N")[2:] == (2, 1, 0, 1, 0, 0)
    assert at(found, "student", "S")[2:] == (0, 1, 0, 0, 0, 0)


def test_whoever_keeps_one_of_two_schools_has_left_only_the_other() -> None:
    found = difference_v1(v1([("s1", "N"), ("s1", "S")]), v1([("s1", "N")]))
    assert whole(found, "student")[2:] == (1, 1, 0, 0, 0, 0)
    assert at(found, "student", "S")[2:] == (1, 0, 0, 1, 0, 0)


def test_a_teacher_with_the_id_of_a_pupil_is_another_person_in_sds_v1() -> None:
    found = difference_v1(v1([("1", "N")], [("1", "N")]), v1([], [("1", "N")]))
    assert whole(found, "student").removed == 1


def test_a_user_who_changes_role_is_not_removed_in_sds_v2_1() -> None:
    found = compare(
        population(v21([("u1", "N", "student")]), "sds-v2.1"),
        population(v21([("u1", "N", "teacher")]), "sds-v2.1"),
        "sds-v2.1",
    )
    assert whole(found, "student")[2:] == (1, 0, 0, 0, 1, 0)
    assert whole(found, "teacher")[2:] == (0, 1, 0, 0, 0, 0)


def test_a_user_without_any_role_left_is_removed() -> None:
    now = v21([("u1", "N", "student"), ("u2", "N", "student")])
    now["roles.csv"] = "userSourcedId,orgSourcedId,role\nu1,N,student\n"
    before = v21([("u1", "N", "student"), ("u2", "N", "student")])
    found = compare(population(before, "sds-v2.1"), population(now, "sds-v2.1"), "sds-v2.1")
    assert whole(found, "student").removed == 1
    assert whole(found, "user").removed == 0


def test_a_school_vanishes_when_it_is_not_listed_or_has_nobody() -> None:
    before = v1([("s1", "N"), ("s2", "S"), ("s3", "T")], schools=["N", "S", "T", "U"])
    now = v1([("s1", "N"), ("s2", "N"), ("s3", "T")], schools=["N", "S", "T"])
    found = difference_v1(before, now)
    assert set(found.vanished) == {digest("S", KEY), digest("U", KEY)}


def test_a_school_that_never_had_anybody_has_not_vanished() -> None:
    files = v1([("s1", "N")], [], [("c1", "S")])
    assert difference_v1(files, files).vanished == ()


def test_comparing_with_nothing_adds_everyone_and_removes_nobody() -> None:
    found = difference_v1({}, v1(numbered(3)))
    assert whole(found, "student")[2:] == (0, 3, 0, 0, 0, 3)


def test_comparing_with_an_emptied_set_removes_everyone() -> None:
    found = difference_v1(v1(numbered(3)), {})
    assert whole(found, "student")[2:] == (3, 0, 3, 0, 0, 0)


triples = st.lists(
    st.tuples(
        st.sampled_from("abcdefgh"),
        st.sampled_from("NST"),
        st.sampled_from(["student", "teacher", "nurse"]),
    ),
    unique=True,
)


@pytest.mark.slow
@settings(max_examples=50)
@given(before=triples, now=triples)
def test_the_counts_are_those_of_plain_sets(before: list[Role], now: list[Role]) -> None:
    found = compare(
        population(v21(before), "sds-v2.1"), population(v21(now), "sds-v2.1"), "sds-v2.1"
    )
    for change in found.feed:
        if change.kind in {"student", "teacher", "nurse"}:
            assert change[2:] == plain_counts(before, now, change.kind)
    for change in found.schools:
        (school,) = (name for name in "NST" if digest(name, KEY) == change.school)
        expected = counts_at(before, now, change.kind, school)
        assert change[2:] == expected


def plain_counts(before: list[Role], now: list[Role], role: str) -> tuple[int, ...]:
    had = {user for user, _, kind in before if kind == role}
    have = {user for user, _, kind in now if kind == role}
    anybody = {user for user, _, _ in now}
    stayed = {user for user, org, kind in before if kind == role and (user, org, kind) in now}
    removed = had - anybody
    changed = (had & anybody) - have
    moved = (had & have) - stayed
    added = have - {user for user, _, _ in before}
    return len(had), len(have), len(removed), len(moved), len(changed), len(added)


def counts_at(before: list[Role], now: list[Role], role: str, school: str) -> tuple[int, ...]:
    had = {user for user, org, kind in before if (org, kind) == (school, role)}
    have = {user for user, org, kind in now if (org, kind) == (school, role)}
    in_role = {user for user, _, kind in now if kind == role}
    anybody = {user for user, _, _ in now}
    earlier = {user for user, _, _ in before}
    return (
        len(had),
        len(have),
        len(had - anybody),
        len((had & in_role) - have),
        len((had & anybody) - in_role),
        len(have - earlier),
    )
