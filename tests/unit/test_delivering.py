"""`sis-sync deliver`, over HTTP to storage: what arrives, in which order, and refusals."""

import os
import pty
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import ContainerClient

from local.storage import Azurite
from sync_core.cli.runs.delivering import (
    NothingToDeliverError,
    deliver,
    delivery_of,
)
from sync_core.formats import format_named
from sync_core.landing.exports import assess, find_exports
from sync_core.landing.reading import Landing
from sync_core.model.errors import AccessDeniedError, TransientError, UnexpectedAnswerError

ROOT = Path(__file__).resolve().parents[2]

CLEAN = ROOT / "samples" / "clean"


def run(*arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sync_core.cli", "deliver", *map(str, arguments)]
    return subprocess.run(
        command,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def settings(azurite: Azurite, landing_container: ContainerClient) -> dict[str, str]:
    return {
        "SIS_STORAGE": azurite.connection_string,
        "SIS_LANDING_CONTAINER": str(landing_container.container_name),
    }


class TestAFolder:
    def test_every_file_arrives_and_the_marker_is_the_last(
        self, settings: dict[str, str], landing_container: ContainerClient
    ) -> None:
        answer = run(CLEAN, "--feed", "northwind", "--export", "2026-11-20", **settings)
        assert answer.returncode == 0, answer.stderr
        blobs = {blob.name: blob for blob in landing_container.list_blobs()}
        marker = blobs.pop("northwind/2026-11-20/_READY")
        names = {f"northwind/2026-11-20/{file.name}" for file in CLEAN.glob("*.csv")}
        assert set(blobs) == names
        assert all(blob.last_modified <= marker.last_modified for blob in blobs.values())
        assert f"Delivered {len(names)} files" in answer.stdout
        assert "sis-results/northwind/latest.json" in answer.stdout

    def test_the_app_takes_it_as_complete_at_once(
        self, settings: dict[str, str], landing_container: ContainerClient
    ) -> None:
        assert run(CLEAN, "--feed", "northwind", **settings).returncode == 0
        fmt = format_named("sds-v1")
        (drop,) = find_exports("northwind", Landing(landing_container).listing("northwind"), fmt)
        assert assess(
            drop,
            frozenset(drop.files),
            fmt,
            manifest=None,
            require_marker=True,
            quiet_seconds=3600,
            max_spread_seconds=43_200,
            now=drop.landed_at,
        ).complete

    def test_what_is_no_part_of_an_export_stays_and_is_named(
        self, settings: dict[str, str], landing_container: ContainerClient, tmp_path: Path
    ) -> None:
        for name in ("school.csv", "manifest.json", "notes.txt", "_READY"):
            (tmp_path / name).write_text("x")
        answer = run(tmp_path, "--feed", "northwind", "--export", "a", **settings)
        found = {name.rpartition("/")[2] for name in landing_container.list_blob_names()}
        assert found == {"school.csv", "manifest.json", "_READY"}
        assert "Ignored (not part of an export): notes.txt" in answer.stderr

    def test_elsewhere_than_on_a_terminal_each_file_is_a_plain_line(
        self, settings: dict[str, str]
    ) -> None:
        answer = run(CLEAN, "--feed", "northwind", **settings)
        assert "school.csv, 366 bytes\n" in answer.stderr
        assert "\x1b" not in answer.stderr + answer.stdout

    def test_on_a_terminal_there_is_a_bar(self, settings: dict[str, str]) -> None:
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "sync_core.cli", "deliver", str(CLEAN)]
        process = subprocess.Popen(
            [*command, "--feed", "northwind"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "TERM": "xterm", **settings},
            stdout=subprocess.DEVNULL,
            stderr=theirs,
        )
        os.close(theirs)
        shown = b"".join(_read(ours))
        assert process.wait() == 0
        assert b"\xe2\x94\x81" in shown  # the bar
        assert b"366 bytes\r\n" not in shown


def _read(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            block = os.read(terminal, 4096)
        except OSError:  # the other side has closed
            return
        if not block:
            return
        yield block


class TestAZip:
    def test_it_arrives_as_it_is_with_a_marker_beside_it(
        self, settings: dict[str, str], landing_container: ContainerClient, tmp_path: Path
    ) -> None:
        archive = tmp_path / "export.zip"
        with zipfile.ZipFile(archive, "w") as writer:
            writer.writestr("school.csv", "x")
        assert run(archive, "--feed", "northwind", "--export", "a", **settings).returncode == 0
        names = sorted(landing_container.list_blob_names())
        assert names == ["northwind/a/_READY", "northwind/a/export.zip"]
        stored = landing_container.download_blob("northwind/a/export.zip").readall()
        assert stored == archive.read_bytes()


class TestWhatCannotBeDelivered:
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["no-such-folder", "--feed", "northwind"], "neither a folder nor a zip"),
            (["docs", "--feed", "northwind"], "docs contains no CSV file"),
            ([CLEAN, "--feed", "North wind"], "is not a valid feed name"),
            ([CLEAN, "--feed", "northwind", "--export", "a/b"], "cannot be the folder"),
        ],
    )
    def test_a_wrong_call_is_refused_before_anything_is_sent(
        self,
        settings: dict[str, str],
        landing_container: ContainerClient,
        arguments: list[str],
        said: str,
    ) -> None:
        answer = run(*arguments, **settings)
        assert answer.returncode == 2
        assert said in answer.stderr
        assert list(landing_container.list_blob_names()) == []

    def test_without_an_account_it_says_how_to_name_one(self) -> None:
        answer = run(CLEAN, "--feed", "northwind")
        assert answer.returncode == 2
        assert '--account "$(azd env get-value SIS_DATA_STORAGE)"' in answer.stderr

    def test_a_container_that_is_missing_starts_nothing_and_says_how_to_go_on(
        self, settings: dict[str, str]
    ) -> None:
        settings["SIS_LANDING_CONTAINER"] = "nowhere"
        answer = run(CLEAN, "--feed", "northwind", "--export", "a", **settings)
        assert answer.returncode == 1
        assert "container nowhere" in answer.stderr
        assert "The ready marker was not written" in answer.stderr
        assert "--feed northwind --export a" in answer.stderr
        assert "AccountKey" not in answer.stderr


class Broken:
    """A container whose storage refuses from a certain file on."""

    account_name, container_name = "account", "sis-landing"

    def __init__(self, status: int, taken: int) -> None:
        self.status, self.taken = status, taken
        self.names: list[str] = []

    def upload_blob(self, name: str, *_: object, **__: object) -> None:
        if len(self.names) == self.taken:
            error = HttpResponseError("no")
            error.status_code = self.status
            raise error
        self.names.append(name)


@pytest.mark.parametrize(
    ("status", "error"),
    [(403, AccessDeniedError), (404, UnexpectedAnswerError), (503, TransientError)],
)
@pytest.mark.parametrize("taken", [0, 3])
def test_a_delivery_that_breaks_off_leaves_no_marker(
    status: int, error: type[Exception], taken: int
) -> None:
    container = Broken(status, taken)
    nothing: Callable[[object], None] = lambda _: None  # noqa: E731
    with pytest.raises(error):
        deliver(delivery_of(CLEAN, "northwind", "a"), container, nothing, nothing)  # type: ignore[arg-type]
    assert not [name for name in container.names if name.endswith("_READY")]


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(NothingToDeliverError, match="contains no CSV file"):
        delivery_of(tmp_path, "northwind", "a")
