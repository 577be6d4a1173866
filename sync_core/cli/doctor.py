"""Checking a deployment, or the local cloud, step by step, with what to do where it is wrong.

A step asks one thing and says how it went. A step whose ground is missing is skipped with the
reason, so the first failure is the one to see to. Nothing is changed: what is written to find out
whether it can be is taken away again, and the messages of others stay where they are.
"""

import email.utils
import importlib.metadata
import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple
from uuid import uuid4

import httpx
from azure.core.exceptions import AzureError

from sync_core.cli.deployment import deployment_in
from sync_core.cli.event_subscription import PUBLIC, fault_of
from sync_core.model.errors import AccessDeniedError, SisSyncError
from sync_core.model.feeds import Feed, Settings, load_settings
from sync_core.storage import Storage, storage_faults
from sync_core.targets import Target, target_for
from sync_core.targets.permissions import PERMISSIONS, roles_of

SUPPORTED = ((3, 11), (3, 12), (3, 13))
CLOCK_SECONDS = 300
"""Tokens of a clock that is further off are refused."""

STORAGE_SCOPE = "https://storage.azure.com/.default"
PROBE_HIDDEN_SECONDS = 60
WEBHOOK = "/runtime/webhooks/blobs?functionName=Host.Functions.export_landed"


class Step(NamedTuple):
    """One thing that was asked. `detail` is a sentence; of a failure it says what to do next."""

    name: str
    state: Literal["ok", "failed", "skipped"]
    detail: str


class DoctorEnvironment(NamedTuple):
    """What the steps ask. `app` is the app's address; `credential` signs in where no key does."""

    environment: Mapping[str, str]
    app: str | None = None
    credential: Any = None
    transport: httpx.BaseTransport | None = None
    targets: Callable[[Feed, Settings], Target] = target_for


def examine(around: DoctorEnvironment) -> Iterator[Step]:
    """Every step in order, each as soon as it is known. Without settings nothing else is asked."""
    yield _version()
    try:
        settings = load_settings(around.environment)
        storage = Storage(settings, around.credential)
        settings = _with_feeds(settings, storage)
    except SisSyncError as error:
        yield Step("settings", "failed", str(error))
        return
    yield Step("settings", "ok", f"{len(settings.feeds)} feeds.")
    if settings.alert_fault:
        yield Step("alert webhook", "failed", settings.alert_fault)
    yield from _storage(settings, storage, around)
    yield _asked("results queue", lambda: _queue(settings, around))
    yield _asked("event delivery", lambda: _webhook(around))
    yield _asked("event subscription", lambda: _subscription(around))
    yield _asked("permissions", lambda: _permissions(settings, around))
    for feed in settings.feeds.values():
        yield _asked(f"target of {feed.name}", partial(_target, feed, settings, around))


def _asked(name: str, ask: Callable[[], Step]) -> Step:
    try:
        return ask()
    except AccessDeniedError as error:
        wrong = f"{error} Every role of the app stands in infra/modules, with its reason."
        return Step(name, "failed", wrong)
    except SisSyncError as error:
        return Step(name, "failed", str(error))


def _version() -> Step:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] not in SUPPORTED:
        wrong = f"Python {version} is not supported: use 3.11, 3.12 or 3.13."
        return Step("version", "failed", wrong)
    off = [name for name, pins in _pins().items() if _installed(name) not in {*pins, None}]
    if off:
        wrong = f"Not as in requirements.txt: {', '.join(off)}. Install that file."
        return Step("version", "failed", wrong)
    return Step("version", "ok", f"Python {version}, packages as pinned.")


def _pins() -> dict[str, set[str]]:
    """The versions of each package that are pinned: one, or one for each range of Pythons."""
    path = Path(__file__).resolve().parents[2] / "requirements.txt"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    pins: dict[str, set[str]] = {}
    for line in lines:
        name, _, pin = line.partition(";")[0].rstrip(" \\").partition("==")
        if pin:
            pins.setdefault(name, set()).add(pin)
    return pins


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _with_feeds(settings: Settings, storage: Storage) -> Settings:
    if settings.feeds_blob is None:
        return settings
    container, _, name = settings.feeds_blob.partition("/")
    with storage_faults(f"blob {settings.feeds_blob}"):
        return settings.with_feeds(storage.container(container).download_blob(name).readall())


def _storage(settings: Settings, storage: Storage, around: DoctorEnvironment) -> Iterator[Step]:
    dates: list[str] = []
    yield _asked("sign-in", lambda: _sign_in(around))
    yield _asked("landing container", lambda: _landing(settings, storage, around))
    yield _asked("results container", lambda: _results(settings, storage, dates))
    yield _clock(dates)


def _sign_in(around: DoctorEnvironment) -> Step:
    if around.credential is None:
        return Step("sign-in", "skipped", "The settings or the app's identity sign in.")
    try:
        around.credential.get_token(STORAGE_SCOPE)
    except AzureError:
        return Step("sign-in", "failed", "No token for you: run az login or azd auth login.")
    return Step("sign-in", "ok", "Storage is asked as you, not as the app.")


def _landing(settings: Settings, storage: Storage, around: DoctorEnvironment) -> Step:
    name = "landing container"
    if around.credential is not None:
        return Step(name, "skipped", "Only the app may read what lands.")
    with storage_faults(f"container {settings.landing_container}"):
        next(iter(storage.landing.list_blobs(results_per_page=1)), None)
    return Step(name, "ok", f"{settings.landing_container} can be listed.")


def _results(settings: Settings, storage: Storage, dates: list[str]) -> Step:
    def note(response: Any) -> None:
        dates.append(response.http_response.headers.get("Date", ""))

    # No feed's name begins with an underscore.
    name = f"_doctor/{uuid4().hex}.json"
    with storage_faults(f"container {settings.results_container}"):
        storage.results.upload_blob(name, b"{}")
        storage.results.delete_blob(name, raw_response_hook=note)
    return Step("results container", "ok", f"{settings.results_container} can be written to.")


def _clock(dates: list[str]) -> Step:
    there = email.utils.parsedate_to_datetime(dates[0]) if any(dates) else None
    if there is None:
        return Step("clock", "skipped", "Storage did not answer, so there is no clock to compare.")
    off = abs((datetime.now(UTC) - there).total_seconds())
    if off > CLOCK_SECONDS:
        wrong = f"This clock is {off:.0f} s off storage's: set it, or tokens are refused."
        return Step("clock", "failed", wrong)
    return Step("clock", "ok", f"Within {CLOCK_SECONDS} s of storage's.")


def _queue(settings: Settings, around: DoctorEnvironment) -> Step:
    if importlib.util.find_spec("azure.storage.queue") is None:
        return Step(
            "results queue",
            "skipped",
            "azure-storage-queue is not installed here; pip install azure-storage-queue.",
        )
    with (
        storage_faults(f"queue {settings.results_queue}"),
        _queue_client(settings, around) as queue,
    ):
        # Hidden from everybody until it is deleted again.
        probe = queue.send_message("", visibility_timeout=PROBE_HIDDEN_SECONDS, time_to_live=120)
        queue.delete_message(probe)
    return Step("results queue", "ok", f"{settings.results_queue} can be written to.")


def _queue_client(settings: Settings, around: DoctorEnvironment) -> Any:
    from azure.storage.queue import QueueClient

    if settings.storage:
        return QueueClient.from_connection_string(settings.storage, settings.results_queue)
    address = around.environment.get("SIS_STORAGE__queueServiceUri", "")
    credential = around.credential or _managed_identity(settings.storage_client_id)
    return QueueClient(address, settings.results_queue, credential=credential)


def _managed_identity(client_id: str | None) -> Any:
    from azure.identity import ManagedIdentityCredential

    return ManagedIdentityCredential(client_id=client_id)


def _webhook(around: DoctorEnvironment) -> Step:
    name = "event delivery"
    if around.app is None:
        return Step(name, "skipped", "Say where the app is with --app https://HOST.")
    if around.environment.get("SIS_LANDED_QUEUE"):
        return Step(name, "skipped", "Events come by a queue (SIS_LANDED_QUEUE), not to the app.")
    address = f"{around.app.rstrip('/')}{WEBHOOK}"
    try:
        with httpx.Client(timeout=30, trust_env=False, transport=around.transport) as client:
            status = client.post(address, json=[]).status_code
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        wrong = f"The app cannot be reached ({type(error).__name__}): is it running, and public?"
        return Step(name, "failed", wrong)
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        return Step(name, "ok", "The app's webhook answers, and to nobody without its key.")
    return Step(
        name,
        "failed",
        f"The app's webhook answered {status} to a call without a key, where 401 is right. Deploy"
        " the app, look at its log stream, then run azd provision events.",
    )


def _subscription(around: DoctorEnvironment) -> Step:
    name = "event subscription"
    deployment = deployment_in(around.environment)
    if deployment is None or around.credential is None:
        return Step(name, "skipped", "An operator asks for it with --azd.")
    endpoint = around.environment.get("SIS_ARM_ENDPOINT", PUBLIC).rstrip("/")
    try:
        token = around.credential.get_token(f"{endpoint}/.default").token
    except AzureError:
        return Step(name, "failed", "There is no token for you: run azd auth login or az login.")
    fault = fault_of(deployment, endpoint, token, around.transport)
    return Step(name, "failed", fault) if fault else Step(name, "ok", "It calls the app of today.")


def _permissions(settings: Settings, around: DoctorEnvironment) -> Step:
    name = "permissions"
    kinds = {feed.target for feed in settings.feeds.values()}
    needed = {each.name for kind in kinds for each in PERMISSIONS[kind]}
    if not needed:
        return Step(name, "ok", "These targets need none.")
    if not _has_identity(around):
        return Step(name, "skipped", "The app's token is to be had only where the app runs.")
    from sync_core.targets.tokens import ManagedIdentityTokens

    tokens = ManagedIdentityTokens(settings.graph_root, settings.identity_client_id)
    held = roles_of(tokens.token()) or frozenset()
    if missing := needed - held:
        return Step(
            name,
            "failed",
            f"The token lacks {', '.join(sorted(missing))}. Grant them with"
            " infra/scripts/grant_graph_permissions.py; it may take up to a day until new tokens"
            " carry them.",
        )
    more = f" It holds more than is needed: {', '.join(sorted(held - needed))}."
    return Step(name, "ok", f"The token holds what is needed.{more if held - needed else ''}")


def _target(feed: Feed, settings: Settings, around: DoctorEnvironment) -> Step:
    name = f"target of {feed.name}"
    if PERMISSIONS[feed.target] and not _has_identity(around):
        return Step(name, "skipped", "It can be asked only where the app runs.")
    readiness = around.targets(feed, settings).readiness()
    state: Literal["ok", "failed"] = "failed" if readiness.state == "failed" else "ok"
    return Step(name, state, readiness.detail)


def _has_identity(around: DoctorEnvironment) -> bool:
    return bool(around.environment.get("IDENTITY_ENDPOINT"))
