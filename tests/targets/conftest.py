"""The adapters over real HTTP: a Graph simulator of their own, a real token, real storage."""

from collections.abc import Callable, Iterator

import httpx
import pytest
from azure.storage.blob import ContainerClient

from local.graph.control import GraphSimulator, InboundFlow
from local.storage import Azurite
from sync_core.delivery.start_once import StartOnce, StartRecord
from sync_core.delivery.verification import VerifyOnce
from sync_core.results.store import ResultsStore
from sync_core.targets import StartAnswer, Target, UploadFile
from sync_core.targets.blob_upload import UploadAddressRule
from sync_core.targets.classic import Classic
from sync_core.targets.graph import GraphClient
from sync_core.targets.industry_data.adapter import IndustryData
from tests.unit.industry_kit import OneToken, industry_feed
from tests.unit.product_kit import EXPORT, InMemoryUploadLog

NOW = 1_000.0
"""When steps are asked, by the orchestration's clock, which need not be right."""


@pytest.fixture(scope="session")
def simulator(azurite: Azurite) -> Iterator[GraphSimulator]:
    with GraphSimulator.start(azurite.connection_string) as running:
        yield running


@pytest.fixture
def graph(simulator: GraphSimulator) -> GraphSimulator:
    simulator.reset()
    return simulator


@pytest.fixture
def client(graph: GraphSimulator) -> GraphClient:
    """The product's client, with a token of the simulator."""
    answer = httpx.get(
        graph.identity_endpoint,
        params={"api-version": "2019-08-01", "resource": "https://graph.microsoft.com"},
        headers={"X-IDENTITY-HEADER": graph.identity_header},
        trust_env=False,
    )
    return GraphClient(graph.graph_root, OneToken(answer.json()["access_token"]))


@pytest.fixture
def store(azurite: Azurite, unique_name: Callable[[str], str]) -> Iterator[ResultsStore]:
    with ContainerClient.from_connection_string(
        azurite.connection_string, unique_name("results")
    ) as container:
        container.create_container()
        yield ResultsStore(container)


class Starting:
    """The start of one generation, asked for as the activity asks."""

    def __init__(self, store: ResultsStore, target: Target) -> None:
        self._once = StartOnce(store, "feed/run/steps/start.json", target)

    def ask(self, after: float = 0.0) -> StartAnswer:
        """`after` is in seconds of the orchestration's clock."""
        return self._once.answer(now=NOW + after, current=lambda: True)

    @property
    def record(self) -> StartRecord:
        record = self._once.record()
        assert record is not None
        return record


class OnProfile(Starting):
    """The start of a generation on a profile of its own."""

    def __init__(self, store: ResultsStore, client: GraphClient, graph: GraphSimulator) -> None:
        self.profile = graph.create_profile()
        addresses = UploadAddressRule("127.0.0.1", graph.graph_root)
        self.target = Classic(self.profile, client, addresses)
        super().__init__(store, self.target)
        self.target.upload(
            [_file(name, text) for name, text in EXPORT.items()], InMemoryUploadLog()
        )


def _file(name: str, text: str) -> UploadFile:
    return UploadFile(name, len(text), lambda: iter([text.encode()]))


class OnFlow(Starting):
    """The start of a generation on an inbound flow of its own."""

    def __init__(self, store: ResultsStore, client: GraphClient, graph: GraphSimulator) -> None:
        self.flow: InboundFlow = graph.create_inbound_flow(file_format="schoolDataSyncV1")
        feed = industry_feed(flow=self.flow.flow)
        addresses = UploadAddressRule("127.0.0.1", graph.graph_root)
        self.target = IndustryData(feed, client, addresses)
        super().__init__(store, self.target)
        self._verifying = VerifyOnce(store, "feed/run/steps/verify.json", self.target)

    def verify(self, after: float = 0.0) -> str:
        def upload_again() -> None:
            raise AssertionError("Nothing has to be uploaded again.")

        return self._verifying.verification(upload_again, now=NOW + after).state


@pytest.fixture
def classic(store: ResultsStore, client: GraphClient, graph: GraphSimulator) -> OnProfile:
    return OnProfile(store, client, graph)


@pytest.fixture
def industry(store: ResultsStore, client: GraphClient, graph: GraphSimulator) -> OnFlow:
    return OnFlow(store, client, graph)
