"""Fixtures of the unit tests: containers in the shared storage, logs, and a harness."""

import logging
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from azure.storage.blob import ContainerClient, ContainerSasPermissions, generate_container_sas

from local.storage import ACCOUNT, KEY, Azurite
from sync_core.model.redaction import redact_logs
from tests.unit.product_kit import ActivityHarness

NewContainer = Callable[[str], ContainerClient]


@pytest.fixture
def new_container(
    azurite: Azurite, unique_name: Callable[[str], str]
) -> Iterator[Callable[[str], ContainerClient]]:
    """A function from a prefix to an empty container."""
    opened: list[ContainerClient] = []

    def new(prefix: str) -> ContainerClient:
        container = ContainerClient.from_connection_string(
            azurite.connection_string, unique_name(prefix)
        )
        opened.append(container)
        container.create_container()
        return container

    yield new
    for container in opened:
        container.close()


@pytest.fixture
def landing_container(new_container: NewContainer) -> ContainerClient:
    """An empty landing container."""
    return new_container("landing")


@pytest.fixture
def results_container(new_container: NewContainer) -> ContainerClient:
    """An empty results container."""
    return new_container("results")


@pytest.fixture
def dead_port() -> Iterator[int]:
    """A port of this machine on which nothing listens, reserved for the test."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.fixture
def dead_proxies(monkeypatch: pytest.MonkeyPatch, dead_port: int) -> None:
    """An environment whose proxies do not answer: who reads them reaches nothing."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{dead_port}")
        monkeypatch.setenv(name.lower(), f"http://127.0.0.1:{dead_port}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)


@pytest.fixture
def every_log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """The log records of every library at every level, redacted as in the app."""
    made = logging.getLogRecordFactory()
    caplog.set_level(logging.DEBUG)
    redact_logs()
    yield caplog
    logging.setLogRecordFactory(made)


@pytest.fixture
def signed(azurite: Azurite, new_container: NewContainer) -> Callable[..., str]:
    """A function that returns the signed URL of a container, a new one by default.

    By default the signature permits writing. It expires in `ends_in` seconds.
    """
    write = ContainerSasPermissions(write=True)

    def address(
        container: ContainerClient | None = None,
        *,
        ends_in: float = 600,
        permission: ContainerSasPermissions = write,
    ) -> str:
        chosen = container or new_container("upload")
        now = datetime.now(UTC)
        signature = generate_container_sas(
            ACCOUNT,
            chosen.container_name,
            account_key=KEY,
            permission=permission,
            start=now - timedelta(hours=1),
            expiry=now + timedelta(seconds=ends_in),
        )
        return f"{chosen.url}?{signature}"

    return address


@pytest.fixture
def new_harness(azurite: Azurite, new_container: NewContainer) -> Callable[..., ActivityHarness]:
    """A function from feed settings to a harness on real storage. The feed is `northwind`."""
    kinds = ("landing", "results", "decisions", "state")
    return lambda **feed: ActivityHarness(
        azurite.connection_string, *(new_container(kind) for kind in kinds), **feed
    )


@pytest.fixture
def harness(new_harness: Callable[..., ActivityHarness]) -> ActivityHarness:
    """A harness whose feed has the default settings."""
    return new_harness()
