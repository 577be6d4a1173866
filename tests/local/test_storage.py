import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from azure.core.exceptions import AzureError
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueClient

from local.storage import AZURITE, NODE, Azurite, Ports, StorageFailed

pytestmark = pytest.mark.emulator

STARTS_IT_AND_WAITS = """
import sys
from pathlib import Path
from local.storage import Azurite
azurite = Azurite(Path(sys.argv[1]))
azurite.start()
print(azurite.connection_string, flush=True)
sys.stdin.read()
"""


def test_blobs_and_queues_answer(azurite: Azurite, unique_name: Callable[[str], str]) -> None:
    name = unique_name("talk")
    with BlobServiceClient.from_connection_string(azurite.connection_string) as service:
        blob = service.create_container(name).upload_blob("a/b.txt", b"hello")
        assert blob.download_blob().readall() == b"hello"
    with QueueClient.from_connection_string(azurite.connection_string, name) as queue:
        queue.create_queue()
        queue.send_message("hello")
        message = queue.receive_message()
        assert message is not None
        assert message.content == "hello"


def test_what_was_stored_is_there_after_a_restart(tmp_path: Path) -> None:
    with Azurite(tmp_path) as first, _service(first) as service:
        service.create_container("kept").upload_blob("b", b"still here")
    with Azurite(tmp_path) as second, _service(second) as service:
        assert service.get_blob_client("kept", "b").download_blob().readall() == b"still here"


def test_what_was_stored_is_there_after_ctrl_c_and_the_stop_that_follows(tmp_path: Path) -> None:
    first = Azurite(tmp_path)
    for round_ in range(4):
        first.start()
        with _service(first) as service:
            service.create_container(f"kept-{round_}").upload_blob("b", b"still here")
        # A terminal sends the signal to every process in it.
        assert first._process is not None
        first._process.send_signal(signal.SIGINT)
        first.stop()
    with Azurite(tmp_path) as second, _service(second) as service:
        kept = [container.name for container in service.list_containers()]
    assert kept == [f"kept-{round_}" for round_ in range(4)]


def test_in_memory_it_answers_and_keeps_nothing(tmp_path: Path) -> None:
    for _ in range(2):
        with Azurite(tmp_path, in_memory=True) as running, _service(running) as service:
            assert list(service.list_containers()) == []
            service.create_container("new").upload_blob("b", b"hello")


@pytest.mark.parametrize("manager", ["blob/gc/BlobGCManager", "queue/gc/QueueGCManager"])
def test_in_memory_it_is_not_busy_with_old_data_for_minutes(manager: str) -> None:
    """Azurite's own class takes the interval that is set before it is loaded."""
    command = [str(NODE), "--require", "./keep-everything.cjs", "--print"]
    made = f"new (require('azurite/dist/src/{manager}').default)(null, null, null, () => {{}})"
    script = f"({made}).gcIntervalInMS"
    shown = subprocess.run(
        [*command, script], cwd=AZURITE, capture_output=True, text=True, check=True, timeout=60
    )
    assert int(shown.stdout) > 86_400_000
    hooks = Azurite(Path("unused"), in_memory=True)._command()
    assert str(AZURITE / "keep-everything.cjs") in hooks


def test_it_ends_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STARTS_IT_AND_WAITS, str(tmp_path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    ) as parent:
        assert parent.stdout is not None
        connection_string = parent.stdout.readline().strip()
        assert _answers(connection_string)
        parent.kill()
    deadline = time.monotonic() + 30
    while _answers(connection_string):
        assert time.monotonic() < deadline, "Azurite outlived the process that started it"
        time.sleep(0.05)


def test_a_taken_port_is_reported(azurite: Azurite, tmp_path: Path) -> None:
    taken = int(azurite.blob_url.split(":")[2].split("/")[0])
    with pytest.raises(StorageFailed, match=f"{taken}"):
        Azurite(tmp_path, Ports(blob=taken)).start()


def test_a_missing_emulator_says_make_setup(tmp_path: Path) -> None:
    copy = tmp_path / "local"
    copy.mkdir()
    (copy / "storage.py").write_bytes((Path("local") / "storage.py").read_bytes())
    (copy / "__init__.py").touch()
    script = (
        "from pathlib import Path; from local.storage import Azurite; Azurite(Path('d')).start()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert "make setup" in done.stderr
    assert done.returncode == 1


def _service(azurite: Azurite) -> BlobServiceClient:
    return BlobServiceClient.from_connection_string(azurite.connection_string)


def _answers(connection_string: str) -> bool:
    with BlobServiceClient.from_connection_string(
        connection_string, retry_total=0, connection_timeout=2
    ) as service:
        try:
            service.get_account_information()
        except AzureError:
            return False
        return True


def test_the_log_of_blobs_has_its_line_before_the_client_has_its_answer(
    azurite: Azurite, unique_name: Callable[[str], str]
) -> None:
    with _service(azurite) as service:
        container = service.create_container(unique_name("log"))
        for number in range(200):
            container.upload_blob(f"{number}.csv", b"SIS ID")
            last = azurite.blob_events.read_text(encoding="utf-8").splitlines()[-1]
            assert json.loads(last)["url"].endswith(f"/{container.container_name}/{number}.csv")
