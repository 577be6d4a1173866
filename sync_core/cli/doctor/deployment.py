"""The addresses of a deployment in Azure Resource Manager, and checks of its event subscription.

This module has no I/O and imports only the standard library, so the deployment hooks can use it
before any package is installed.
"""

import hashlib
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

SYSTEM_KEY = "blobs_extension"
"""The app's system key that Event Grid calls the blob trigger with. It exists once the host has
indexed the trigger.
https://learn.microsoft.com/azure/azure-functions/functions-event-grid-blob-trigger"""

FUNCTION = "Host.Functions.export_landed"
WEB, EVENT_GRID = "2024-04-01", "2025-02-15"
"""The API versions that the templates use."""

VARIABLES = ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP", "SIS_APP_NAME", "SIS_TOPIC")
"""The azd variables that `deployment_in` needs."""

MARK = 16
"""Hexadecimal digits of a digest: enough to distinguish keys, too few to learn a key from."""


class Deployment(NamedTuple):
    """The names of a deployment. `intake`: how events reach the app, `webhook` or `queue`."""

    subscription: str
    group: str
    app: str
    topic: str
    intake: str

    @property
    def app_path(self) -> str:
        """https://learn.microsoft.com/rest/api/appservice/web-apps"""
        return f"{self._group_path}/Microsoft.Web/sites/{self.app}"

    @property
    def keys(self) -> str:
        """The address of the app's keys, for POST.

        https://learn.microsoft.com/rest/api/appservice/web-apps/list-host-keys
        """
        return f"{self.app_path}/host/default/listkeys?api-version={WEB}"

    @property
    def event_subscription(self) -> str:
        """https://learn.microsoft.com/rest/api/eventgrid/controlplane/system-topic-event-subscriptions"""
        return f"{self._event_subscription}?api-version={EVENT_GRID}"

    @property
    def full_url(self) -> str:
        """Where to ask, with POST, for the address and key that the subscription calls.

        https://learn.microsoft.com/rest/api/eventgrid/controlplane/system-topic-event-subscriptions/get-full-url
        """
        return f"{self._event_subscription}/getFullUrl?api-version={EVENT_GRID}"

    @property
    def _event_subscription(self) -> str:
        topic = f"{self._group_path}/Microsoft.EventGrid/systemTopics/{self.topic}"
        return f"{topic}/eventSubscriptions/landed-to-{self.intake}"

    @property
    def _group_path(self) -> str:
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.group}/providers"


def deployment_in(environment: Mapping[str, str]) -> Deployment | None:
    """The deployment in azd's variables, or None if one of them is missing."""
    found = [environment.get(name, "") for name in VARIABLES]
    if not all(found):
        return None
    subscription, group, app, topic = found
    intake = environment.get("SIS_INTAKE") or "webhook"
    return Deployment(subscription, group, app, topic, intake)


def subscription_fault(address: str, key: str) -> str | None:
    """What is wrong with the address that an event subscription calls, or None if it is right.

    `key` is the app's current system key. The text contains neither it nor the address.
    """
    query = parse_qs(urlsplit(address).query)
    if query.get("functionName") != [FUNCTION]:
        return "The event subscription does not call the function export_landed."
    if query.get("code") != [key]:
        return "The event subscription calls the app with an old key, which the app refuses."
    return None


def state_of(intake: str, key: str) -> str:
    """A short digest of what the event subscription depends on but the templates do not contain."""
    return hashlib.sha256(f"{intake}\n{key}".encode()).hexdigest()[:MARK]
