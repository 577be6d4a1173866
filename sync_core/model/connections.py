"""Settings of connections other than feeds: the storage identity and the alert webhook."""

from collections.abc import Mapping
from typing import NamedTuple

from sync_core.model.addresses import is_secure
from sync_core.model.errors import SettingsError


def storage_identity(environment: Mapping[str, str]) -> str | None:
    """The client id of the user-assigned identity for storage, None for the app's own identity.

    Raises SettingsError if only one of its two settings is set; the host's bindings need both:
    https://learn.microsoft.com/azure/azure-functions/functions-reference#common-properties-for-identity-based-connections
    """
    names = ("SIS_STORAGE__clientId", "SIS_STORAGE__credential")
    given = [name for name in names if environment.get(name)]
    if len(given) == 1:
        (missing,) = set(names) - set(given)
        raise SettingsError(
            f"{given[0]} is set, but {missing} is not. A user-assigned identity needs both:"
            " SIS_STORAGE__credential=managedidentity and its client id. To use the app's own"
            " (system-assigned) identity, remove both."
        )
    return environment.get("SIS_STORAGE__clientId")


class AlertWebhook(NamedTuple):
    """Where alert cards are posted, or why they cannot be; both None if no webhook is set."""

    address: str | None
    fault: str | None


def alert_webhook(environment: Mapping[str, str]) -> AlertWebhook:
    """The webhook, or what is wrong with it. A wrong webhook must not stop syncs."""
    value = environment.get("SIS_ALERT_WEBHOOK", "").strip()
    fault = None
    # The messages do not quote the value: whoever knows the address can post to it.
    if value.startswith("@Microsoft.KeyVault("):
        fault = (
            "SIS_ALERT_WEBHOOK is a Key Vault reference that could not be resolved, so no alert"
            " cards are posted. The app's environment variables in the Azure portal show the"
            " reason. Check that the app's identity may read the secret, then restart the app."
        )
    elif value and not is_secure(value):
        fault = (
            "SIS_ALERT_WEBHOOK is not an https address, so no alert cards are posted. Copy the"
            " address from the Teams workflow, or remove the setting."
            " Example: SIS_ALERT_WEBHOOK=https://HOST/workflows/ID?sig=…"
        )
    return AlertWebhook(None if fault else value or None, fault)
