"""Settings of what the app connects to, beside its feeds: the storage's identity, the webhook."""

from collections.abc import Mapping
from typing import NamedTuple

from sync_core.model.addresses import is_secure
from sync_core.model.errors import SettingsError


def storage_identity(environment: Mapping[str, str]) -> str | None:
    """The client id of a user-assigned identity. The bindings of the host need both settings.

    https://learn.microsoft.com/azure/azure-functions/functions-reference#common-properties-for-identity-based-connections
    """
    names = ("SIS_STORAGE__clientId", "SIS_STORAGE__credential")
    given = [name for name in names if environment.get(name)]
    if len(given) == 1:
        (missing,) = set(names) - set(given)
        raise SettingsError(
            f"{given[0]} is set, and {missing} is not. A user-assigned identity takes both:"
            " SIS_STORAGE__credential=managedidentity and its client id. For the app's own"
            " (system-assigned) identity, remove both."
        )
    return environment.get("SIS_STORAGE__clientId")


class AlertWebhook(NamedTuple):
    """Where cards are posted, or the reason why none are; both None where none are wanted."""

    address: str | None
    fault: str | None


def alert_webhook(environment: Mapping[str, str]) -> AlertWebhook:
    """The webhook, or why it is not used: a faulty one must not stop what the app is there for."""
    value = environment.get("SIS_ALERT_WEBHOOK", "").strip()
    fault = None
    # Not quoted: whoever knows the address can post to it.
    if value.startswith("@Microsoft.KeyVault("):
        fault = (
            "SIS_ALERT_WEBHOOK is a Key Vault reference that was not resolved, so no cards are"
            " posted. Look at the app's environment variables in the portal, which name the reason,"
            " and at the role of the app's identity on the secret; then restart the app."
        )
    elif value and not is_secure(value):
        fault = (
            "SIS_ALERT_WEBHOOK is not an https address, so no cards are posted. Take it from the"
            " Teams workflow, or remove the setting."
            " Example: SIS_ALERT_WEBHOOK=https://HOST/workflows/ID?sig=…"
        )
    return AlertWebhook(None if fault else value or None, fault)
