"""Containers of one test on the storage that all tests share."""

import socket
from collections.abc import Callable, Iterator

import pytest
from azure.storage.blob import ContainerClient

from local.storage import Azurite

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
    """A port of this machine where nobody answers, and nobody else can begin to."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]
