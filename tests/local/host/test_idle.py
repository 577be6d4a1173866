"""An idle host sends few requests to the storage."""

import json
import time
from pathlib import Path

import pytest

from local.storage import Azurite
from tests.local.host.sample import Cloud

SETTLING_SECONDS, SECONDS = 3, 5
QUEUE_TRIGGERS = 2


@pytest.mark.emulator
def test_an_idle_host_polls_each_queue_once_a_second_and_lists_nothing(
    tmp_path: Path,
) -> None:
    with Azurite(tmp_path / "storage", in_memory=True) as storage:
        cloud = Cloud(tmp_path, storage.connection_string, storage.blob_events, "idle")
        cloud.make()
        with cloud.host():
            time.sleep(SETTLING_SECONDS)
            before, began = requests(cloud, storage), time.monotonic()
            time.sleep(SECONDS)
            asked = requests(cloud, storage) - before - 1
            seconds = time.monotonic() - began
    assert 0 < asked <= (QUEUE_TRIGGERS + 1) * (seconds + 1)


def requests(cloud: Cloud, storage: Azurite) -> int:
    """The number of requests that the storage has received, including one sent now."""
    count = storage.blob_events.stat().st_size
    cloud.upload("shelf", "counted", "")
    while storage.blob_events.stat().st_size == count:
        time.sleep(0.01)
    return int(json.loads(storage.blob_events.read_text().splitlines()[-1])["requests"])
