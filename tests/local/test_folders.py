"""One process at a time uses a folder of the local cloud, and no file of others is removed."""

import subprocess
import sys
from pathlib import Path

import pytest

from local.folders import MARK, Refused, claimed, emptied, is_running, reset

ROOT = Path(__file__).resolve().parents[2]

CLAIMS_IT_AND_WAITS = """
import sys
from pathlib import Path
from local.folders import claimed
with claimed(Path(sys.argv[1])):
    print("claimed", flush=True)
    sys.stdin.read()
"""


def test_a_folder_with_files_of_others_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "thesis.odt").write_text("mine")
    (tmp_path / "results").mkdir()
    with pytest.raises(Refused, match="holds files that the local cloud did not make"):
        claimed(tmp_path).__enter__()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["results", "thesis.odt"]


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(Refused, match="cannot be used"):
        claimed(tmp_path / "file").__enter__()


def test_only_what_the_local_cloud_made_is_removed(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "demo"
    with claimed(folder):
        (folder / "storage" / "deep").mkdir(parents=True)
        (folder / "events.jsonl").touch()
    (folder / "notes.txt").write_text("mine")
    with claimed(folder):
        emptied(folder)
    assert sorted(path.name for path in folder.iterdir()) == [MARK, "notes.txt"]


def test_a_link_is_removed_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "file").touch()
    folder = tmp_path / "demo"
    with claimed(folder):
        (folder / "storage").symlink_to(tmp_path / "elsewhere")
        emptied(folder)
    assert not (folder / "storage").is_symlink()
    assert (tmp_path / "elsewhere" / "file").exists()


def test_a_default_folder_of_an_earlier_version_has_no_mark_and_is_ours(
    tmp_path: Path,
) -> None:
    (tmp_path / "demo" / "storage").mkdir(parents=True)
    with claimed(tmp_path / "demo", home=tmp_path):
        emptied(tmp_path / "demo")
    assert [path.name for path in (tmp_path / "demo").iterdir()] == [MARK]


def test_a_second_process_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CLAIMS_IT_AND_WAITS, str(tmp_path / "one")]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "claimed\n"
        assert is_running(tmp_path / "one")
        with pytest.raises(Refused, match=rf"running in .*one already \(process {first.pid}\)"):
            claimed(tmp_path / "one").__enter__()
        with pytest.raises(Refused, match=rf"process {first.pid}\), so nothing was removed"):
            reset(tmp_path)
        # The lock is released however the process ends.
        first.kill()
        first.wait()
    assert not is_running(tmp_path / "one")
    with claimed(tmp_path / "one"):
        pass


def test_reset_empties_every_folder_and_keeps_what_others_put_there(tmp_path: Path) -> None:
    for name in ("run", "demo"):
        with claimed(tmp_path / name):
            (tmp_path / name / "state").mkdir()
    (tmp_path / "demo" / "notes.txt").write_text("mine")
    (tmp_path / "other" / "state").mkdir(parents=True)
    assert [path.name for path in reset(tmp_path)] == ["demo", "run"]
    left = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*"))
    assert left == ["demo", "demo/notes.txt", "other", "other/state"]
    assert reset(tmp_path) == []
