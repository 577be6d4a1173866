"""When a comparison becomes a hold: the limits, what each guard measures, and what it says."""

from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_core.guards.places import Subject
from sync_core.guards.rules import MEASUREMENTS, Comparison, Measure, evaluate, exceeds
from sync_core.model.documents import TargetReference
from sync_core.model.guards import (
    GUARDS,
    GUARDS_BY_ID,
    SETTINGS_SHAPE,
    Guard,
    GuardSetting,
    GuardSettings,
    faults_of,
)
from sync_core.model.holds import Trip
from tests.unit.guards_kit import Person, compared, night, numbered, trips, v1, v21

REMOVED = GUARDS_BY_ID["removed"]


def measure(number: int, of: float, *, emptied: bool = False) -> Measure:
    return Measure(Subject(), number, of, emptied)


class TestLimits:
    @pytest.mark.parametrize(
        ("number", "of", "holds"),
        [
            (19, 100, False),
            (20, 100, True),
            (20, 200, True),
            (20, 201, False),
            (500, 2_000, True),
            (199, 2_000, False),
            (49, 99, False),
            (50, 99, True),
            (3, 6, True),
            (2, 4, False),
            (2, 2, False),
            (0, 0, False),
        ],
    )
    def test_one_in_ten_and_twenty_of_many_or_half_and_three_of_few(
        self, number: int, of: int, holds: bool
    ) -> None:
        assert exceeds(REMOVED, measure(number, of)) is holds

    def test_nobody_left_always_holds(self) -> None:
        assert exceeds(REMOVED, measure(1, 1, emptied=True))

    @pytest.mark.parametrize(
        ("number", "usual", "holds"),
        [(49, 0, False), (50, 0, True), (300, 100, False), (301, 100, True)],
    )
    def test_messages_hold_above_three_times_the_usual(
        self, number: int, usual: float, holds: bool
    ) -> None:
        assert exceeds(GUARDS_BY_ID["more-warnings"], measure(number, usual)) is holds

    def test_a_wider_limit_is_wider_in_small_groups_too(self) -> None:
        wide = msgspec.structs.replace(REMOVED, percent=80)
        assert not exceeds(wide, measure(30, 50))
        assert exceeds(wide, measure(40, 50))

    @given(of=st.integers(1, 10_000), number=st.integers(1, 10_000))
    def test_more_of_the_same_group_never_holds_less(self, of: int, number: int) -> None:
        number = min(number, of)
        if exceeds(REMOVED, measure(number, of)):
            assert exceeds(REMOVED, measure(min(number + 1, of), of))


def held_by(*found: Trip) -> set[str]:
    return {trip.guard for trip in found}


def few(count: int, school: str = "N") -> list[Person]:
    return numbered(count, school, f"{school}s")


class TestRemoved:
    def test_replaced_pupils_are_seen_although_the_number_is_the_same(self) -> None:
        found = trips(v1(numbered(2_000)), v1(numbered(2_000, first=500)))
        assert (found[0].guard, found[0].count, found[0].of) == ("removed", 500, 2_000)
        assert found[0].sentence == (
            "Missing from this export: 500 of 2,000 students (limit: 10 %, and at least 20)."
        )

    def test_a_school_that_loses_half_its_pupils_is_named_by_its_line(self) -> None:
        rest = few(2_000, "N")
        found = trips(v1([*rest, *few(40, "S")]), v1([*rest, *few(20, "S")]))
        assert [(trip.guard, trip.school_line, trip.count) for trip in found] == [
            ("removed", 3, 20)
        ]
        assert "students of the school on line 3 of school.csv" in found[0].sentence

    def test_the_last_teacher_of_a_school_is_not_removed_unnoticed(self) -> None:
        found = trips(v1(few(10), [("t1", "N")], schools=["N"]), v1(few(10), [], schools=["N"]))
        assert [(trip.guard, trip.kind) for trip in found] == [("removed", "teacher")] * 2 + [
            ("file-emptied", None)
        ]
        assert found[0].sentence == (
            "Missing from this export: 1 of 1 teachers (limit: at least one must remain)."
        )

    def test_the_only_nurse_of_a_school_may_leave(self) -> None:
        pupils = [(f"u{number}", "N", "student") for number in range(20)]
        nurses = [(f"n{number}", "S", "nurse") for number in range(5)]
        before = v21([*pupils, *nurses, ("n9", "N", "nurse")])
        assert trips(before, v21([*pupils, *nurses]), "sds-v2.1") == ()

    def test_a_pupil_who_becomes_a_teacher_is_not_removed(self) -> None:
        roles = [(f"u{number}", "N", "student") for number in range(100)]
        now = [*roles[:70], *[(user, org, "teacher") for user, org, _ in roles[70:]]]
        assert trips(v21(roles, schools=["N"]), v21(now, schools=["N"]), "sds-v2.1") == ()


class TestOtherGuards:
    def test_the_usual_night_holds_nothing(self) -> None:
        before = v1(few(200), numbered(10, prefix="t"), schools=["N"])
        now = v1(few(205)[2:], numbered(10, prefix="t"), schools=["N"])
        assert trips(before, now) == ()

    def test_new_schools_for_three_of_four_pupils_hold(self) -> None:
        before = v1([*few(100), *numbered(9, "S", "x")])
        now = v1([*few(20), *[(pupil, "S") for pupil, _ in few(100)[20:]], *numbered(9, "S", "x")])
        assert held_by(*trips(before, now)) == {"changed"}

    def test_a_closed_school_holds(self) -> None:
        moved = [(pupil, "N") for pupil, _ in few(60, "S")]
        before = v1([*few(1_000), *few(60, "S")])
        found = trips(before, v1([*few(1_000), *moved], schools=["N"]))
        assert "school-vanished" in held_by(*found)

    def test_a_file_without_rows_holds_once(self) -> None:
        before = v1(few(5), enrolled=[("c1", "Ns1")])
        emptied = v1(few(5))
        found = [trip for trip in trips(before, emptied) if trip.file == "studentenrollment.csv"]
        assert held_by(*found) == {"file-emptied"}
        assert found[0].sentence == "studentenrollment.csv has no rows. Rows at the last sync: 1."
        assert trips(emptied, emptied) == ()

    def test_an_optional_file_that_is_gone_holds(self) -> None:
        before = v1(few(5))
        now = {name: rows for name, rows in before.items() if name != "section.csv"}
        assert [trip.file for trip in trips(before, now)] == ["section.csv"]

    @pytest.mark.parametrize(
        ("guard", "changes"),
        [
            ("older-export", {"landed_at": "2026-11-27T02:00:00.000Z"}),
            ("more-errors", {"errors": 51}),
            ("more-warnings", {"warnings": 51}),
            ("format-changed", {"format": "sds-v1-uk"}),
            ("target-changed", {"target": TargetReference(kind="industry-data", id="flow")}),
        ],
    )
    def test_a_change_of_the_summary_holds(self, guard: str, changes: dict[str, object]) -> None:
        usual = compared(night(v1(few(5))), night(v1(few(5))))
        now = msgspec.structs.replace(usual.now, **changes)
        changed = Comparison(usual.before, now, usual.difference, usual.places)
        assert evaluate(usual, {}) == ()
        assert held_by(*evaluate(changed, {})) == {guard}

    def test_what_is_usual_is_the_median_of_the_last_runs(self) -> None:
        usual = compared(night(v1(few(5))), night(v1(few(5))))
        now = msgspec.structs.replace(usual.now, warnings=200)
        earlier = [msgspec.structs.replace(now, warnings=count) for count in (0, 90, 900)]
        seen = Comparison(usual.before, now, usual.difference, usual.places, earlier)
        assert evaluate(seen, {}) == ()


class TestSettings:
    BEFORE, NOW = v1(few(1_000)), v1(few(1_000)[150:])

    @pytest.mark.parametrize(
        ("setting", "holds"),
        [
            (True, True),
            (False, False),
            (GuardSetting(percent=20), False),
            (GuardSetting(percent=15), True),
            (GuardSetting(least=151), False),
        ],
    )
    def test_a_feed_sets_a_limit_or_turns_a_guard_off(
        self, setting: GuardSetting | bool, holds: bool
    ) -> None:
        found = trips(self.BEFORE, self.NOW, settings={"removed": setting})
        assert ("removed" in held_by(*found)) is holds

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ('{"removed": {"percent": 20, "least": 50}, "changed": false}', []),
            ('{"more-errors": {"times": 5}, "file-gone": true}', []),
            ('{"remove": false}', ["is not a guard; the guards are removed, changed,"]),
            (
                '{"removed": {"times": 2}}',
                ["removed has no times; set percent or least, or false to turn it off."],
            ),
            (
                '{"file-gone": {"percent": 2, "times": 3}}',
                ["file-gone has no percent and no times; set least, or false"],
            ),
        ],
    )
    def test_a_setting_that_no_guard_has_is_told(self, text: str, said: list[str]) -> None:
        found = list(faults_of(msgspec.json.decode(text, type=GuardSettings)))
        assert len(found) == len(said)
        for fault, expected in zip(found, said, strict=True):
            assert expected in fault

    @pytest.mark.parametrize(
        "text",
        [
            '{"removed": {"percent": 0}}',
            '{"removed": {"percent": 101}}',
            '{"removed": {"least": 0}}',
            '{"removed": {"prozent": 5}}',
            '{"removed": 5}',
            '["removed"]',
        ],
    )
    def test_a_setting_of_another_shape_is_refused(self, text: str) -> None:
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(text, type=GuardSettings)

    def test_the_shape_in_words_is_an_example_that_is_accepted(self) -> None:
        example = SETTINGS_SHAPE[SETTINGS_SHAPE.index("{") :]
        assert not list(faults_of(msgspec.json.decode(example, type=GuardSettings)))

    def test_the_order_is_feed_before_schools_then_the_largest_number(self) -> None:
        before = v1([*few(200), *few(300, "S")], numbered(200, prefix="t"))
        now = v1([*few(100), *few(150, "S")], numbered(160, prefix="t"))
        found = [trip for trip in trips(before, now) if trip.guard == "removed"]
        assert [trip.count for trip in found] == [250, 40, 150, 100, 40]
        assert [trip.school_line for trip in found] == [None, None, 3, 2, 2]


class TestMembers:
    """Rows of memberships are counted for each class, not as identities."""

    def enrolled(self, *sizes: int) -> dict[str, str]:
        """A set with a class for each size, and so many students in it."""
        students = few(sum(sizes))
        classes = [section for n, size in enumerate(sizes) for section in [f"c{n}"] * size]
        pairs = [(section, who) for section, (who, _) in zip(classes, students, strict=True)]
        sections = [(f"c{n}", "N") for n in range(len(sizes))]
        return v1(few(400), sections=sections, enrolled=pairs)

    def found(self, before: dict[str, str], now: dict[str, str]) -> list[Trip]:
        return [trip for trip in trips(before, now) if trip.guard == "members-removed"]

    def test_classes_that_lose_their_members_hold_the_run(self) -> None:
        (trip,) = self.found(self.enrolled(100, 100), self.enrolled(100, 80))
        assert (trip.count, trip.of, trip.file) == (20, 200, "studentenrollment.csv")
        assert trip.sentence == (
            "Missing class memberships: 20 of 200 rows of studentenrollment.csv (limit: 10 %, and"
            " at least 20)."
        )

    def test_fewer_than_the_limit_do_not(self) -> None:
        assert self.found(self.enrolled(100, 100), self.enrolled(100, 81)) == []

    def test_those_who_join_one_class_do_not_hide_those_who_leave_another(self) -> None:
        (trip,) = self.found(self.enrolled(100, 100), self.enrolled(150, 50))
        assert trip.count == 50

    def test_others_in_the_same_class_are_not_counted(self) -> None:
        before, now = self.enrolled(100), self.enrolled(100)
        now["studentenrollment.csv"] = now["studentenrollment.csv"].replace(",s", ",s1")
        assert self.found(before, now) == []

    def test_a_class_that_is_gone_had_members(self) -> None:
        (trip,) = self.found(self.enrolled(100, 100), self.enrolled(100))
        assert trip.count == 100

    def test_a_file_without_rows_has_a_guard_of_its_own(self) -> None:
        before, now = self.enrolled(100), self.enrolled(100)
        now["studentenrollment.csv"] = "Section SIS ID,SIS ID\n"
        assert self.found(before, now) == []
        assert "file-emptied" in {trip.guard for trip in trips(before, now)}


class TestDeclaration:
    def test_every_guard_is_measured_and_every_measurement_is_a_guard(self) -> None:
        assert list(MEASUREMENTS) == [guard.id for guard in GUARDS]

    @pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.id)
    def test_it_has_a_limit_in_its_unit_and_says_what_to_do(self, guard: Guard) -> None:
        assert (guard.percent > 0) is (guard.unit == "percent")
        assert (guard.times > 0) is (guard.unit == "times")
        assert guard.sentence.endswith(".")
        assert guard.advice.endswith(".")

    def test_another_guard_is_one_entry_and_one_function_of_two_summaries(self) -> None:
        toy = Guard(
            id="toy",
            unit="count",
            least=2,
            sentence="{count} more files than in the last export.",
            advice="Look at the files.",
        )

        def more_files(comparison: Comparison) -> Iterator[Measure]:
            more = len(comparison.now.files) - len(comparison.before.files)
            yield Measure(Subject(), more, len(comparison.before.files))

        files = v1(few(5))
        fewer = {name: files[name] for name in ("school.csv", "student.csv", "teacher.csv")}
        comparison = compared(night(fewer), night(files))

        def evaluated(settings: GuardSettings) -> list[str]:
            found = evaluate(comparison, settings, guards=[toy], measurements={"toy": more_files})
            return [trip.sentence for trip in found]

        assert evaluated({}) == ["3 more files than in the last export."]
        assert evaluated({"toy": GuardSetting(least=4)}) == []
        assert evaluated({"toy": False}) == []
