"""Microsoft's Python worker library: it loads the app and calls its functions.

The library keeps the app in its modules, so a process has one app.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import azure_functions_runtime as library

from local.host import protocol
from local.host.errors import IndexingFailed
from local.host.protocol import Message


async def load(folder: Path) -> list[Message]:
    """Import the folder's function_app.py and return its functions. Raises IndexingFailed.

    Sends the requests of a real host in order: start, list the functions, load each.
    """
    if not (folder / "function_app.py").is_file():
        raise IndexingFailed(
            f"{folder} has no function_app.py: give the folder of a Functions app."
        )
    sys.path.insert(0, str(folder))
    started = await library.worker_init_request(
        _request(
            worker_init_request=Message(capabilities={}, function_app_directory=str(folder)),
        )
    )
    _check(started)
    listed = await library.functions_metadata_request(_request())
    _check(listed)
    functions: list[Message] = listed.function_metadata_results or []
    for one in functions:
        load_request = Message(function_id=one.function_id)
        _check(await library.function_load_request(_request(function_load_request=load_request)))
    return functions


async def invoke(
    function_id: str, inputs: Sequence[Message], trigger_metadata: Mapping[str, Message]
) -> Message:
    """Call a function. Returns the library's InvocationResponse, also for a failure."""
    if library.get_threadpool_executor() is None:
        library.start_threadpool_executor()
    asked = Message(
        invocation_id=str(uuid4()),
        function_id=function_id,
        input_data=inputs,
        trigger_metadata=trigger_metadata,
        trace_context=Message(trace_parent="", trace_state="", attributes={}),
        retry_context=Message(retry_count=0, max_retry_count=0, exception=None),
    )
    answer: Message = await library.invocation_request(_request(invocation_request=asked))
    return answer


def close() -> None:
    """Stop running plain functions, without waiting for those that are running."""
    if pool := library.get_threadpool_executor():
        pool.shutdown(wait=False, cancel_futures=True)


def _request(**asked: Any) -> Message:
    properties = {"host": "127.0.0.1", "protos": protocol}
    return Message(request=Message(**asked), properties=properties)


def _check(answer: Message) -> None:
    if answer.result.status != protocol.StatusResult.Success:
        error = answer.result.exception
        raise IndexingFailed(
            f"Azure's Python worker refuses the app: {error.message}\n{error.stack_trace}"
        )
