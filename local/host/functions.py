"""A function and its bindings, as the worker reports them to the host."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from local.host.errors import IndexingFailed
from local.host.protocol import Message
from local.host.settings import AppSettings

RETURN = "$return"

TRIGGERS = frozenset(
    {
        "activityTrigger",
        "blobTrigger",
        "httpTrigger",
        "orchestrationTrigger",
        "queueTrigger",
        "timerTrigger",
    }
)
SERVED = TRIGGERS | {"blob", "durableClient", "http", "queue"}


@dataclass(frozen=True, slots=True)
class Binding:
    """One binding of function.json. `settings` is the whole entry, with %NAME% resolved."""

    name: str
    type: str
    direction: str
    settings: Mapping[str, Any]

    @property
    def is_output(self) -> bool:
        return self.direction == "OUT"

    @property
    def is_sdk_type(self) -> bool:
        """Whether the worker receives only a reference to the blob, and opens a client for it."""
        properties = self.settings.get("properties") or {}
        return bool(properties.get("SupportsDeferredBinding"))

    @property
    def connection(self) -> str:
        """The name of the setting that holds the storage connection."""
        return self.settings.get("connection") or "AzureWebJobsStorage"


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the app. `id` is the worker's id for it."""

    name: str
    id: str
    trigger: Binding
    bindings: tuple[Binding, ...]

    @property
    def inputs(self) -> list[Binding]:
        """The input bindings other than the trigger."""
        return [one for one in self.bindings if not one.is_output and one is not self.trigger]

    @property
    def outputs(self) -> list[Binding]:
        """The output bindings that write to a service, so not an HTTP response."""
        return [one for one in self.bindings if one.is_output and one.type != "http"]


def functions_of(reported: Iterable[Message], settings: AppSettings) -> dict[str, Function]:
    """The functions that the worker reports, by name.

    Raises IndexingFailed for a binding that this host does not support, such as a blob trigger that
    scans its container, and HostFailed for a setting that is not set.
    """
    return {one.name: _function(one, settings) for one in reported}


def _function(reported: Message, settings: AppSettings) -> Function:
    bindings = tuple(_binding(json.loads(one), settings) for one in reported.raw_bindings)
    for binding in bindings:
        if binding.type not in SERVED:
            raise IndexingFailed(
                f"cannot load the {reported.name} function: the local host does not serve the "
                f'binding type "{binding.type}" of "{binding.name}"; '
                f"it serves {', '.join(sorted(SERVED))}"
            )
    trigger = next(one for one in bindings if one.type in TRIGGERS)
    if trigger.type == "blobTrigger" and trigger.settings.get("source") != "EventGrid":
        raise IndexingFailed(
            f"cannot load the {reported.name} function: the local host serves blob triggers with "
            "the source EventGrid; it does not scan containers"
        )
    return Function(reported.name, reported.function_id, trigger, bindings)


def _binding(raw: dict[str, Any], settings: AppSettings) -> Binding:
    return Binding(raw["name"], raw["type"], raw["direction"], settings.resolved(raw))
