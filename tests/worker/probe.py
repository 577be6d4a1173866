"""A process that loads an app through Microsoft's Python worker and calls functions of it.

`probe.py FOLDER`, with calls as JSON on standard input; tells what happened as JSON.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from local.host import protocol, python_worker
from local.host.protocol import Message


def main() -> None:
    folder = Path(sys.argv[1])
    told = asyncio.run(_run(folder, json.load(sys.stdin)))
    told["files"] = [
        str(Path(str(sys.modules[one].__file__))) for one in ("function_app", "sync_core")
    ]
    print(json.dumps(told))  # noqa: T201 - what a probe is for


async def _run(folder: Path, calls: list[dict[str, Any]]) -> dict[str, Any]:
    functions = await python_worker.load(folder)
    found = {one.name: [json.loads(binding) for binding in one.raw_bindings] for one in functions}
    ids = {one.name: one.function_id for one in functions}
    return {"functions": found, "answers": [await _call(ids, one) for one in calls]}


async def _call(ids: dict[str, str], call: dict[str, Any]) -> dict[str, Any]:
    inputs = [
        protocol.ParameterBinding(name=name, data=_typed(value))
        for name, value in call["inputs"].items()
    ]
    metadata = {name: _typed(value) for name, value in call.get("metadata", {}).items()}
    answer = await python_worker.invoke(ids[call["function"]], inputs, metadata)
    if answer.result.status == protocol.StatusResult.Failure:
        return {"error": answer.result.exception.message}
    return {
        "returned": _plain(answer.return_value),
        "outputs": {one.name: _plain(one.data) for one in answer.output_data},
    }


def _typed(value: dict[str, Any]) -> Message:
    ((kind, content),) = value.items()
    if kind == "model_binding_data":
        content = protocol.ModelBindingData(**content)
    return protocol.TypedData(**{kind: content})


def _plain(data: Message | None) -> dict[str, Any] | None:
    return data.__dict__ if data else None


main()
