"""The messages between a Functions host and the Python worker, as plain classes.

The worker library takes its message classes from its caller. On Azure they are compiled from
`FunctionRpc.proto`; these have the same names, fields and numbers, and hold only what is set.
"""

from enum import IntEnum
from typing import TYPE_CHECKING, Any


class Message:
    """A message. Its fields are attributes; fields that are not set do not exist."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def WhichOneof(self, _: str) -> str | None:  # noqa: N802 - protobuf's name for it
        """The name of the field that is set, for a message with one field."""
        return next(iter(self.__dict__), None)


class TypedData(Message):
    """A value: one of string, json, bytes, http, model_binding_data, int, double, or nothing."""


class ParameterBinding(Message):
    """The value of a parameter, by its name."""

    def WhichOneof(self, _: str) -> str | None:  # noqa: N802 - protobuf's name for it
        return "data" if "data" in self.__dict__ else None


class BindingInfo(Message):
    """A binding's type, direction and data type."""

    inout = 2
    out = 1
    undefined = 0


class ModelBindingData(Message):
    """A reference to something, such as a blob. `content` is JSON text."""


class RpcHttp(Message):
    """An HTTP request, or the answer to one."""


class SameSite(IntEnum):
    """A cookie's same-site rule; its first member's name is a keyword of Python."""

    Lax = 1
    Strict = 2
    ExplicitNone = 3


setattr(SameSite, "None", 0)


class RpcHttpCookie(Message):
    """A cookie that an answer sets."""

    SameSite = SameSite


class StatusResult(Message):
    """How a request ended."""

    Failure = 0
    Success = 1


class FunctionLoadResponse(Message): ...


class FunctionMetadataResponse(Message): ...


class InvocationResponse(Message): ...


class NullableBool(Message): ...


class NullableDouble(Message): ...


class NullableString(Message): ...


class NullableTimestamp(Message): ...


class RpcException(Message): ...


class RpcFunctionMetadata(Message): ...


class RpcRetryOptions(Message): ...


class Timestamp(Message): ...


class WorkerInitResponse(Message): ...


class WorkerMetadata(Message): ...
