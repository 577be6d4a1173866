"""Exports in a listing, their completeness and generations. No storage is needed."""

from collections.abc import Iterable, Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sync_core.formats import format_named
from sync_core.landing import (
    Completeness,
    Export,
    FileSet,
    LandedBlob,
    assess,
    find_exports,
    pinned_set,
)
from sync_core.landing.exports import Manifest, ManifestFile, UnreadableManifest
from tests.unit.product_kit import EXPORT

SDS_V1 = format_named("sds-v1")
SIX = tuple(EXPORT)
EXPECTED = frozenset(SIX)
QUIET = 120.0
STILL_CHANGING = f"{QUIET:g} seconds without a file change"
HOUR = 3_600.0
SPREAD = 12 * HOUR
LONG_AFTER = 1e9


def blob(path: str, *, modified: float = 100.0, etag: str = '"1"', size: int = 10) -> LandedBlob:
    return LandedBlob(f"northwind/{path}", etag, size, modified)


def landed(*paths: str, modified: float = 100.0) -> list[LandedBlob]:
    return [blob(path, modified=modified) for path in paths]


def found(listing: Iterable[LandedBlob]) -> list[Export]:
    return find_exports("northwind", listing, SDS_V1)


def only_export(listing: Iterable[LandedBlob]) -> Export:
    (export,) = found(listing)
    return export


def verdict(
    export: Export,
    *,
    now: float = LONG_AFTER,
    manifest: Manifest | UnreadableManifest | None = None,
    require_marker: bool = False,
    expected: frozenset[str] = EXPECTED,
    max_spread: float = SPREAD,
) -> Completeness:
    return assess(
        export,
        expected,
        SDS_V1,
        manifest=manifest,
        require_marker=require_marker,
        quiet_seconds=QUIET,
        max_spread_seconds=max_spread,
        now=now,
    )


def manifest_of(*names: str, size: int = 10) -> Manifest:
    return Manifest(tuple(ManifestFile(name, size, "00") for name in names))


class TestLayouts:
    def test_files_in_the_feeds_folder_are_one_drop(self) -> None:
        export = only_export(landed(*SIX))
        assert export.folder == ""
        assert set(export.files) == set(SIX)

    def test_a_folder_a_night_is_a_drop_each_the_newest_first(self) -> None:
        listing = [
            *landed("night-1/school.csv", modified=100),
            *landed("night-3/school.csv", modified=300),
            *landed("night-2/school.csv", modified=200),
            *landed("school.csv", modified=250),
        ]
        assert [export.folder for export in found(listing)] == ["night-3", "", "night-2", "night-1"]

    @pytest.mark.parametrize("zip_path", ["export.zip", "night-1/export.zip", "night-1/EXPORT.ZIP"])
    def test_a_zip_is_an_export_of_its_own_in_either_folder(self, zip_path: str) -> None:
        beside = zip_path.replace("export", "school").replace("EXPORT", "school")[:-4] + ".csv"
        zipped, in_folder = sorted(
            found(landed(zip_path, beside)), key=lambda export: not export.archive
        )
        assert zipped.folder == zip_path
        assert zipped.archive == blob(zip_path)
        assert in_folder.archive is None
        assert set(in_folder.files) == {"school.csv"}

    def test_what_is_deeper_belongs_to_no_export(self) -> None:
        listing = landed("school.csv", "a/b/school.csv", "a/b/c/export.zip")
        assert [export.folder for export in found(listing)] == [""]

    def test_other_feeds_belong_to_no_export(self) -> None:
        others = [
            LandedBlob(name, '"1"', 1, 1.0)
            for name in ("southwind/school.csv", "northwind2/school.csv", "school.csv")
        ]
        assert found(others) == []

    def test_files_that_the_format_does_not_have_make_no_drop(self) -> None:
        assert found(landed("readme.txt", "_READY", "night/manifest.json", "night")) == []

    def test_a_file_under_its_temporary_name_makes_no_drop(self) -> None:
        # WinSCP's while it uploads, and a folder that SFTP made.
        assert found(landed("school.csv.filepart", "export.zip.filepart", "2026-11-20")) == []
        export = only_export(landed("student.csv", "school.csv.filepart", "2026-11-20"))
        assert set(export.files) == {"student.csv"}

    def test_names_count_in_any_case_and_are_uploaded_in_one(self) -> None:
        listing = landed("School.csv", "STUDENTENROLLMENT.CSV", "_Ready", "Manifest.JSON")
        export = only_export(listing)
        assert set(export.files) == {"school.csv", "studentenrollment.csv"}
        assert (export.marker, export.manifest) == (listing[2], listing[3])
        assert [file.name for file in pinned_set(export).files] == [
            "school.csv",
            "studentenrollment.csv",
        ]

    def test_of_two_spellings_the_newer_counts(self) -> None:
        old, new = blob("school.csv", modified=100), blob("School.csv", modified=101)
        for listing in ([old, new], [new, old]):
            assert only_export(listing).files == {"school.csv": new}

    def test_of_two_spellings_of_one_second_the_same_counts_in_whatever_order(self) -> None:
        one, other = blob("school.csv"), blob("School.csv")
        assert only_export([one, other]).files == only_export([other, one]).files


@st.composite
def arrivals(draw: st.DrawFn, names: Sequence[str]) -> list[LandedBlob]:
    """These files in some order, some of them written again, a second or more apart."""
    order = draw(st.permutations([*names, *draw(st.lists(st.sampled_from(names), max_size=6))]))
    at, written = 0.0, []
    for name in order:
        at += draw(st.integers(1, 3600))
        written.append(blob(name, modified=at, etag=f'"{at}"'))
    return written


def folder_after(events: Sequence[LandedBlob]) -> list[LandedBlob]:
    return list({event.name: event for event in events}.values())


class TestCompleteness:
    @given(arrivals(SIX))
    def test_in_whatever_order_six_files_come_they_are_complete_once_they_are_still(
        self, events: list[LandedBlob]
    ) -> None:
        last = events[-1].modified
        export = only_export(folder_after(events))
        assert not verdict(export, now=last + QUIET - 1).complete
        assert verdict(export, now=last + QUIET) == Completeness(complete=True)

    @given(st.data())
    def test_in_whatever_order_five_files_come_the_sixth_is_named(
        self, data: st.DataObject
    ) -> None:
        absent = data.draw(st.sampled_from(SIX))
        events = data.draw(arrivals([name for name in SIX if name != absent]))
        export = only_export(folder_after(events))
        assert verdict(export) == Completeness(complete=False, missing=(absent,))

    @given(arrivals(SIX))
    def test_a_look_at_any_moment_on_the_way_never_calls_a_part_complete(
        self, events: list[LandedBlob]
    ) -> None:
        for count in range(1, len(events)):
            export = only_export(folder_after(events[:count]))
            assert not verdict(export, now=events[count - 1].modified).complete

    def test_the_wait_is_what_is_left_of_the_quiet_period_since_the_last_write(self) -> None:
        listing = [*landed(*SIX[1:], modified=100), *landed(SIX[0], modified=150)]
        assert verdict(only_export(listing), now=200) == Completeness(
            complete=False,
            missing=(STILL_CHANGING,),
            wait=150 + QUIET - 200,
            reason=f"All files are here; waiting until none has changed for {QUIET:g} s.",
        )

    def test_a_new_marker_does_not_begin_the_quiet_period_anew(self) -> None:
        listing = [*landed(*SIX, modified=100), blob("manifest.json", modified=219)]
        assert verdict(only_export(listing), now=220).complete

    def test_three_files_are_a_set_where_the_target_takes_them(self) -> None:
        export = only_export(landed("school.csv", "student.csv", "teacher.csv"))
        assert verdict(export, expected=SDS_V1.required_files()).complete
        assert verdict(export).missing == (
            "section.csv",
            "studentenrollment.csv",
            "teacherroster.csv",
        )

    def test_a_group_that_has_begun_must_be_whole(self) -> None:
        export = only_export(landed(*SIX, "user.csv"))
        assert verdict(export).missing == ("guardianrelationship.csv",)

    def test_an_empty_file_is_still_being_written(self) -> None:
        listing = [*landed(*SIX[1:]), blob(SIX[0], size=0)]
        assert verdict(only_export(listing)).missing == ("school.csv (empty)",)


class TestMarker:
    def test_a_marker_that_came_last_ends_the_wait(self) -> None:
        listing = [*landed(*SIX, modified=100), *landed("_READY", modified=100)]
        assert verdict(only_export(listing), now=100).complete

    def test_a_marker_older_than_any_file_is_last_nights(self) -> None:
        listing = [
            *landed(*SIX[1:], modified=100),
            *landed("_READY", modified=149),
            *landed(SIX[0], modified=150),
        ]
        export = only_export(listing)
        assert verdict(export, now=151).missing == (STILL_CHANGING,)
        assert verdict(export, require_marker=True).missing == ("_READY or manifest.json",)

    def test_a_marker_does_not_make_a_part_complete(self) -> None:
        listing = [*landed(*SIX[1:]), *landed("_READY", modified=200)]
        assert verdict(only_export(listing)).missing == ("school.csv",)

    def test_where_a_marker_is_required_stillness_is_not_enough(self) -> None:
        found = verdict(only_export(landed(*SIX)), require_marker=True)
        assert found == Completeness(complete=False, missing=("_READY or manifest.json",))

    def test_where_a_marker_is_required_a_manifest_is_one(self) -> None:
        listing = landed(*SIX, "manifest.json")
        found = verdict(
            only_export(listing), require_marker=True, manifest=manifest_of(*SIX), now=100
        )
        assert found.complete

    def test_a_zip_is_whole_by_itself_and_needs_no_marker(self) -> None:
        zipped = only_export(landed("export.zip"))
        export = zipped._replace(files={name: blob("export.zip") for name in SIX})
        assert verdict(export, require_marker=True).complete
        assert verdict(export, require_marker=True, now=100).missing == (STILL_CHANGING,)

    def test_a_newer_marker_beside_a_zip_ends_the_wait(self) -> None:
        zipped = only_export([blob("n1/export.zip"), blob("n1/_READY", modified=101)])
        export = zipped._replace(files={name: blob("n1/export.zip") for name in SIX})
        assert export.described_at == 101
        assert verdict(export, now=102).complete


class TestManifest:
    def test_what_a_manifest_lists_is_complete_at_once(self) -> None:
        export = only_export(landed(*SIX, modified=100))
        assert verdict(export, manifest=manifest_of(*map(str.upper, SIX)), now=100).complete

    def test_a_file_that_has_not_its_listed_size_does_not_count_yet(self) -> None:
        listing = [*landed(*SIX[1:]), blob(SIX[0], size=9)]
        found = verdict(only_export(listing), manifest=manifest_of(*SIX))
        assert found.missing == ("school.csv (9 bytes; manifest.json says 10)",)
        assert found.wait is None

    def test_a_listed_file_that_is_not_there_is_waited_for(self) -> None:
        found = verdict(only_export(landed(*SIX)), manifest=manifest_of(*SIX, "User.csv"))
        assert found.missing == ("user.csv",)

    def test_a_listed_file_that_no_format_has_is_no_part_of_the_set(self) -> None:
        found = verdict(only_export(landed(*SIX)), manifest=manifest_of(*SIX, "Calendar.csv"))
        assert found.complete

    def test_a_set_that_a_manifest_lists_in_part_is_not_complete(self) -> None:
        found = verdict(only_export(landed(*SIX)), manifest=manifest_of(*SIX[1:]))
        assert found.missing == ("school.csv (not listed in manifest.json)",)

    def test_a_file_that_no_manifest_lists_is_left_out_of_the_set(self) -> None:
        export = only_export(landed(*SIX, "user.csv", "guardianrelationship.csv"))
        manifest = manifest_of(*map(str.title, SIX))
        assert verdict(export, manifest=manifest).complete
        assert [file.name for file in pinned_set(export, manifest).files] == sorted(SIX)

    def test_a_manifest_that_cannot_be_read_is_waited_for_whatever_else_is_there(self) -> None:
        export = only_export([*landed(*SIX), blob("_READY", modified=200)])
        found = verdict(export, manifest=UnreadableManifest("a valid manifest.json"))
        assert found == Completeness(complete=False, missing=("a valid manifest.json",))


class TestSpread:
    """A folder that is overwritten nightly holds last night's files until tonight's have come."""

    NIGHT = (
        *landed(*SIX[1:], modified=100 * HOUR),
        blob(SIX[0], modified=124.5 * HOUR),
    )

    def overwritten(self, *others: LandedBlob) -> Export:
        return only_export([*self.NIGHT, *others])

    def test_last_nights_files_are_named_with_their_age(self) -> None:
        found = verdict(self.overwritten())
        assert found == Completeness(
            complete=False,
            missing=tuple(f"{name} (24 hours older than {SIX[0]})" for name in sorted(SIX[1:])),
        )

    @pytest.mark.parametrize(("apart", "complete"), [(SPREAD, True), (SPREAD + 1, False)])
    def test_files_may_land_so_far_apart_and_no_further(self, apart: float, complete: bool) -> None:
        listing = [*landed(*SIX[1:]), blob(SIX[0], modified=100 + apart)]
        assert verdict(only_export(listing)).complete is complete

    @given(arrivals(SIX), st.floats(1, 6 * HOUR))
    def test_whatever_is_called_complete_lies_within_the_spread(
        self, events: list[LandedBlob], spread: float
    ) -> None:
        export = only_export(folder_after(events))
        times = [one.modified for one in export.files.values()]
        assert verdict(export, max_spread=spread).complete is (max(times) - min(times) <= spread)

    def test_it_can_be_switched_off(self) -> None:
        assert verdict(self.overwritten(), max_spread=0).complete

    @pytest.mark.parametrize("described_by", ["_READY", "manifest.json"])
    def test_a_marker_or_manifest_that_is_newer_vouches_for_old_files(
        self, described_by: str
    ) -> None:
        manifest = manifest_of(*SIX) if described_by == "manifest.json" else None
        newer = self.overwritten(blob(described_by, modified=124.5 * HOUR))
        assert verdict(newer, manifest=manifest).complete
        older = self.overwritten(blob(described_by, modified=100 * HOUR))
        assert not verdict(older, manifest=manifest).complete

    def test_a_file_that_is_no_part_of_the_set_makes_it_neither_old_nor_new(self) -> None:
        listing = [
            *landed(*SIX, modified=100 * HOUR),
            blob("manifest.json", modified=100 * HOUR),
            blob("user.csv", modified=200 * HOUR),
        ]
        assert verdict(only_export(listing), manifest=manifest_of(*SIX)).complete

    def test_the_files_of_a_zip_landed_together(self) -> None:
        zipped = only_export(landed("export.zip"))
        assert verdict(zipped._replace(files={name: blob("export.zip") for name in SIX})).complete

    @pytest.mark.parametrize(
        ("seconds", "age"),
        [
            (61, "61 seconds"),
            (3_600, "60 minutes"),
            (7_200, "2 hours"),
            (86_398, "24 hours"),
            (172_800, "2 days"),
        ],
    )
    def test_an_age_is_reported_in_the_unit_that_fits(self, seconds: float, age: str) -> None:
        listing = [*landed(*SIX[1:]), blob(SIX[0], modified=100 + seconds)]
        found = verdict(only_export(listing), max_spread=1)
        assert found.missing[0] == f"section.csv ({age} older than {SIX[0]})"


class TestGeneration:
    @given(st.permutations(landed(*SIX)))
    def test_it_does_not_depend_on_the_order_of_a_listing(self, listing: list[LandedBlob]) -> None:
        assert pinned_set(only_export(listing)) == pinned_set(only_export(landed(*SIX)))

    @given(st.permutations(pinned_set(only_export(landed(*SIX))).files))
    def test_it_does_not_depend_on_the_order_of_the_files(self, files: list[object]) -> None:
        ours = pinned_set(only_export(landed(*SIX)))
        shuffled = FileSet(feed="x", folder="y", landed_at=2.0, files=tuple(files))  # type: ignore[arg-type]
        assert shuffled.generation == ours.generation

    @pytest.mark.parametrize("name", SIX)
    @pytest.mark.parametrize("change", [{"etag": '"2"'}, {"size": 11}])
    def test_it_changes_with_every_files_etag_and_size(
        self, name: str, change: dict[str, object]
    ) -> None:
        before = landed(*SIX)
        after = [one._replace(**change) if one.file_name == name else one for one in before]  # type: ignore[arg-type]
        assert self._generation(after) != self._generation(before)

    def test_it_changes_when_a_file_comes_or_goes(self) -> None:
        assert self._generation(landed(*SIX[1:])) != self._generation(landed(*SIX))

    def test_it_does_not_change_with_where_and_when(self) -> None:
        elsewhere = [one._replace(modified=5.0) for one in landed(*(f"n/{name}" for name in SIX))]
        assert self._generation(elsewhere) == self._generation(landed(*SIX))

    @example([4_000_000_000.0, 3_999_999_999.9999995])
    @given(st.lists(st.floats(0, 4e9), min_size=2, max_size=2, unique_by=int))
    def test_runs_sort_by_the_time_their_exports_landed(self, times: list[float]) -> None:
        earlier, later = (
            FileSet(feed="n", folder="", landed_at=at, files=()) for at in sorted(times)
        )
        assert earlier.run < later.run

    def test_a_run_is_named_after_its_second_and_its_generation(self) -> None:
        files = FileSet(feed="n", folder="", landed_at=1_774_567_890.9, files=())
        assert files.run == f"20260326T233130Z-{files.generation[:12]}"

    @staticmethod
    def _generation(listing: list[LandedBlob]) -> str:
        return pinned_set(only_export(listing)).generation


def test_a_pinned_file_keeps_where_it_was_and_what_it_was() -> None:
    listing = [LandedBlob("northwind/n/export.zip", '"z"', 77, 5.5, member="data/School.csv")]
    export = Export("northwind", "n/export.zip", {"school.csv": listing[0]}, None, None, listing[0])
    pinned = pinned_set(export)
    assert (pinned.feed, pinned.folder, pinned.landed_at) == ("northwind", "n/export.zip", 5.5)
    (file,) = pinned.files
    assert (file.name, file.blob, file.etag) == ("school.csv", "northwind/n/export.zip", '"z"')
    assert (file.size, file.member) == (77, "data/School.csv")
