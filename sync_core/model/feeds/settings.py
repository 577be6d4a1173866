"""Reads the settings from the environment, and reports all faults in one message."""

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TypeVar

import msgspec

from sync_core.model.addresses import is_root
from sync_core.model.connections import alert_webhook, storage_identity
from sync_core.model.errors import FeedQuarantinedError, SettingsError
from sync_core.model.feeds.document import Fault, FeedsDocument, fault_report, read_feeds
from sync_core.model.feeds.feed import EXAMPLE, FEED_NAME, Feed

T = TypeVar("T")

STORAGE_NAME = re.compile(r"(?=.{3,63}$)[a-z0-9]+(?:-[a-z0-9]+)*")
"""The names that Azure Storage allows for containers and queues."""

USUAL_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "SIS_LANDING_CONTAINER": "sis-landing",
        "SIS_RESULTS_CONTAINER": "sis-results",
        "SIS_DECISIONS_CONTAINER": "sis-decisions",
        "SIS_STATE_CONTAINER": "sis-state",
        "SIS_RESULTS_QUEUE": "sync-results",
        "SIS_LANDED_QUEUE": "sis-landed",
    }
)
"""The usual name of each container and queue, by its setting."""

HOST_SUFFIX = re.compile(r"\.?[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.ASCII)
"""Allowed host-name suffix for upload addresses (two labels or more)."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings of the app.

    `feeds_blob` is `CONTAINER/NAME` if the feeds are in a blob of the data storage; `feeds` is then
    empty until `with_feeds` or `with_document` fills it. `faults` are the faults of that document.
    `stand_ins` holds, for each quarantined feed, its valid fields and defaults for the others.
    """

    feeds: Mapping[str, Feed]
    feeds_blob: str | None
    landing_container: str
    results_container: str
    decisions_container: str
    state_container: str
    results_queue: str
    storage: str | None
    blob_service_uri: str | None
    storage_client_id: str | None
    graph_root: str
    identity_client_id: str | None
    upload_suffix: str
    landed_queue: str | None
    alert_webhook: str | None
    alert_fault: str | None = None
    """Why alerts are off although a webhook is set. It must be logged: nothing else reports it."""
    faults: tuple[Fault, ...] = ()
    stand_ins: Mapping[str, Feed] = {}

    def __repr__(self) -> str:
        # The storage connection string and the webhook's address are secrets.
        return f"Settings of the feeds {', '.join(self.feeds) or 'in ' + str(self.feeds_blob)}"

    @property
    def feeds_source(self) -> str:
        """The setting or blob that contains the feeds, for messages."""
        return f"SIS_FEEDS (blob {self.feeds_blob})" if self.feeds_blob else "SIS_FEEDS"

    def feed(self, name: str) -> Feed:
        """The feed with this name.

        Raises FeedQuarantinedError if its entry is wrong, SettingsError if there is none.
        """
        if name in self.feeds:
            return self.feeds[name]
        if name in self.stand_ins:
            faults = [fault for fault in self.faults if fault.feed == name]
            raise FeedQuarantinedError(fault_report(self.feeds_source, faults))
        raise SettingsError(
            f"No feed is named {name!r}. Add it to SIS_FEEDS, for example: {EXAMPLE}"
        )

    def may_hold(self, name: str) -> bool:
        """Whether a folder name may be a feed's. Exact if the feeds are not in a blob."""
        if self.feeds_blob is not None:
            return FEED_NAME.fullmatch(name) is not None
        return name in self.feeds

    def with_feeds(self, document: bytes | str) -> "Settings":
        """These settings with the feeds of a document. Raises SettingsError with all faults."""
        return msgspec.structs.replace(self, feeds=_feeds(document, self.feeds_source))

    def with_document(self, found: FeedsDocument) -> "Settings":
        """These settings with the valid feeds of a document and the faults of the others."""
        return msgspec.structs.replace(
            self, feeds=found.feeds, faults=found.faults, stand_ins=found.stand_ins
        )


def load_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings from an environment.

    Raises SettingsError with every fault and, for each wrong setting, an example.
    """
    faults: list[str] = []

    def taken(setting: Callable[[], T], instead: T) -> T:
        try:
            return setting()
        except SettingsError as fault:
            faults.append(str(fault))
            return instead

    def container(name: str) -> str:
        return taken(lambda: _container(environment, name), "")

    def own_container(name: str) -> str:
        return taken(lambda: _own_container(environment, name), "")

    nothing: tuple[str | None, Mapping[str, Feed]] = (None, {})
    feeds_blob, feeds = taken(lambda: _feeds_or_blob(environment), nothing)
    webhook = alert_webhook(environment)
    settings = Settings(
        feeds=feeds,
        feeds_blob=feeds_blob,
        landing_container=container("SIS_LANDING_CONTAINER"),
        results_container=container("SIS_RESULTS_CONTAINER"),
        decisions_container=own_container("SIS_DECISIONS_CONTAINER"),
        state_container=own_container("SIS_STATE_CONTAINER"),
        results_queue=container("SIS_RESULTS_QUEUE"),
        storage=environment.get("SIS_STORAGE"),
        blob_service_uri=taken(lambda: _blob_service(environment), None),
        storage_client_id=taken(lambda: storage_identity(environment), None),
        graph_root=taken(lambda: _graph_root(environment), ""),
        identity_client_id=environment.get("AZURE_CLIENT_ID"),
        upload_suffix=taken(lambda: _upload_suffix(environment), ""),
        landed_queue=taken(lambda: _landed_queue(environment), None),
        alert_webhook=webhook.address,
        alert_fault=webhook.fault,
    )
    faults += _shared_containers(settings)
    if faults:
        raise SettingsError(_all_of(faults))
    return settings


def _shared_containers(settings: Settings) -> Iterator[str]:
    containers = {
        "SIS_LANDING_CONTAINER": settings.landing_container,
        "SIS_RESULTS_CONTAINER": settings.results_container,
        "SIS_DECISIONS_CONTAINER": settings.decisions_container,
        "SIS_STATE_CONTAINER": settings.state_container,
    }
    for (one, name), (other, same) in itertools.combinations(containers.items(), 2):
        if name and name == same:
            yield (
                f"{one} and {other} name the same container. Set two names: different people may"
                f" read and write them. Example: {other}={USUAL_NAMES[other]}"
            )


def _all_of(faults: list[str]) -> str:
    if len(faults) == 1:
        return faults[0]
    return f"{len(faults)} settings are wrong.\n\n" + "\n\n".join(faults)


def _feeds_or_blob(environment: Mapping[str, str]) -> tuple[str | None, Mapping[str, Feed]]:
    """The `CONTAINER/NAME` of the blob that contains the feeds, or the feeds themselves."""
    source = _required(environment, "SIS_FEEDS", EXAMPLE).removeprefix("\ufeff")
    if source.startswith("blob:"):
        return _blob_address(source), {}
    return None, _feeds(source, "SIS_FEEDS")


def _feeds(document: bytes | str, where: str) -> Mapping[str, Feed]:
    found = read_feeds(document, where)
    if found.faults:
        raise SettingsError(fault_report(where, found.faults))
    return found.feeds


def _required(environment: Mapping[str, str], name: str, example: str) -> str:
    value = environment.get(name, "").strip()
    if not value:
        raise SettingsError(f"{name} is not set. Example: {name}={example}")
    return value


def _container(environment: Mapping[str, str], name: str) -> str:
    # No default: the Functions host resolves %NAME% in the bindings itself, and the two could
    # differ.
    return _storage_name(name, _required(environment, name, USUAL_NAMES[name]))


def _own_container(environment: Mapping[str, str], name: str) -> str:
    # No binding uses these containers, so they can have a default.
    return _storage_name(name, environment.get(name, "").strip() or USUAL_NAMES[name])


def _storage_name(name: str, value: str) -> str:
    if not STORAGE_NAME.fullmatch(value):
        # The value is not quoted: it may be a connection string in the wrong setting.
        raise SettingsError(
            f"{name} is not a valid storage name. Use 3 to 63 lower-case letters, digits and"
            f" single dashes. Example: {name}={USUAL_NAMES[name]}"
        )
    return value


def _blob_service(environment: Mapping[str, str]) -> str | None:
    uri = environment.get("SIS_STORAGE__blobServiceUri")
    if environment.get("SIS_STORAGE") or uri:
        return uri
    raise SettingsError(
        "SIS_STORAGE is not set. To use a managed identity, set SIS_STORAGE__blobServiceUri and"
        " SIS_STORAGE__queueServiceUri; otherwise set SIS_STORAGE to a connection string. Example:"
        " SIS_STORAGE__blobServiceUri=https://ACCOUNT.blob.core.windows.net"
    )


def _upload_suffix(environment: Mapping[str, str]) -> str:
    default = ".blob.core.windows.net"
    value = environment.get("SIS_UPLOAD_SUFFIX", "").strip().lower() or default
    if not HOST_SUFFIX.fullmatch(value):
        raise SettingsError(
            "SIS_UPLOAD_SUFFIX is not a host-name suffix with two labels or more. Correct it, or"
            f" remove it to use the default. Example: SIS_UPLOAD_SUFFIX={default}"
        )
    return value


def _landed_queue(environment: Mapping[str, str]) -> str | None:
    name = "SIS_LANDED_QUEUE"
    return _container(environment, name) if environment.get(name) else None


def _graph_root(environment: Mapping[str, str]) -> str:
    value = environment.get("GRAPH_ROOT", "https://graph.microsoft.com")
    if not is_root(value):
        raise SettingsError(
            "GRAPH_ROOT must be an https address without a path (http is allowed only for a"
            " simulator on this machine). Example: GRAPH_ROOT=https://graph.microsoft.com"
        )
    return value.rstrip("/")


def _blob_address(value: str) -> str:
    container, _, name = value.removeprefix("blob:").strip("/").partition("/")
    if not container or not name:
        raise SettingsError(
            "SIS_FEEDS starts with blob: but does not name a container and a blob."
            " Example: SIS_FEEDS=blob:sis-settings/feeds.json"
        )
    return f"{container}/{name}"
