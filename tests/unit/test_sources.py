"""Exports on a disk: what is found at a path, and everything that may be wrong with it."""

import os
import stat
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from sync_core.cli.exports.local_files import CHUNK, PinnedLocalFile, SourceError, other_than_file
from sync_core.cli.exports.places import Unreadable, _leads_to_folder, place_at, places_at
from sync_core.cli.exports.sources import Item, Place, headers_of, source_of
from sync_core.formats import format_named
from sync_core.landing.zip_safety import MAX_MEMBERS

SCHOOL = b"SIS ID,Name\r\n1,Nowhere\r\n"
V1 = format_named("sds-v1")


def packed(path: Path, *names: str, content: bytes = SCHOOL) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return path


def written(path: Path, content: bytes = SCHOOL) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def found(*paths: Path) -> list[tuple[str, list[str]]]:
    """The name of each place, and the files in it."""
    return [
        (place.name, [path.name for path in place.paths]) if isinstance(place, Place) else ("", [])
        for place in places_at(paths)
    ]


def items_of(path: Path) -> list[Item]:
    with place_at(path).items() as items:
        return items


def read_all(path: Path) -> dict[str, bytes]:
    with place_at(path).items() as items:
        return {item.name: b"".join(item.open()) for item in items}


class TestPlaces:
    def test_a_folder_with_files_is_one_export_and_a_zip_beside_them_another(
        self, tmp_path: Path
    ) -> None:
        written(tmp_path / "School.csv")
        written(tmp_path / "notes.txt")
        packed(tmp_path / "night.zip", "school.csv")
        written(tmp_path / "older" / "school.csv")
        (folder, (zipped, _)) = found(tmp_path)
        assert folder == (str(tmp_path), ["School.csv", "notes.txt"])
        assert zipped == str(tmp_path / "night.zip")

    def test_without_files_of_its_own_the_exports_are_in_subfolders_and_zips(
        self, tmp_path: Path
    ) -> None:
        written(tmp_path / "a" / "school.csv")
        packed(tmp_path / "b" / "night.ZIP", "school.csv")
        written(tmp_path / "2026" / "11" / "20" / "users.csv")
        written(tmp_path / "too" / "deep" / "school.csv")
        names = [Path(name).relative_to(tmp_path).as_posix() for name, _ in found(tmp_path)]
        assert names == ["2026/11/20", "a", "b/night.ZIP"]

    def test_files_that_are_named_one_by_one_are_a_part_of_one_export(self, tmp_path: Path) -> None:
        paths = [written(tmp_path / name) for name in ("school.csv", "student.csv")]
        (place,) = places_at(paths)
        assert isinstance(place, Place)
        assert (place.is_whole, place.paths) == (False, tuple(paths))

    def test_what_does_not_exist_does_not_hide_the_other_exports(self, tmp_path: Path) -> None:
        folder = written(tmp_path / "a" / "school.csv").parent
        missing, place = places_at([tmp_path / "nowhere", folder])
        assert "nowhere does not exist" in str(missing)
        assert isinstance(place, Place)

    def test_an_entry_that_the_system_does_not_tell_about_is_no_folder(self) -> None:
        class Hidden(type(Path())):  # type: ignore[misc]
            def is_dir(self) -> bool:
                raise PermissionError(13, "Permission denied")

        assert _leads_to_folder(Hidden("x")) is False

    def test_a_folder_in_circles_ends(self, tmp_path: Path) -> None:
        (tmp_path / "2026").symlink_to(tmp_path)
        assert found(tmp_path) == [(str(tmp_path), [])]


class TestReading:
    def test_each_byte_is_shown_once_however_often_it_is_read(self, tmp_path: Path) -> None:
        written(tmp_path / "School.csv")
        shown: list[tuple[str, bytes]] = []
        source = source_of(
            place_at(tmp_path), items_of(tmp_path), V1, lambda *block: shown.append(block)
        )
        (file,) = source.files
        assert {b"".join(file.open()) for _ in range(3)} == {SCHOOL}
        assert shown == [("school.csv", SCHOOL), ("school.csv", b""), ("school.csv", b"")]
        assert source.size == len(SCHOOL)

    def test_a_zip_that_windows_wrote_with_backslashes_is_read(self, tmp_path: Path) -> None:
        path = packed(tmp_path / "export.zip", "Export\\School.csv", "Export\\readme.txt")
        with place_at(path).items() as items:
            source = source_of(place_at(path), items, V1)
            assert [file.name for file in source.files] == ["school.csv"]
            assert [file.name for file in source.others] == ["readme.txt"]
            assert headers_of(items) == {"School.csv": ["SIS ID", "Name"]}

    def test_the_marker_and_the_manifest_are_not_ignored_files(self, tmp_path: Path) -> None:
        for name in ("school.csv", "_READY", "manifest.json"):
            written(tmp_path / name)
        assert source_of(place_at(tmp_path), items_of(tmp_path), V1).others == ()

    def test_two_spellings_of_one_file_are_refused(self, tmp_path: Path) -> None:
        written(tmp_path / "school.csv")
        written(tmp_path / "School.csv")
        with pytest.raises(SourceError, match=r"contains school\.csv twice"):
            source_of(place_at(tmp_path), items_of(tmp_path), V1)


class TestOddFiles:
    def test_a_device_is_never_read(self, tmp_path: Path) -> None:
        (tmp_path / "school.csv").symlink_to("/dev/zero")
        with pytest.raises(SourceError, match=r"school\.csv is a device, not a file"):
            items_of(tmp_path)

    def test_a_pipe_is_never_opened(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "school.csv")
        with pytest.raises(SourceError, match=r"school\.csv is a pipe, not a file"):
            items_of(tmp_path)

    def test_devices_and_broken_links_beside_the_files_are_left_alone(self, tmp_path: Path) -> None:
        written(tmp_path / "school.csv")
        os.mkfifo(tmp_path / "notes")
        (tmp_path / "zero.txt").symlink_to("/dev/zero")
        (tmp_path / "gone.txt").symlink_to(tmp_path / "gone")
        assert read_all(tmp_path) == {"school.csv": SCHOOL}

    def test_a_socket_is_no_file(self) -> None:
        assert other_than_file(stat.S_IFSOCK) == "a socket"

    def test_a_name_that_no_file_can_have_is_refused(self) -> None:
        (refused,) = places_at([Path("a\0b")])
        assert isinstance(refused, Unreadable)
        assert refused.why == "a\\x00b cannot be read: its name is not valid."


class TestChanges:
    def test_a_file_that_grows_without_end_is_read_no_further(self, tmp_path: Path) -> None:
        path = written(tmp_path / "school.csv", bytes(CHUNK))
        blocks = PinnedLocalFile(path).blocks()
        with path.open("ab") as file:
            next(blocks)
            file.write(bytes(3 * CHUNK))
        with pytest.raises(SourceError, match="has changed while it was read"):
            next(blocks)

    @pytest.mark.parametrize("content", [b"", SCHOOL[:-3], SCHOOL[::-1]])
    def test_a_file_that_is_written_again_is_noticed(self, tmp_path: Path, content: bytes) -> None:
        path = written(tmp_path / "school.csv")
        file = PinnedLocalFile(path)
        path.write_bytes(content)
        os.utime(path, ns=(1, 1))
        with pytest.raises(SourceError, match=r"has changed while .* then try again"):
            list(file.blocks())

    def test_a_file_that_is_deleted_is_noticed(self, tmp_path: Path) -> None:
        path = written(tmp_path / "school.csv")
        file = PinnedLocalFile(path)
        path.unlink()
        with pytest.raises(SourceError, match=r"school\.csv cannot be read: No such file"):
            list(file.blocks())

    def test_a_zip_that_is_written_again_has_changed_and_is_not_called_damaged(
        self, tmp_path: Path
    ) -> None:
        path = packed(tmp_path / "export.zip", "school.csv", content=os.urandom(50_000))
        with place_at(path).items() as (item,):
            path.write_bytes(bytes(50_000))
            with pytest.raises(SourceError, match=r"export\.zip has changed while it was read"):
                list(item.open())


def damaged(whole: bytes) -> bytes:
    return whole.replace(b"Nowhere", b"Nothing", 1)


def encrypted(whole: bytes) -> bytes:
    # Bit 0 of the flags says that there is a password; they follow the version in both headers.
    locked = bytearray(whole)
    locked[whole.index(b"PK\x03\x04") + 6] |= 1
    locked[whole.index(b"PK\x01\x02") + 8] |= 1
    return bytes(locked)


def longer(whole: bytes) -> bytes:
    """Says that the file is a byte longer than it is, in the directory."""
    lying = bytearray(whole)
    lying[whole.index(b"PK\x01\x02") + 24] += 1
    return bytes(lying)


def overlapping(whole: bytes) -> bytes:
    """Says that the compressed bytes of the first file reach into those of the second one."""
    lying = bytearray(whole)
    at = whole.index(b"PK\x01\x02") + 20
    lying[at : at + 4] = (len(SCHOOL) + 60).to_bytes(4, "little")
    return bytes(lying)


class TestZips:
    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (damaged, "is damaged or is not a zip"),
            (encrypted, "is encrypted"),
            (longer, "is damaged or is not a zip"),
            (overlapping, "contains files that share the same bytes"),
            (lambda whole: whole[:-30], "is damaged or is not a zip"),
            (lambda _: b"no zip", "is damaged or is not a zip"),
        ],
    )
    def test_what_is_wrong_with_a_zip_is_said_in_one_sentence(
        self, tmp_path: Path, change: Callable[[bytes], bytes], said: str
    ) -> None:
        path = tmp_path / "export.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("School.csv", SCHOOL)
            archive.writestr("student.csv", SCHOOL)
        path.write_bytes(change(path.read_bytes()))
        with pytest.raises(SourceError, match=said) as refusal:
            read_all(path)
        assert "\n" not in str(refusal.value)

    def test_the_bounds_of_the_cloud_apply(self, tmp_path: Path) -> None:
        path = packed(tmp_path / "bomb.zip", "school.csv", content=bytes(4 << 20))
        with pytest.raises(SourceError, match="unpacks to more than 250 times its size"):
            read_all(path)

    def test_a_zip_of_thousands_of_files_is_refused_at_once(self, tmp_path: Path) -> None:
        path = packed(tmp_path / "many.zip", *(f"{number}.csv" for number in range(4_000)))
        began = time.process_time()
        with pytest.raises(SourceError, match=f"contains more than {MAX_MEMBERS} files"):
            read_all(path)
        assert time.process_time() - began < 2

    def test_the_directory_of_a_zip_is_read_once_whatever_the_number_of_files(
        self, tmp_path: Path
    ) -> None:
        path = packed(tmp_path / "full.zip", *(f"{number}.csv" for number in range(MAX_MEMBERS)))
        with place_at(path).items() as items:
            path_opened = [b"".join(item.open()) for item in items]
        assert path_opened == [SCHOOL] * MAX_MEMBERS
