"""A folder or a zip on a disk as a file set, and what is shown of reading it."""

import zipfile
from pathlib import Path

import pytest

from sync_core.cli.sources import SourceError, headers_at, source_at
from sync_core.formats import format_named


def test_each_byte_is_shown_once_however_often_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "School.csv").write_bytes(b"SIS ID,Name\r\n1,Nowhere\r\n")
    shown: list[bytes] = []
    source = source_at(tmp_path, format_named("sds-v1"), shown.append)
    (file,) = source.files
    readings = [b"".join(file.open()) for _ in range(3)]
    assert set(readings) == {b"SIS ID,Name\r\n1,Nowhere\r\n"}
    assert sum(map(len, shown)) == source.size


def test_a_member_of_a_zip_that_cannot_be_read_is_reported_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("School.csv", b"SIS ID,Name\r\n1,Nowhere\r\n")
    whole = path.read_bytes()
    damaged = whole.replace(b"Nowhere", b"Nothing", 1)
    # Bit 0 of the flags says that there is a password; they follow the version in both headers.
    locked = bytearray(whole)
    locked[whole.index(b"PK\x03\x04") + 6] |= 1
    locked[whole.index(b"PK\x01\x02") + 8] |= 1
    for content in (damaged, bytes(locked)):
        path.write_bytes(content)
        with pytest.raises(SourceError, match=r"School\.csv in .* cannot be read: .* ordinary zip"):
            headers_at(path)


def test_a_zip_that_windows_wrote_with_backslashes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for member in ("Export\\", "Export\\School.csv", "Export\\readme.txt"):
            archive.writestr(member, b"SIS ID,Name\n" if member.endswith("csv") else b"")
    source = source_at(path, format_named("sds-v1"), lambda _block: None)
    assert [file.name for file in source.files] == ["school.csv"]
    assert [file.name for file in source.others] == ["readme.txt"]
    assert headers_at(path)["School.csv"] == ["SIS ID", "Name"]
