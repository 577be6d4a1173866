"""A folder or a zip on a disk as a file set, and what is shown of reading it."""

from pathlib import Path

from sync_core.formats import format_named
from sync_core.sources import source_at


def test_each_byte_is_shown_once_however_often_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "School.csv").write_bytes(b"SIS ID,Name\r\n1,Nowhere\r\n")
    shown: list[bytes] = []
    source = source_at(tmp_path, format_named("sds-v1"), shown.append)
    (file,) = source.files
    readings = [b"".join(file.open()) for _ in range(3)]
    assert set(readings) == {b"SIS ID,Name\r\n1,Nowhere\r\n"}
    assert sum(map(len, shown)) == source.size
