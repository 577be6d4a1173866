"""The durable extension's settings in host.json, with their defaults and limits."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from local.host.errors import HostFailed
from local.host.settings import DurableTask, read_host_json


def durable(folder: Path, **settings: Any) -> DurableTask:
    document = {"version": "2.0", "extensions": {"durableTask": settings}}
    (folder / "host.json").write_text(json.dumps(document), encoding="utf-8")
    return read_host_json(folder).extensions.durable_task


def test_the_defaults_are_five_minutes_and_no_graceful_stop(tmp_path: Path) -> None:
    """As documented for `AzureStorageOptions` and `DurableTaskOptions`."""
    found = durable(tmp_path)
    five = timedelta(minutes=5)
    assert (found.control_visibility, found.activity_visibility) == (five, five)
    assert found.use_graceful_shutdown is False


@pytest.mark.parametrize("time", ["00:00:59", "01:00:01"])
def test_a_time_for_control_queues_outside_of_1_to_60_minutes_is_refused(
    tmp_path: Path, time: str
) -> None:
    """`AzureStorageOptions.Validate` of the extension does so at the start."""
    with pytest.raises(HostFailed, match="between 1 and 60 minutes"):
        durable(tmp_path, storageProvider={"controlQueueVisibilityTimeout": time})


@pytest.mark.parametrize("key", ["controlQueueVisibilityTimeout", "workItemQueueVisibilityTimeout"])
def test_a_time_that_is_invalid_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(HostFailed, match="where it needs a time"):
        durable(tmp_path, storageProvider={key: "soon"})
