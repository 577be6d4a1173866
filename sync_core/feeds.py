"""Settings: from the environment to feeds, with one clear message where something is wrong."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Literal

import msgspec

from sync_core.addresses import is_root
from sync_core.connections import alert_webhook, storage_identity
from sync_core.errors import SettingsError
from sync_core.formats import FORMATS

FEED_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""A feed's name is a folder, a part of an orchestration's id and of addresses."""

TARGET_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")

STORAGE_NAME = re.compile(r"(?=.{3,63}$)[a-z0-9]+(?:-[a-z0-9]+)*")
"""What a container or a queue may be called."""

HOST_SUFFIX = re.compile(r"\.?[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.ASCII)
"""Where host names may end that data is sent to: not with a top-level domain alone."""

EXAMPLE = (
    '[{"name": "northwind", "target": "classic",'
    ' "profileId": "86904b1e-c7d0-4ead-b13a-98f11fc400ee", "format": "sds-v1"}]'
)

Seconds = Annotated[float, msgspec.Meta(ge=0, le=518_400)]
PositiveSeconds = Annotated[float, msgspec.Meta(gt=0, le=518_400)]


class Feed(msgspec.Struct, frozen=True, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """A named source of exports, bound to one sync target. Times are in seconds, six days at most.

    `target`: what it is synced to; a dry run, which calls nobody, unless something else is said.
    `profile_id` goes with `classic`; `inbound_flow_id` or its display name with `industry-data`.
    `quiet_seconds`: how long nothing may have changed before a set counts as still.
    `set_deadline_seconds`: how long an incomplete set is waited for.
    `require_marker`: whether only `_READY` or `manifest.json` makes a set complete.
    `poll_seconds`, `poll_cap_seconds`: the first and the longest wait between two looks.
    `ready_deadline_seconds`: how long a target may take to become ready.
    `follow`: whether the sync itself is watched until it ends, for a second event.
    """

    name: str
    target: Literal["classic", "industry-data", "dry-run"] = "dry-run"
    profile_id: str | None = None
    inbound_flow_id: str | None = None
    inbound_flow_name: str | None = None
    format: str = "sds-v1"
    quiet_seconds: Seconds = 120
    set_deadline_seconds: PositiveSeconds = 10_800
    require_marker: bool = False
    poll_seconds: PositiveSeconds = 30
    poll_cap_seconds: PositiveSeconds = 900
    ready_deadline_seconds: PositiveSeconds = 21_600
    follow: bool = True

    @property
    def target_id(self) -> str | None:
        """What the target is known by; None for a dry run."""
        by_kind = {
            "classic": self.profile_id,
            "industry-data": self.inbound_flow_id or self.inbound_flow_name,
        }
        return by_kind.get(self.target)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the program reads from its environment.

    `feeds_blob` is `CONTAINER/NAME` where the feeds live in a blob of the data storage; `feeds` is
    then empty until `with_feeds` has filled it.
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

    def __repr__(self) -> str:
        # The connection of the storage and the address of the webhook are secrets.
        return f"Settings of the feeds {', '.join(self.feeds) or 'in ' + str(self.feeds_blob)}"

    def feed(self, name: str) -> Feed:
        """The feed of that name. Raises SettingsError where there is none."""
        try:
            return self.feeds[name]
        except KeyError:
            raise SettingsError(
                f"No feed is called {name!r}. Add it to SIS_FEEDS, for example: {EXAMPLE}"
            ) from None

    def may_hold(self, name: str) -> bool:
        """Whether a folder of that name may be a feed's; certain where the feeds are known here."""
        if self.feeds_blob is not None:
            return FEED_NAME.fullmatch(name) is not None
        return name in self.feeds

    def with_feeds(self, document: bytes | str) -> "Settings":
        """These settings with the feeds of a document that was read from `feeds_blob`."""
        return msgspec.structs.replace(
            self, feeds=_feeds(document, f"SIS_FEEDS (blob {self.feeds_blob})")
        )


def load_settings(environment: Mapping[str, str]) -> Settings:
    """The settings of an environment. Raises SettingsError with what is wrong and an example."""
    source = _required(environment, "SIS_FEEDS", EXAMPLE)
    in_blob = source.startswith("blob:")
    root = _graph_root(environment.get("GRAPH_ROOT", "https://graph.microsoft.com"))
    return Settings(
        feeds={} if in_blob else _feeds(source, "SIS_FEEDS"),
        feeds_blob=_blob_address(source) if in_blob else None,
        landing_container=_container(environment, "SIS_LANDING_CONTAINER", "sis-landing"),
        results_container=_container(environment, "SIS_RESULTS_CONTAINER", "sis-results"),
        results_queue=_container(environment, "SIS_RESULTS_QUEUE", "sync-results"),
        storage=environment.get("SIS_STORAGE"),
        blob_service_uri=_blob_service(environment),
        storage_client_id=storage_identity(environment),
        graph_root=root,
        identity_client_id=environment.get("AZURE_CLIENT_ID"),
        upload_suffix=_upload_suffix(environment),
        landed_queue=_landed_queue(environment),
        **alert_webhook(environment),
    )


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


def _graph_root(value: str) -> str:
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


def _feeds(document: bytes | str, where: str) -> dict[str, Feed]:
    try:
        items = msgspec.json.decode(document, type=list[dict[str, object]])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{where} is not a JSON array of objects: {error}. Example: SIS_FEEDS={EXAMPLE}"
        ) from None
    if not items:
        raise SettingsError(f"{where} holds no feed. Example: SIS_FEEDS={EXAMPLE}")
    feeds: dict[str, Feed] = {}
    for position, item in enumerate(items, start=1):
        feed = _feed(item, position, where)
        if feed.name in feeds:
            raise SettingsError(
                f"{where}: two feeds are called {feed.name!r}; rename one."
                f" Example: SIS_FEEDS={EXAMPLE}"
            )
        feeds[feed.name] = feed
    _one_feed_per_target(feeds, where)
    return feeds


def _feed(item: dict[str, object], position: int, where: str) -> Feed:
    name = item.get("name")
    label = f"feed {position}" + (f" ({name})" if isinstance(name, str) else "")
    try:
        feed = msgspec.convert(item, Feed)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{where}, {label}: {error}. Example: SIS_FEEDS={EXAMPLE}") from None
    for wrong, advice in _FEED_CHECKS:
        if wrong(feed):
            raise SettingsError(f"{where}, {label}: {advice} Example: SIS_FEEDS={EXAMPLE}")
    return feed


def _one_feed_per_target(feeds: Mapping[str, Feed], where: str) -> None:
    owners: dict[str, str] = {}
    for feed in feeds.values():
        other = owners.setdefault((feed.target_id or feed.name).lower(), feed.name)
        if other != feed.name:
            raise SettingsError(
                f"{where}: feeds {other!r} and {feed.name!r} share one profile or flow. Each takes"
                " one feed, or the exports deactivate each other's people; change one."
                f" Example: SIS_FEEDS={EXAMPLE}"
            )


def _is_id(value: str | None) -> bool:
    return value is not None and TARGET_ID.fullmatch(value) is not None


def _names_one_flow(feed: Feed) -> bool:
    if feed.inbound_flow_id is None:
        return bool(feed.inbound_flow_name)
    return feed.inbound_flow_name is None and _is_id(feed.inbound_flow_id)


_FEED_CHECKS: tuple[tuple[Callable[[Feed], bool], str], ...] = (
    (
        lambda feed: not FEED_NAME.fullmatch(feed.name),
        "name must be 1 to 63 lower-case letters, digits and dashes.",
    ),
    (
        lambda feed: feed.target == "classic" and not _is_id(feed.profile_id),
        "profileId must be the id of a School Data Sync profile.",
    ),
    (
        lambda feed: feed.target == "industry-data" and not _names_one_flow(feed),
        "either inboundFlowId or inboundFlowName must name an inbound flow.",
    ),
    (
        lambda feed: feed.format not in FORMATS,
        f"format must be one of {', '.join(sorted(FORMATS))}.",
    ),
    (
        lambda feed: feed.poll_cap_seconds < feed.poll_seconds,
        "pollCapSeconds must not be less than pollSeconds.",
    ),
)
