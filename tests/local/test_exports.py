"""Exports that the local cloud accepts, and the one-line error for anything else."""

import zipfile
from pathlib import Path

import pytest

from local.exports import export_at
from local.folders import Refused

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


def zipped(sample: str, path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in (SAMPLES / sample).iterdir():
            archive.write(file, file.name)
    return path


@pytest.mark.parametrize(
    ("sample", "fmt", "count"), [("clean", "sds-v1", 6), ("clean-v2.1", "sds-v2.1", 6)]
)
def test_the_format_is_recognised_by_the_headers(
    sample: str, fmt: str, count: int, tmp_path: Path
) -> None:
    folder = export_at(SAMPLES / sample)
    assert (folder.format.name, len(folder.files)) == (fmt, count)
    archive = zipped(sample, tmp_path / "export.zip")
    for path in (archive, tmp_path):
        found = export_at(path)
        assert (found.format.name, found.files) == (fmt, (archive,))


def test_what_cannot_be_landed_is_reported_in_one_line(tmp_path: Path) -> None:
    empty, other, text = tmp_path / "empty", tmp_path / "other", tmp_path / "list.csv"
    empty.mkdir()
    other.mkdir()
    (other / "cats.csv").write_text("name\nTom\n")
    text.write_text("SIS ID,Name\n")
    damaged = tmp_path / "damaged.zip"
    damaged.write_bytes(zipped("clean", tmp_path / "whole.zip").read_bytes()[:-40])
    for path, said in (
        (tmp_path / "missing", "missing does not exist"),
        (empty, "empty holds neither a CSV file nor a zip"),
        (other, "other contains no file of a known format"),
        (text, "list.csv is damaged or is not a zip"),
        (damaged, "damaged.zip is damaged or is not a zip"),
    ):
        with pytest.raises(Refused) as refused:
            export_at(path)
        assert said in str(refused.value)
        assert str(refused.value).endswith("Example: EXPORT=samples/clean-v2.1")
        assert "\n" not in str(refused.value)
