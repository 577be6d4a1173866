"""The host's configuration: host.json, and the app's settings in the environment.

Names, defaults and meanings are those of the Functions host reference for host.json 2.0.
"""

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from local.host.errors import HostFailed

_SETTING = re.compile(r"%([^%]+)%")
_TIME_SPAN = re.compile(r"(?:(\d+)\.)?(\d+):(\d{2}):(\d{2})")

_SHORTEST_CONTROL = timedelta(minutes=1)
_LONGEST_CONTROL = timedelta(minutes=60)
"""The range that the durable extension accepts (`AzureStorageOptions.Validate`)."""


class Blobs(msgspec.Struct, frozen=True, rename="camel"):
    """`extensions.blobs`: parallelism, and attempts for each blob."""

    max_degree_of_parallelism: int = 8 * (os.cpu_count() or 1)
    poison_blob_threshold: int = 5


class Queues(msgspec.Struct, frozen=True, rename="camel"):
    """`extensions.queues`. `visibility_timeout` is the pause before a retry."""

    message_encoding: str = "base64"
    max_dequeue_count: int = 5
    batch_size: int = 16
    new_batch_threshold: int | None = None
    visibility_timeout: str = "00:00:00"


class StorageProvider(msgspec.Struct, frozen=True, rename="camel"):
    """`extensions.durableTask.storageProvider`: how long a fetched message stays hidden."""

    control_queue_visibility_timeout: str = "00:05:00"
    work_item_queue_visibility_timeout: str = "00:05:00"


class DurableTask(msgspec.Struct, frozen=True, rename="camel"):
    """`extensions.durableTask`. The defaults are the extension's on a Consumption plan."""

    hub_name: str = "TestHubName"
    max_concurrent_activity_functions: int = 10
    max_concurrent_orchestrator_functions: int = 5
    use_graceful_shutdown: bool = False
    storage_provider: StorageProvider = StorageProvider()

    @property
    def control_visibility(self) -> timedelta:
        return time_span(self.storage_provider.control_queue_visibility_timeout)

    @property
    def activity_visibility(self) -> timedelta:
        return time_span(self.storage_provider.work_item_queue_visibility_timeout)


class Http(msgspec.Struct, frozen=True, rename="camel"):
    """`extensions.http`."""

    route_prefix: str = "api"


class Extensions(msgspec.Struct, frozen=True, rename="camel"):
    """`extensions`: the parts that the local host supports. Others are ignored."""

    blobs: Blobs = Blobs()
    queues: Queues = Queues()
    durable_task: DurableTask = DurableTask()
    http: Http = Http()


class Logging(msgspec.Struct, frozen=True, rename="camel"):
    """`logging`: level by category."""

    log_level: dict[str, str] = {}


class HostJson(msgspec.Struct, frozen=True, rename="camel"):
    """host.json, version 2.0."""

    version: str
    function_timeout: str = "00:30:00"
    extensions: Extensions = Extensions()
    logging: Logging = Logging()

    @property
    def timeout(self) -> timedelta | None:
        """The time limit of one invocation, or None if host.json says -1 (unlimited)."""
        return None if self.function_timeout == "-1" else time_span(self.function_timeout)


def read_host_json(folder: Path) -> HostJson:
    """The app's host.json. Raises HostFailed if it is missing or invalid."""
    path = folder / "host.json"
    try:
        host_json = msgspec.json.decode(path.read_bytes(), type=HostJson)
    except FileNotFoundError:
        raise HostFailed(
            f"{path} does not exist: give the folder of a Functions app, one with host.json and "
            "function_app.py."
        ) from None
    except msgspec.MsgspecError as error:
        raise HostFailed(f"{path} is not a valid host.json: {error}. Correct it there.") from error
    if host_json.version != "2.0":
        raise HostFailed(f'{path} has version "{host_json.version}"; the host needs "2.0".')
    _check_times(host_json)
    return host_json


def _check_times(host_json: HostJson) -> None:
    if host_json.function_timeout != "-1":
        time_span(host_json.function_timeout)
    time_span(host_json.extensions.queues.visibility_timeout)
    durable = host_json.extensions.durable_task
    if not _SHORTEST_CONTROL <= durable.control_visibility <= _LONGEST_CONTROL:
        raise HostFailed(
            "host.json: controlQueueVisibilityTimeout must be between 1 and 60 minutes."
        )
    if durable.activity_visibility <= timedelta():
        raise HostFailed("host.json: workItemQueueVisibilityTimeout must be longer than nothing.")


def time_span(text: str) -> timedelta:
    """A .NET TimeSpan as host.json writes it: `[days.]hh:mm:ss`. Raises HostFailed."""
    found = _TIME_SPAN.fullmatch(text)
    if not found:
        raise HostFailed(f'host.json has "{text}" where it needs a time as hh:mm:ss, "00:30:00".')
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


class AppSettings:
    """The app's settings: the environment, as on Azure."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def resolve(self, text: str) -> str:
        """`text` with every %NAME% replaced by its setting. Raises HostFailed if one is not set."""
        return _SETTING.sub(lambda found: self._value(found[1], text), text)

    def resolved(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """A binding's settings with every %NAME% replaced, as the host does when it starts."""
        return {
            key: self.resolve(value) if isinstance(value, str) else value
            for key, value in settings.items()
        }

    def connection_string(self, name: str) -> str:
        """The storage connection that a binding names: the setting itself, or AzureWebJobs + name.

        Raises HostFailed when there is none: identity-based connections are not supported locally.
        """
        for setting in (name, f"AzureWebJobs{name}"):
            if value := self._values.get(setting):
                return value
        raise HostFailed(
            f'The setting "{name}", a storage connection, is not set. Locally it must be a '
            "connection string, such as the storage emulator's."
        )

    def _value(self, name: str, text: str) -> str:
        if name not in self._values:
            raise HostFailed(f'The setting "{name}" is not set, and "{text}" needs it.')
        return self._values[name]
