"""Checks a deployment, or the local cloud, step by step, and says what to do if a step fails.

Each step checks one thing. A step that cannot run is skipped with the reason, so the first failure
is the one to fix. Nothing is changed: what a step writes to test access is deleted again, and other
messages stay in the queue.
"""

import importlib.metadata
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Literal

import httpx
from azure.core.exceptions import AzureError

from sync_core.cli.doctor.deployment import deployment_in
from sync_core.cli.doctor.event_subscription import PUBLIC, fault_of
from sync_core.cli.doctor.faults import Resource, storage_answers, unreachable
from sync_core.cli.doctor.steps import (
    DoctorEnvironment,
    Step,
    StorageUnreachableError,
    asked,
)
from sync_core.cli.doctor.storage import storage_steps
from sync_core.model.errors import SisSyncError
from sync_core.model.feeds import Feed, Settings, load_settings
from sync_core.model.words import counted
from sync_core.storage import Storage
from sync_core.targets.permissions import PERMISSIONS, missing, roles_of

SUPPORTED = ((3, 11), (3, 12), (3, 13))
WEBHOOK = "/runtime/webhooks/blobs?functionName=Host.Functions.export_landed"


def examine(around: DoctorEnvironment) -> Iterator[Step]:
    """Yield each step as soon as it is done. Wrong settings end the check."""
    yield _version()
    try:
        settings = load_settings(around.environment)
        # A person at a terminal may need the proxy of the environment.
        storage = Storage(settings, around.credential, options={})
        yield from _with_settings(settings, storage, around)
    except StorageUnreachableError as error:
        yield Step("data storage", "failed", str(error))
        yield Step("all other steps", "skipped", "Not checked, because storage did not answer.")
    except SisSyncError as error:
        yield Step("settings", "failed", str(error))


def _with_settings(
    settings: Settings, storage: Storage, around: DoctorEnvironment
) -> Iterator[Step]:
    found: list[Settings] = []

    def read_feeds() -> Step:
        found.append(_with_feeds(settings, storage))
        return Step("settings", "ok", f"{counted(len(found[0].feeds), 'feed')}.")

    read = asked("settings", read_feeds, around.storage_seconds, unreachable())
    yield read
    if read.state == "ok":
        yield from _with_feeds_read(found[0], storage, around)


def _with_feeds_read(
    settings: Settings, storage: Storage, around: DoctorEnvironment
) -> Iterator[Step]:
    if settings.alert_fault:
        yield Step("alert webhook", "failed", settings.alert_fault)
    yield from storage_steps(settings, storage, around)
    for name, check in (
        ("event delivery", partial(_webhook, around)),
        ("event subscription", partial(_subscription, around)),
        ("permissions", partial(_permissions, settings, around)),
        *(
            (f"target of {feed.name}", partial(_target, feed, settings, around))
            for feed in settings.feeds.values()
        ),
    ):
        yield asked(name, check, around.step_seconds)


def _version() -> Step:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] not in SUPPORTED:
        wrong = f"Python {version} is not supported: use 3.11, 3.12 or 3.13."
        return Step("version", "failed", wrong)
    off = [name for name, pins in _pins().items() if _installed(name) not in {*pins, None}]
    if off:
        wrong = (
            f"Not the versions of requirements.txt: {', '.join(off)}. Install that file with pip."
        )
        return Step("version", "failed", wrong)
    return Step("version", "ok", f"Python {version}, packages as pinned.")


def _pins() -> dict[str, set[str]]:
    """The versions of each package that are pinned: one, or one for each range of Pythons."""
    path = Path(__file__).resolve().parents[3] / "requirements.txt"
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
    with storage_answers(Resource("blob", settings.feeds_blob, "SIS_FEEDS")):
        return settings.with_feeds(storage.container(container).download_blob(name).readall())


def _webhook(around: DoctorEnvironment) -> Step:
    name = "event delivery"
    if around.app is None:
        # Without a sign-in, this is the app itself or the local cloud.
        is_vital = around.credential is not None
        wrong = "Name the app's address with --app https://HOST."
        return Step(name, "skipped", wrong, vital=is_vital)
    if around.environment.get("SIS_LANDED_QUEUE"):
        return Step(name, "skipped", "Events arrive on a queue (SIS_LANDED_QUEUE), not at the app.")
    address = f"{around.app.rstrip('/')}{WEBHOOK}"
    try:
        with httpx.Client(timeout=30, trust_env=False, transport=around.transport) as client:
            status = client.post(address, json=[]).status_code
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        wrong = (
            f"The app cannot be reached ({type(error).__name__}). Check that it runs and is public."
        )
        return Step(name, "failed", wrong)
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        return Step(name, "ok", "The app's webhook answers, and only with its key.")
    return Step(
        name,
        "failed",
        f"The app's webhook answered {status} to a call without a key, but 401 is expected. Deploy"
        " the app, check its log stream, then run azd provision events.",
    )


def _subscription(around: DoctorEnvironment) -> Step:
    name = "event subscription"
    deployment = deployment_in(around.environment)
    if deployment is None or around.credential is None:
        wrong = "Checked only with --azd, by an operator."
        return Step(name, "skipped", wrong, vital=around.credential is not None)
    endpoint = around.environment.get("SIS_ARM_ENDPOINT", PUBLIC).rstrip("/")
    try:
        token = around.credential.get_token(f"{endpoint}/.default").token
    except AzureError:
        return Step(name, "failed", "You are not signed in. Run azd auth login or az login.")
    fault = fault_of(deployment, endpoint, token, around.transport)
    return (
        Step(name, "failed", fault)
        if fault
        else Step(name, "ok", "It calls the app with its current key.")
    )


def _permissions(settings: Settings, around: DoctorEnvironment) -> Step:
    name = "permissions"
    kinds = {feed.target for feed in settings.feeds.values()}
    needed = {each.name for kind in kinds for each in PERMISSIONS[kind]}
    if not needed:
        return Step(name, "ok", "Not needed by these targets.")
    if not _has_identity(around):
        wrong = "The app's token is available only where the app runs."
        return Step(name, "skipped", wrong, vital=True)
    from sync_core.targets.tokens import ManagedIdentityTokens

    tokens = ManagedIdentityTokens(settings.graph_root, settings.identity_client_id)
    held = roles_of(tokens.token()) or frozenset()
    if lacks := missing(sorted(needed), held):
        return Step(
            name,
            "failed",
            f"The token lacks {', '.join(lacks)}. Grant them with"
            " infra/scripts/grant_graph_permissions.py; it may take up to a day until new tokens"
            " contain them.",
        )
    more = f" It has more than it needs: {', '.join(sorted(held - needed))}."
    return Step(
        name, "ok", f"The token has every permission that is needed.{more if held - needed else ''}"
    )


def _target(feed: Feed, settings: Settings, around: DoctorEnvironment) -> Step:
    name = f"target of {feed.name}"
    if PERMISSIONS[feed.target] and not _has_identity(around):
        wrong = "It can be checked only where the app runs."
        return Step(name, "skipped", wrong, vital=True)
    readiness = around.targets(feed, settings).readiness()
    state: Literal["ok", "failed"] = "failed" if readiness.state == "failed" else "ok"
    return Step(name, state, readiness.detail)


def _has_identity(around: DoctorEnvironment) -> bool:
    return bool(around.environment.get("IDENTITY_ENDPOINT"))
