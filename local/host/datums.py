"""Conversion of values between the host's form (Datum) and the worker's messages."""

from collections.abc import Mapping

from azure.functions.meta import Datum

from local.host.protocol import Message, RpcHttp, TypedData

Metadata = Mapping[str, Datum]


def typed(datum: Datum) -> TypedData:
    """The message for a value. Numbers are sent as JSON, which is all that the worker reads."""
    if datum.type is None:
        return TypedData()
    if datum.type == "http":
        return TypedData(http=_request(datum.value))
    if datum.type == "int":
        return TypedData(json=str(datum.value))
    return TypedData(**{datum.type: datum.value})


def datum(data: Message | None) -> Datum:
    """The value in a message: a return value or an output."""
    kind = data.WhichOneof("data") if data else None
    return Datum(getattr(data, kind), kind) if kind else Datum(None, None)


def _request(value: Mapping[str, object]) -> RpcHttp:
    fields: dict[str, object] = {}
    for name, part in value.items():
        if isinstance(part, Mapping):
            fields[name] = {key: one.value for key, one in part.items()}
        elif isinstance(part, Datum):
            fields[name] = typed(part) if name == "body" else part.value
    return RpcHttp(**fields)
