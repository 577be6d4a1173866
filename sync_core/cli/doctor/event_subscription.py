"""Checks that a deployment's event subscription exists and calls the app with its current key."""

from typing import Any

import httpx

from sync_core.cli.doctor.deployment import SYSTEM_KEY, Deployment, subscription_fault
from sync_core.model.errors import AccessDeniedError, ServiceUnreachableError, UnexpectedAnswerError

PUBLIC = "https://management.azure.com"
AGAIN = "Run azd provision events, which creates it again."


def fault_of(
    deployment: Deployment, endpoint: str, token: str, transport: httpx.BaseTransport | None = None
) -> str | None:
    """What is wrong with the event subscription and what to do, or None if it is right.

    `token` is an operator's token for `endpoint`, the resource manager. The text contains neither
    keys nor addresses. Raises AccessDeniedError, ServiceUnreachableError or UnexpectedAnswerError.
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
                " indexed. Check its log stream, which names a wrong setting."
            )
        called = (_ask(client, "POST", deployment.full_url) or {}).get("endpointUrl", "")
        fault = subscription_fault(called, keys[SYSTEM_KEY])
        return fault and f"{fault} {AGAIN}"


def _ask(client: httpx.Client, method: str, path: str) -> Any:
    """The answer as JSON, or None if there is nothing at the path."""
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
            f"Azure answered {answer.status_code} for {what}. Sign in with an account that is"
            " Contributor in the subscription of the deployment."
        )
    if not answer.is_success:
        raise UnexpectedAnswerError(f"Azure answered {answer.status_code} for {what}.")
    return answer.json()
