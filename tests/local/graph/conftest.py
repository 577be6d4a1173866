"""A simulator per test process, and HTTP clients for it, with a token or without."""

from collections.abc import Callable, Iterator, Mapping

import httpx
import pytest
from azure.storage.blob import ContainerClient

from local.graph.control import GraphSimulator
from local.storage import Azurite
from tests.local.graph.lake_kit import LakeCaller

GOOD_FILES = {
    "School.csv": "SIS ID,Name\nS1,North\n",
    "Section.csv": "SIS ID,School SIS ID,Section Name\nC1,S1,Maths\n",
    "Student.csv": "SIS ID,School SIS ID,Username\nP1,S1,ada\n",
    "StudentEnrollment.csv": "Section SIS ID,SIS ID\nC1,P1\n",
    "Teacher.csv": "SIS ID,School SIS ID,Username\nT1,S1,alan\n",
    "TeacherRoster.csv": "Section SIS ID,SIS ID\nC1,T1\n",
}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "graph_sdk: holds the simulator to Microsoft's own SDK")


@pytest.fixture(scope="session")
def simulator(azurite: Azurite) -> Iterator[GraphSimulator]:
    with GraphSimulator.start(azurite.connection_string) as running:
        yield running


@pytest.fixture
def graph(simulator: GraphSimulator) -> GraphSimulator:
    simulator.reset()
    return simulator


@pytest.fixture(scope="session")
def wire() -> Iterator[httpx.Client]:
    """One client for all tests, because each new client loads all CA certificates."""
    with httpx.Client(trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture
def new_token(graph: GraphSimulator, wire: httpx.Client) -> Callable[[], str]:
    def new() -> str:
        answer = wire.get(
            graph.identity_endpoint,
            params={"api-version": "2019-08-01", "resource": "https://graph.microsoft.com"},
            headers={"X-IDENTITY-HEADER": graph.identity_header},
        )
        return str(answer.json()["access_token"])

    return new


@pytest.fixture
def profiles(graph: GraphSimulator, wire: httpx.Client) -> httpx.Client:
    """A client without a token, at the root of the profiles."""
    wire.base_url = httpx.URL(f"{graph.graph_root}/beta/education/synchronizationProfiles")
    wire.headers.pop("Authorization", None)
    return wire


@pytest.fixture
def caller(profiles: httpx.Client, new_token: Callable[[], str]) -> httpx.Client:
    """A client with a valid token, at the root of the profiles."""
    profiles.headers["Authorization"] = f"Bearer {new_token()}"
    return profiles


@pytest.fixture
def industry(graph: GraphSimulator, caller: httpx.Client) -> httpx.Client:
    """A client with a valid token, at the root of the Industry Data API."""
    caller.base_url = httpx.URL(f"{graph.graph_root}/beta/external/industryData")
    return caller


@pytest.fixture(scope="session")
def lake() -> Iterator[LakeCaller]:
    """A client of the Data Lake, without a token."""
    with httpx.Client(trust_env=False, timeout=30) as client:
        yield LakeCaller(client)


@pytest.fixture
def open_session(industry: httpx.Client) -> Callable[[str], str]:
    """A function from a data connector's id to the URL of a new, empty upload session."""

    def open_one(connector_id: str) -> str:
        kind = "microsoft.graph.industryData.azureDataLakeConnector"
        path = f"/dataConnectors/{connector_id}/{kind}/getUploadSession?resetSession=true"
        return str(industry.get(path).json()["sessionUrl"])

    return open_one


@pytest.fixture
def upload(caller: httpx.Client) -> Callable[[str, Mapping[str, str]], None]:
    """Uploads files to a profile with the Azure SDK and the upload URL."""

    def put(profile_id: str, files: Mapping[str, str]) -> None:
        location = caller.get(f"/{profile_id}/uploadUrl").json()["value"]
        with ContainerClient.from_container_url(location) as container:
            for name, text in files.items():
                container.upload_blob(name, text.encode(), overwrite=True)

    return put


@pytest.fixture
def good_files() -> dict[str, str]:
    """A set of six files whose verification gives no message."""
    return dict(GOOD_FILES)
