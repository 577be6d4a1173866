"""Operations of the service: the id in a 202 answer, and the state of an operation."""

import re
from typing import Any, Literal

from sync_core.targets import OperationNotFoundError, OperationRunningError
from sync_core.targets.graph import GraphAnswer
from sync_core.targets.industry_data.enums import OPERATION
from sync_core.targets.json_fields import text_of

NOT_FOUND = 404
OPERATION_ID = re.compile(r"/operations(?:/|\(')([A-Za-z0-9][A-Za-z0-9._-]{0,127})")


def operation_of(answer: GraphAnswer) -> str | None:
    """The id of the operation in the `Location` of a 202; None if it has none.

    The host in `Location` is ignored. The operation is polled below the Graph root, because the
    bearer token is sent nowhere else.
    """
    found = OPERATION_ID.search(answer.location)
    return None if found is None else found.group(1)


def ended_operation(
    answer: GraphAnswer, flow: str
) -> tuple[dict[str, Any], Literal["succeeded", "failed"]]:
    """The body and state of an operation that has ended, from the answer to a request for it.

    Raises OperationRunningError, OperationNotFoundError.
    """
    if answer.status == NOT_FOUND:
        raise OperationNotFoundError(
            f"Microsoft Graph did not find the operation it returned for inbound flow {flow} (404)."
            " Deliver the export again."
        )
    body = answer.body if isinstance(answer.body, dict) else {}
    state = OPERATION.get(text_of(body, "status"), "running")
    if state == "running":
        raise OperationRunningError(
            f"School Data Sync is still working on inbound flow {flow}.",
            retry_after=answer.retry_after,
        )
    return body, state
