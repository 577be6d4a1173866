"""What the program reads from its environment, with one message of all that is wrong."""

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec

from sync_core.model.addresses import is_root
from sync_core.model.connections import alert_webhook, storage_identity
from sync_core.model.errors import FeedQuarantinedError, SettingsError
from sync_core.model.feeds.document import Fault, FeedsDocument, read_feeds, told
from sync_core.model.feeds.feed import EXAMPLE, FEED_NAME, Feed

T = TypeVar("T")

STORAGE_NAME = re.compile(r"(?=.{3,63}$)[a-z0-9]+(?:-[a-z0-9]+)*")
"""What a container or a queue may be called."""

HOST_SUFFIX = re.compile(r"\.?[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.ASCII)
"""Where host names may end that data is sent to: not with a top-level domain alone."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the program reads from its environment.

    `feeds_blob` is `CONTAINER/NAME` where the feeds live in a blob of the data storage; `feeds` is
    then empty until `with_feeds` or `with_document` has filled it. `faults` are those of that
    document, and `stand_ins` what is right of the feeds that it quarantines.
    """

    feeds: Mapping[str, Feed]
    feeds_blob: str | None
    landing_container: str
    results_container: str
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
    """Why alerts are off although a webhook is set. It has to be logged: nothing else tells."""
    faults: tuple[Fault, ...] = ()
    stand_ins: Mapping[str, Feed] = {}

    def __repr__(self) -> str:
        # The connection of the storage and the address of the webhook are secrets.
        return f"Settings of the feeds {', '.join(self.feeds) or 'in ' + str(self.feeds_blob)}"

    @property
    def feeds_place(self) -> str:
        """The setting or the blob that holds the feeds, as messages name it."""
        return f"SIS_FEEDS (blob {self.feeds_blob})" if self.feeds_blob else "SIS_FEEDS"

    def feed(self, name: str) -> Feed:
        """The feed of that name.

        Raises FeedQuarantinedError where its entry is wrong, SettingsError where there is none.
        """
        if name in self.feeds:
            return self.feeds[name]
        if name in self.stand_ins:
            faults = [fault for fault in self.faults if fault.feed == name]
            raise FeedQuarantinedError(told(self.feeds_place, faults))
        raise SettingsError(
            f"No feed is called {name!r}. Add it to SIS_FEEDS, for example: {EXAMPLE}"
        )

    def may_hold(self, name: str) -> bool:
        """Whether a folder of that name may be a feed's; certain where the feeds are known here."""
        if self.feeds_blob is not None:
            return FEED_NAME.fullmatch(name) is not None
        return name in self.feeds

    def with_feeds(self, document: bytes | str) -> "Settings":
        """These settings with the feeds of a document. Raises SettingsError with every fault."""
        return msgspec.structs.replace(self, feeds=_feeds(document, self.feeds_place))

    def with_document(self, found: FeedsDocument) -> "Settings":
        """These settings with the good feeds of a document, and what is wrong with the others."""
        return msgspec.structs.replace(
            self, feeds=found.feeds, faults=found.faults, stand_ins=found.stand_ins
        )


def load_settings(environment: Mapping[str, str]) -> Settings:
    """The settings of an environment.

    Raises SettingsError with all that is wrong and, for each setting, an example.
    """
    faults: list[str] = []

    def taken(setting: Callable[[], T], instead: T) -> T:
        try:
            return setting()
        except SettingsError as fault:
            faults.append(str(fault))
            return instead

    def container(name: str, example: str) -> str:
        return taken(lambda: _container(environment, name, example), "")

    nothing: tuple[str | None, Mapping[str, Feed]] = (None, {})
    feeds_blob, feeds = taken(lambda: _feeds_or_blob(environment), nothing)
    webhook = alert_webhook(environment)
    settings = Settings(
        feeds=feeds,
        feeds_blob=feeds_blob,
        landing_container=container("SIS_LANDING_CONTAINER", "sis-landing"),
        results_container=container("SIS_RESULTS_CONTAINER", "sis-results"),
        results_queue=container("SIS_RESULTS_QUEUE", "sync-results"),
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
    if faults:
        raise SettingsError(_all_of(faults))
    return settings


def _all_of(faults: list[str]) -> str:
    if len(faults) == 1:
        return faults[0]
    return f"{len(faults)} settings are wrong.\n\n" + "\n\n".join(faults)


def _feeds_or_blob(environment: Mapping[str, str]) -> tuple[str | None, Mapping[str, Feed]]:
    """The address of the blob that holds the feeds, or the feeds themselves."""
    source = _required(environment, "SIS_FEEDS", EXAMPLE).removeprefix("\ufeff")
    if source.startswith("blob:"):
        return _blob_address(source), {}
    return None, _feeds(source, "SIS_FEEDS")


def _feeds(document: bytes | str, where: str) -> Mapping[str, Feed]:
    found = read_feeds(document, where)
    if found.faults:
        raise SettingsError(told(where, found.faults))
    return found.feeds


def _required(environment: Mapping[str, str], name: str, example: str) -> str:
    value = environment.get(name, "").strip()
    if not value:
        raise SettingsError(f"{name} is not set. Example: {name}={example}")
    return value


def _container(environment: Mapping[str, str], name: str, example: str) -> str:
    # The Functions host resolves %NAME% in the bindings by itself, so a default here would let
    # the two sides disagree: the setting has to be there.
    value = _required(environment, name, example)
    if not STORAGE_NAME.fullmatch(value):
        # Not quoted: what stands in the wrong setting may be a connection string.
        raise SettingsError(
            f"{name} is not a name that storage allows: 3 to 63 lower-case letters, digits"
            f" and single dashes. Example: {name}={example}"
        )
    return value


def _blob_service(environment: Mapping[str, str]) -> str | None:
    uri = environment.get("SIS_STORAGE__blobServiceUri")
    if environment.get("SIS_STORAGE") or uri:
        return uri
    raise SettingsError(
        "SIS_STORAGE is not set. Set it to a connection string, or set SIS_STORAGE__blobServiceUri"
        " and SIS_STORAGE__queueServiceUri for a managed identity. Example:"
        " SIS_STORAGE__blobServiceUri=https://ACCOUNT.blob.core.windows.net"
    )


def _upload_suffix(environment: Mapping[str, str]) -> str:
    usual = ".blob.core.windows.net"
    value = environment.get("SIS_UPLOAD_SUFFIX", "").strip().lower() or usual
    if not HOST_SUFFIX.fullmatch(value):
        raise SettingsError(
            "SIS_UPLOAD_SUFFIX is not the end of host names that belong to one cloud, in two parts"
            f" or more. Remove it, or set it. Example: SIS_UPLOAD_SUFFIX={usual}"
        )
    return value


def _landed_queue(environment: Mapping[str, str]) -> str | None:
    name = "SIS_LANDED_QUEUE"
    return _container(environment, name, "sis-landed") if environment.get(name) else None


def _graph_root(environment: Mapping[str, str]) -> str:
    value = environment.get("GRAPH_ROOT", "https://graph.microsoft.com")
    if not is_root(value):
        raise SettingsError(
            "GRAPH_ROOT must be the https address of a host, without a path (http on this machine"
            " only, for a simulator). Example: GRAPH_ROOT=https://graph.microsoft.com"
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
