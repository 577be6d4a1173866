"""A function and its bindings, as the host knows them once the app is indexed."""

import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from azurefunctions.extensions.base import get_binding_registry as sdk_type_registry

RETURN = "$return"


@dataclass(frozen=True, slots=True)
class Binding:
    """One entry of function.json's bindings; `settings` is the entry itself, %NAME% resolved.

    `hint` is the annotation of its parameter (of the function's return for `$return`), or None.
    """

    name: str
    type: str
    direction: str
    settings: Mapping[str, Any]
    hint: Any

    @property
    def is_output(self) -> bool:
        return self.direction == "OUT"

    @property
    def is_out_parameter(self) -> bool:
        """Whether the annotation is func.Out[...]; told by name, as the worker does."""
        origin = typing.get_origin(self.hint) or self.hint
        return getattr(origin, "__name__", "") == "Out"

    @property
    def python_type(self) -> Any:
        """The annotated type, that inside func.Out[...] for an output parameter; None if absent."""
        if not self.is_out_parameter:
            return self.hint
        arguments = typing.get_args(self.hint)
        return arguments[0] if len(arguments) == 1 else None

    @property
    def is_sdk_type(self) -> bool:
        """Whether the parameter is a client of the SDK bindings, built without loading a blob."""
        return bool(
            self.hint and not self.is_output and sdk_type_registry().check_supported_type(self.hint)
        )

    @property
    def connection(self) -> str:
        """The name of the setting that holds the storage connection."""
        return self.settings.get("connection") or "AzureWebJobsStorage"


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the app."""

    name: str
    call: Callable[..., Any]
    trigger: Binding
    bindings: tuple[Binding, ...]
    parameters: frozenset[str]
    hints: Mapping[str, Any]

    @property
    def is_async(self) -> bool:
        return inspect.iscoroutinefunction(self.call)

    @property
    def wants_context(self) -> bool:
        """Whether `context` is the invocation's func.Context and not the name of a binding."""
        return "context" in self.parameters and all(one.name != "context" for one in self.bindings)

    @property
    def inputs(self) -> list[Binding]:
        """The input bindings beside the trigger."""
        return [one for one in self.bindings if not one.is_output and one is not self.trigger]

    @property
    def outputs(self) -> list[Binding]:
        """The output bindings that are written to a service: not the answer to an HTTP call."""
        return [one for one in self.bindings if one.is_output and one.type != "http"]
