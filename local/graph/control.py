"""The client of the simulator's control API, for tests and the demonstration."""

import base64
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self, TypedDict, Unpack
from uuid import uuid4

import httpx
import msgspec

from local.graph.documents import Announcement, Counter, Drop, Entry, Fault, Step, SyncError, When
from local.graph.industry_documents import FileFormat, Location, PublicError, StatisticsShape

_ROOT = Path(__file__).parents[2]
_STOP_SECONDS = 10


class ProfileOptions(TypedDict, total=False):
    """The fields of ProfileSettings, documented there."""

    display_name: str
    states: Sequence[Step | str]
    sync: Sequence[Step | str]
    idle_status: str
    status_message: str
    sync_errors: Sequence[SyncError]
    page_size: int
    upload_url_status: Literal[200, 201]
    sas_seconds: float
    sas_writes: bool
    busy_seconds: float
    refusal_status: Literal[200, 400]
    data_provider: str
    never_synced: bool


class InboundFlowOptions(TypedDict, total=False):
    """The fields of InboundFlowSettings, documented there."""

    display_name: str
    connector_name: str
    file_format: FileFormat
    readiness: Sequence[Step | str]
    validation: Sequence[Step | str]
    errors: Sequence[PublicError]
    warnings: Sequence[PublicError]
    session_seconds: float
    container_seconds: float
    location: Location
    external_resource: bool
    retry_after: str
    unseen_polls: int


class RunOptions(TypedDict, total=False):
    """The fields of RunSettings, documented there."""

    operation: Sequence[Step | str]
    run: Sequence[Step | str]
    statistics: StatisticsShape
    errors: int
    warnings: int
    blocking_error: PublicError | None
    starts_allowed: int
    window_hours: float
    location: Location
    external_resource: bool
    retry_after: str
    unseen_polls: int
    page_size: int
    limit_message: str
    throttled: int


class InboundFlow(NamedTuple):
    """The ids of an inbound flow and of its data connector."""

    flow: str
    connector: str


class GraphSimulator:
    """A client of a running simulator, made from its announcement."""

    def __init__(self, announcement: Announcement) -> None:
        self.graph_root = announcement.url
        self.identity_endpoint = announcement.identity_endpoint
        self.identity_header = announcement.identity_header
        self.data_lake = announcement.data_lake
        self._client = httpx.Client(base_url=f"{announcement.url}/sim", timeout=30, trust_env=False)

    @classmethod
    @contextmanager
    def start(cls, connection_string: str, *options: str) -> Iterator[Self]:
        """Start a simulator in a separate process, which ends with the block or with this process.

        `options` are command-line options.
        """
        process = _launch(connection_string, options)
        try:
            simulator = cls(_announcement(process))
            with simulator._client:
                yield simulator
        finally:
            _end(process)

    def create_profile(
        self, profile_id: str | None = None, **options: Unpack[ProfileOptions]
    ) -> str:
        """Create or replace a profile. Returns its id, a new GUID unless one is given."""
        profile_id = profile_id or str(uuid4())
        self._send("POST", "/profiles", {"id": profile_id, **options})
        return profile_id

    def change_profile(self, profile_id: str, **options: Unpack[ProfileOptions]) -> None:
        """Change the given options only. A new `sync` script applies from the next start on."""
        self._send("PATCH", f"/profiles/{profile_id}", options)

    def begin_sync(self, profile_id: str) -> None:
        """Begin a sync of a profile without a start request, as from the portal."""
        self._send("POST", f"/profiles/{profile_id}/sync")

    def create_inbound_flow(
        self,
        flow_id: str | None = None,
        connector_id: str | None = None,
        **options: Unpack[InboundFlowOptions],
    ) -> InboundFlow:
        """Create an inbound flow with its data connector. Ids are new unless given."""
        ids = InboundFlow(flow_id or str(uuid4()), connector_id or str(uuid4()))
        body = {"id": ids.flow, "connector_id": ids.connector, **options}
        self._send("POST", "/inbound-flows", body)
        return ids

    def change_inbound_flow(self, flow_id: str, **options: Unpack[InboundFlowOptions]) -> None:
        """Change the given options only. Existing operations do not change."""
        self._send("PATCH", f"/inbound-flows/{flow_id}", options)

    def change_runs(self, **options: Unpack[RunOptions]) -> None:
        """Change the given options of the tenant's runs only."""
        self._send("PATCH", "/runs", options)

    def begin_scheduled_run(self) -> str:
        """Begin a run without a start request, as the service does every 12 hours; its id."""
        body = self._send("POST", "/runs")
        return msgspec.json.decode(body, type=dict[str, str])["id"]

    def advance_clock(self, seconds: float) -> None:
        """Advance the clock that expires sessions and containers and limits starts."""
        self._send("POST", "/clock", {"seconds": seconds})

    def fault(
        self,
        operation: str,
        *,
        times: int = 1,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        body: str = "",
        delay: float = 0,
        drop: When | None = None,
        reset: bool = False,
        when: When = "before",
    ) -> None:
        """Queue a fault for the next requests of one operation.

        `status` with `headers` and `body` replaces the answer. `when` says whether this happens
        before or after the operation takes effect. `drop` closes the connection without an answer,
        `reset` by a TCP reset. `delay`, in seconds, comes first. Operations:
        token; list_profiles, get_profile, upload_url, start, profile_status, errors;
        list_inbound_flows, get_inbound_flow, list_data_connectors, get_data_connector,
        get_upload_session, validate, validate_inbound_flow, get_operation, runs_start, list_runs,
        get_run, get_statistics; lake_create, lake_append, lake_flush, lake_other.
        """
        kind: Drop = "" if drop is None else "reset" if reset else "eof"
        fault = Fault(
            operation=operation,
            times=times,
            when=drop or when,
            delay=delay,
            drop=kind,
            status=status,
            headers=dict(headers or {}),
            body=body,
        )
        self._send("POST", "/faults", fault)

    def change_identity(
        self,
        *,
        roles: Sequence[str] | None = None,
        lifetime_seconds: int | None = None,
        late_roles: Sequence[str] | None = None,
        late_tokens: int | None = None,
    ) -> None:
        """Change the tokens issued from now on. Tokens already issued do not change."""
        changes = {
            "roles": roles,
            "lifetime_seconds": lifetime_seconds,
            "late_roles": late_roles,
            "late_tokens": late_tokens,
        }
        given = {name: value for name, value in changes.items() if value is not None}
        self._send("PATCH", "/identity", given)

    def revoke_tokens(self) -> int:
        """Invalidate every issued token. Returns how many were valid until now."""
        return msgspec.json.decode(self._send("POST", "/tokens/revoke"), type=dict[str, int])[
            "revoked"
        ]

    def journal(self, operation: str | None = None) -> list[Entry]:
        """All requests so far, or those of one operation, in order of arrival."""
        entries = msgspec.json.decode(self._send("GET", "/journal"), type=list[Entry])
        return [entry for entry in entries if operation in {None, entry.operation}]

    def count(self, operation: str, *, effective: bool = False) -> int:
        """The number of requests of an operation, or of those that took effect."""
        counters = msgspec.json.decode(self._send("GET", "/counters"), type=dict[str, Counter])
        counter = counters.get(operation, Counter())
        return counter.effective if effective else counter.requests

    def leaks(self) -> list[Entry]:
        """The requests that sent a bearer token to a host other than Graph's."""
        return [entry for entry in self.journal() if entry.leak]

    def uploaded(self, owner_id: str) -> dict[str, bytes]:
        """The uploaded files of a profile or a data connector, by name."""
        body = self._send("GET", f"/uploaded/{owner_id}")
        files = msgspec.json.decode(body, type=dict[str, str])
        return {name: base64.b64decode(content) for name, content in files.items()}

    def reset(self) -> None:
        """Clear all state except addresses, identity header and stored files."""
        self._send("POST", "/reset")

    def _send(self, method: str, path: str, body: Any = None) -> bytes:
        content = None if body is None else msgspec.json.encode(body)
        response = self._client.request(method, path, content=content)
        if response.is_error:
            raise ValueError(f"The simulator refused {method} {path}: {response.text}")
        return response.content


def _launch(connection_string: str, options: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "local.graph", "--until-stdin-closes", *options],
        cwd=_ROOT,
        env={**os.environ, "AZURITE_CONNECTION": connection_string},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def _announcement(process: subprocess.Popen[bytes]) -> Announcement:
    line = process.stdout.readline() if process.stdout else b""
    if not line:
        raise RuntimeError(
            "The Graph simulator ended before it listened. Its own words stand on standard error;"
            " start it by hand with python -m local.graph --connection-string ... to see more."
        )
    return msgspec.json.decode(line, type=Announcement)


def _end(process: subprocess.Popen[bytes]) -> None:
    with process:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
