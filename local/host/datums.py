"""Values on their way between the host and a function, through the SDK's own converters.

Which converter serves a binding is the worker's rule: the SDK bindings' for a client type, the
generic one for a plain str or bytes, else the one that the SDK registers for the binding's type.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

import azure.functions as func
from azure.functions.meta import Datum
from azurefunctions.extensions.base import get_binding_registry as sdk_type_registry

from local.host.functions import Binding

Metadata = Mapping[str, Datum]

_CONVERTERS: Any = func.get_binding_registry()  # type: ignore[no-untyped-call]  # the SDK's is


@dataclass(frozen=True, slots=True)
class ModelBindingData:
    """What the host sends for an SDK type binding: where the blob is, and never the blob.

    The fields are those of the worker protocol's message of that name; `content` is JSON text.
    """

    content: str
    version: str = "1.0"
    source: str = "AzureStorageBlobs"
    content_type: str = "application/json"


class Converter(Protocol):
    """What the SDK's converters have in common."""

    def check_input_type_annotation(self, pytype: type) -> bool: ...
    def check_output_type_annotation(self, pytype: type) -> bool: ...
    def decode(self, data: Datum, *, trigger_metadata: Metadata | None) -> Any: ...
    def encode(self, obj: Any, *, expected_type: type | None) -> Datum: ...


class _Generic:
    """The worker's converter for parameters that are plain text or bytes."""

    @staticmethod
    def check_input_type_annotation(pytype: type) -> bool:
        return issubclass(pytype, str | bytes)

    @staticmethod
    def check_output_type_annotation(pytype: type) -> bool:
        return issubclass(pytype, str | bytes | bytearray)

    @staticmethod
    def decode(data: Datum, **_: Any) -> Any:
        return data.value

    @staticmethod
    def encode(obj: Any, **_: Any) -> Datum:
        if isinstance(obj, str):
            return Datum(obj, "string")
        if isinstance(obj, bytes | bytearray):
            return Datum(bytes(obj), "bytes")
        raise NotImplementedError


def has_implicit_output(binding: Binding) -> bool:
    """Whether what a function with this trigger returns is a result of its own: durable ones."""
    implicit = getattr(_CONVERTERS.get(binding.type), "has_implicit_output", None)
    return bool(implicit and implicit())


def converter(binding: Binding) -> Converter:
    """The converter that serves a binding."""
    if binding.is_sdk_type:
        return cast(Converter, sdk_type_registry().get(binding.type))
    if binding.python_type in (str, bytes) and not has_implicit_output(binding):
        return _Generic()
    return cast(Converter, _CONVERTERS.get(binding.type) or _Generic())


def decode(binding: Binding, datum: Datum, metadata: Metadata | None = None) -> Any:
    """The argument for the binding's parameter. Raises TypeError when the two do not fit."""
    serves = converter(binding)
    try:
        if binding.is_sdk_type:
            return cast(Any, serves).decode(
                datum, trigger_metadata=metadata, pytype=binding.python_type
            )
        return serves.decode(datum, trigger_metadata=metadata)
    except NotImplementedError:
        raise TypeError(
            f'cannot give {datum.type} data to "{binding.name}", a "{binding.type}" binding'
        ) from None


def encode(binding: Binding, value: Any) -> Datum:
    """What the function gave for an output. Raises TypeError when the binding cannot take it."""
    try:
        return converter(binding).encode(value, expected_type=binding.python_type)
    except NotImplementedError:
        raise TypeError(
            f'a {type(value).__name__} cannot be written to "{binding.name}", '
            f'a "{binding.type}" binding'
        ) from None
