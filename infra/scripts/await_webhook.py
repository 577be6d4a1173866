# ruff: noqa: INP001 - a script, run with -m from the top of the repository
"""Wait for the key that Event Grid calls the app with, and note what the subscription depends on.

    python -m infra.scripts.await_webhook

The key `blobs_extension` is there once the host has indexed a blob trigger, a minute or two after a
deployment. azd leaves a layer alone whose template and parameters have not changed, so a new key or
a deleted subscription would go unnoticed: the variable SIS_SUBSCRIPTION_STATE, a parameter of the
layer, changes when the subscription has to be created again.
https://learn.microsoft.com/azure/developer/azure-developer-cli/faq
"""

import argparse
import os
import sys
import time
from datetime import UTC, datetime

from infra.scripts.azure import AzureError, BusyError, NotFoundError, ask, set_variable
from sync_core.cli.doctor.deployment import (
    SYSTEM_KEY,
    VARIABLES,
    Deployment,
    deployment_in,
    state_of,
    subscription_fault,
)

STATE = "SIS_SUBSCRIPTION_STATE"
PAUSE_SECONDS = 10.0
TRIES = 18
"""With the pauses between them, three minutes."""


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--pause", type=float, default=PAUSE_SECONDS, help="seconds between tries")
    try:
        deployment = _deployment()
        key = _key(deployment, parser.parse_args().pause)
        _note(deployment, key)
    except AzureError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _deployment() -> Deployment:
    found = deployment_in(os.environ)
    if found is None:
        missing = ", ".join(name for name in VARIABLES if not os.environ.get(name))
        raise AzureError(f"azd's environment lacks {missing}. Run `azd provision platform` first.")
    return found


def _key(deployment: Deployment, pause: float) -> str:
    """The app's system key, as soon as there is one; empty where no key is used."""
    if deployment.intake == "queue":
        return ""
    last = "the key is not there"
    for attempt in range(TRIES):
        if attempt:
            time.sleep(pause)
        try:
            keys = ask("POST", deployment.keys).get("systemKeys") or {}
        except BusyError as error:
            last = str(error)
            continue
        if SYSTEM_KEY in keys:
            return str(keys[SYSTEM_KEY])
        last = f"the app has the system keys {', '.join(keys) or 'none'}"
    raise AzureError(
        f"The app {deployment.app} still has no system key {SYSTEM_KEY}: its functions were not"
        f" indexed. The last answer: {last}. Check the app's log stream, which names a wrong"
        " setting, then run `azd provision events`."
    )


def _note(deployment: Deployment, key: str) -> None:
    before, state = os.environ.get(STATE, ""), state_of(deployment.intake, key)
    reason = _fault(deployment, key) if before.startswith(state) else "The app's key has changed."
    if reason is None:
        return
    sys.stdout.write(
        f"Creating the event subscription: {reason if before else 'there was none.'}\n"
    )
    set_variable(STATE, f"{state}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")


def _fault(deployment: Deployment, key: str) -> str | None:
    """Why the subscription must be created again although no setting has changed, or None."""
    try:
        ask("GET", deployment.event_subscription)
        if deployment.intake == "queue":
            return None
        return subscription_fault(ask("POST", deployment.full_url).get("endpointUrl", ""), key)
    except NotFoundError:
        return "The event subscription does not exist."


if __name__ == "__main__":
    sys.exit(main())
