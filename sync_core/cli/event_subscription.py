"""Whether the event subscription of a deployment exists and calls the app with its key of today."""

from typing import Any

import httpx

from sync_core.cli.deployment import SYSTEM_KEY, Deployment, subscription_fault
from sync_core.model.errors import AccessDeniedError, ServiceUnreachableError, UnexpectedAnswerError

PUBLIC = "https://management.azure.com"
AGAIN = "Run azd provision events, which makes it anew."


def fault_of(
    deployment: Deployment, endpoint: str, token: str, transport: httpx.BaseTransport | None = None
) -> str | None:
    """What is wrong with the event subscription and what to do; None where nothing is.

    `token` is an operator's for `endpoint`, the resource manager. Neither keys nor addresses are
    quoted. Raises AccessDeniedError, ServiceUnreachableError or UnexpectedAnswerError.
    """
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(
        base_url=endpoint, headers=headers, timeout=60, trust_env=False, transport=transport
    ) as client:
        if _ask(client, "GET", deployment.event_subscription) is None:
            return f"It does not exist, so no event reaches the app. {AGAIN}"
        if deployment.intake == "queue":
            return None
        keys = (_ask(client, "POST", deployment.keys) or {}).get("systemKeys") or {}
        if SYSTEM_KEY not in keys:
            return (
                f"The app {deployment.app} has no system key {SYSTEM_KEY}: its functions were not"
                " indexed. Look at its log stream, where a wrong setting is named."
            )
        called = (_ask(client, "POST", deployment.full_url) or {}).get("endpointUrl", "")
        fault = subscription_fault(called, keys[SYSTEM_KEY])
        return fault and f"{fault} {AGAIN}"


def _ask(client: httpx.Client, method: str, path: str) -> Any:
    """The answer as JSON; None where nothing is at the path."""
    what = path.partition("?")[0]
    try:
        answer = client.request(method, path)
    except httpx.HTTPError as error:
        raise ServiceUnreachableError(
            f"Azure Resource Manager did not answer ({type(error).__name__}) for {what}."
        ) from None
    if answer.status_code == httpx.codes.NOT_FOUND:
        return None
    if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        raise AccessDeniedError(
            f"Azure answered {answer.status_code} for {what}. Sign in as somebody who is"
            " Contributor in the subscription of the deployment."
        )
    if not answer.is_success:
        raise UnexpectedAnswerError(f"Azure answered {answer.status_code} for {what}.")
    return answer.json()
