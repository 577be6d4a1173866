"""The doctor's checks of the data storage: access is what the app or an operator needs, no more.

The app reads exports, and writes results, decisions and baselines. Operators read results and write
decisions. They must not write results, because the record of a start is one of them, and must not
read baselines.
"""

import email.utils
import importlib.util
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import uuid4

from azure.core.exceptions import AzureError
from azure.storage.blob import ContainerClient

from sync_core.cli.doctor.faults import Resource, storage_answers, unreachable
from sync_core.cli.doctor.steps import DoctorEnvironment, Step, asked
from sync_core.cli.runs.records import READ_RESULTS, WRITE_DECISIONS, Needed
from sync_core.model.errors import AccessDeniedError
from sync_core.model.feeds import Settings
from sync_core.storage import Storage, managed_identity

CLOCK_SECONDS = 300
"""Tokens are refused if this machine's clock differs by more."""

STORAGE_SCOPE = "https://storage.azure.com/.default"
PROBE_HIDDEN_SECONDS = 60

QUEUE_ROLE = "Storage Queue Data Contributor"
Check = tuple[str, Callable[[], Step]]
OPERATORS = f"members of the group that {READ_RESULTS.setting} names have it"


def storage_steps(
    settings: Settings, storage: Storage, around: DoctorEnvironment
) -> Iterator[Step]:
    """Check what the app may do, or what the operator may do whose sign-in is used.

    Raises StorageUnreachableError after the step that finds it.
    """
    dates: list[str] = []
    yield asked("sign-in", lambda: sign_in(around), around.step_seconds)
    checks = app_checks if around.credential is None else operator_checks
    for name, check in checks(storage, dates):
        yield asked(name, check, around.storage_seconds, unreachable())
    yield clock(dates)
    queue = partial(_queue, settings, around)
    yield asked("results queue", queue, around.storage_seconds, unreachable())


def sign_in(around: DoctorEnvironment) -> Step:
    if around.credential is None:
        return Step(
            "sign-in", "skipped", "Not needed: the connection string or managed identity is used."
        )
    try:
        around.credential.get_token(STORAGE_SCOPE)
    except AzureError:
        return Step("sign-in", "failed", "You are not signed in. Run az login or azd auth login.")
    return Step("sign-in", "ok", "Storage is checked with your sign-in, not the app's.")


def app_checks(storage: Storage, dates: list[str]) -> Iterator[Check]:
    """What the app does with each container. `dates` receives storage's own time."""
    name, landing = "landing container", _container(storage.landing, "SIS_LANDING_CONTAINER")
    yield name, lambda: _listed(name, storage.landing, landing)
    for each, container, setting in (
        ("results container", storage.results, "SIS_RESULTS_CONTAINER"),
        ("decisions container", storage.decisions, "SIS_DECISIONS_CONTAINER"),
        ("state container", storage.state, "SIS_STATE_CONTAINER"),
    ):
        yield each, partial(_written, each, container, _container(container, setting), dates)


def operator_checks(storage: Storage, dates: list[str]) -> Iterator[Check]:
    """What an operator does with each container. `dates` receives storage's own time."""
    skipped = Step("landing container", "skipped", "Only the app may read exports.")
    yield "landing container", lambda: skipped
    yield "results container", lambda: _results_of_operator(storage.results, dates)
    yield "decisions container", lambda: _decisions_of_operator(storage.decisions, dates)
    yield "state container", lambda: _state_of_operator(storage.state)


def _container(container: ContainerClient, setting: str) -> Resource:
    return Resource("container", container.container_name, setting)


def _results_of_operator(container: ContainerClient, dates: list[str]) -> Step:
    name, where = "results container", _container(container, "SIS_RESULTS_CONTAINER")
    try:
        _list(container, where)
    except AccessDeniedError:
        return Step(name, "failed", _lacks("read", where, READ_RESULTS))
    try:
        _write(container, where, dates)
    except AccessDeniedError:
        return Step(name, "ok", f"You can read {where.name}, and not write to it.")
    return Step(
        name,
        "failed",
        f"You can write to {where.name}, so you can delete the record of a start, and a sync could"
        f" start twice. Give your account the role {READ_RESULTS.role} there instead.",
    )


def _decisions_of_operator(container: ContainerClient, dates: list[str]) -> Step:
    name, where = "decisions container", _container(container, "SIS_DECISIONS_CONTAINER")
    try:
        return _written(name, container, where, dates)
    except AccessDeniedError:
        return Step(name, "failed", _lacks("write to", where, WRITE_DECISIONS))


def _lacks(use: str, where: Resource, needed: Needed) -> str:
    return f"You may not {use} {where.name}. You need the role {needed.role} there; {OPERATORS}."


def _state_of_operator(container: ContainerClient) -> Step:
    name, where = "state container", _container(container, "SIS_STATE_CONTAINER")
    with suppress(AccessDeniedError):
        _list(container, where)
        wrong = f"You can read {where.name}, which only the app may read. Remove your role there."
        return Step(name, "failed", wrong)
    return Step(name, "ok", f"You cannot read {where.name}.")


def _listed(name: str, container: ContainerClient, where: Resource) -> Step:
    _list(container, where)
    return Step(name, "ok", f"{where.name} can be listed.")


def _written(name: str, container: ContainerClient, where: Resource, dates: list[str]) -> Step:
    _write(container, where, dates)
    return Step(name, "ok", f"{where.name} can be written to.")


def _list(container: ContainerClient, where: Resource) -> None:
    with storage_answers(where):
        next(iter(container.list_blobs(results_per_page=1)), None)


def _write(container: ContainerClient, where: Resource, dates: list[str]) -> None:
    """Write a blob and delete it. Storage's own time is noted even if it refuses."""

    def note(response: Any) -> None:
        dates.append(response.http_response.headers.get("Date", ""))

    # No feed has a name that begins with an underscore.
    name = f"_doctor/{uuid4().hex}.json"
    with storage_answers(where):
        container.upload_blob(name, b"{}", raw_response_hook=note)
        container.delete_blob(name)


def clock(dates: list[str]) -> Step:
    there = email.utils.parsedate_to_datetime(dates[0]) if any(dates) else None
    if there is None:
        return Step(
            "clock", "skipped", "Storage did not answer, so there is no clock to compare with."
        )
    off = abs((datetime.now(UTC) - there).total_seconds())
    if off > CLOCK_SECONDS:
        wrong = f"This clock differs from storage's by {off:.0f} s. Set it, or tokens are refused."
        return Step("clock", "failed", wrong)
    return Step("clock", "ok", f"Differs from storage's by less than {CLOCK_SECONDS} s.")


def _queue(settings: Settings, around: DoctorEnvironment) -> Step:
    if around.credential is not None:
        return Step("results queue", "skipped", "Only the app may write to it.")
    if importlib.util.find_spec("azure.storage.queue") is None:
        return Step(
            "results queue",
            "skipped",
            "azure-storage-queue is not installed. Run pip install 'sis-sync[ops]'.",
            vital=True,
        )
    where = Resource("queue", settings.results_queue, "SIS_RESULTS_QUEUE", QUEUE_ROLE)
    with storage_answers(where), _queue_client(settings, around) as queue:
        # Hidden from everybody until it is deleted again.
        probe = queue.send_message("", visibility_timeout=PROBE_HIDDEN_SECONDS, time_to_live=120)
        queue.delete_message(probe)
    return Step("results queue", "ok", f"{settings.results_queue} can be written to.")


def _queue_client(settings: Settings, around: DoctorEnvironment) -> Any:
    from azure.storage.queue import QueueClient

    if settings.storage:
        return QueueClient.from_connection_string(settings.storage, settings.results_queue)
    address = around.environment.get("SIS_STORAGE__queueServiceUri", "")
    credential = managed_identity(settings.storage_client_id)
    return QueueClient(address, settings.results_queue, credential=credential)
