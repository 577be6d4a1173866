"""Microsoft's SDK calls the simulator, and its objects contain everything that was answered.

This checks our reading of the documentation with code that is not this project's. To run it alone:
.venv/bin/python -m pytest -m graph_sdk
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from local.graph.control import GraphSimulator, InboundFlow
from local.graph.industry_documents import ErrorDetail, InnerError, PublicError
from tests.local.graph.lake_kit import V2, LakeCaller
from tests.local.graph.sdk_kit import MODELS, GraphSdk, load, lost

pytestmark = [
    pytest.mark.graph_sdk,
    # The generated part of the SDK uses functions that its other part has deprecated.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

OpenSession = Callable[[str], str]
Ask = Callable[[Callable[[Any], Coroutine[Any, Any, Any]]], tuple[Any, dict[str, Any]]]
PROBLEM = PublicError(
    "HeaderNotFound",
    "The header was not found",
    "orgs.csv",
    [ErrorDetail("Detail", "In detail", "name")],
    InnerError("Inner", "Within", "orgs.csv", [ErrorDetail("Deep", "Deeper", "type")]),
)


@pytest.fixture
def ask(graph: GraphSimulator, new_token: Callable[[], str]) -> Ask:
    """Makes one call through the SDK. Returns its object and the raw document."""

    def once(call: Callable[[Any], Coroutine[Any, Any, Any]]) -> tuple[Any, dict[str, Any]]:
        async def run() -> tuple[Any, dict[str, Any]]:
            sdk = GraphSdk(graph.graph_root, new_token())
            try:
                model = await call(sdk.industry)
            finally:
                await sdk.close()
            return model, sdk.raw or {"Location": sdk.headers.get("Location")}

        return asyncio.run(run())

    return once


@pytest.fixture
def ids(graph: GraphSimulator, open_session: OpenSession, lake: LakeCaller) -> InboundFlow:
    """A flow with uploaded files, of which an optional one is missing."""
    ids = graph.create_inbound_flow(validation=["succeeded"], errors=[PROBLEM])
    files = {name: text for name, text in V2.items() if name != "classes.csv"}
    lake.upload(open_session(ids.connector), files)
    return ids


def expanding(module: str, builder: str, member: str) -> Any:
    """The configuration of a request with $expand of one member."""
    root = load(f"msgraph_beta.generated.external.industry_data.{module}")
    query = getattr(getattr(root, builder), f"{builder}GetQueryParameters")(expand=[member])
    configuration = load("kiota_abstractions.base_request_configuration")
    return configuration.RequestConfiguration(query_parameters=query)


def test_a_flow_with_its_connector_is_read_whole(ask: Ask, ids: InboundFlow) -> None:
    module = "inbound_flows.item.inbound_flow_item_request_builder"
    wanted = expanding(module, "InboundFlowItemRequestBuilder", "dataConnector")
    model, document = ask(lambda api: api.inbound_flows.by_inbound_flow_id(ids.flow).get(wanted))
    assert lost(document, model) == []
    assert type(model).__name__ == "InboundFileFlow"
    assert type(model.data_connector).__name__ == "AzureDataLakeConnector"
    assert model.data_connector.file_format.code == "schoolDataSyncV2Rev1"


def test_lists_of_flows_connectors_and_runs_are_read_whole(
    graph: GraphSimulator, ask: Ask, ids: InboundFlow
) -> None:
    graph.begin_scheduled_run()
    for entities in ("inbound_flows", "data_connectors", "runs"):
        model, document = ask(lambda api, name=entities: getattr(api, name).get())  # type: ignore[misc]
        assert len(document["value"]) == 1
        assert lost(document, model) == []


def test_a_connector_is_read_whole(ask: Ask, ids: InboundFlow) -> None:
    model, document = ask(
        lambda api: api.data_connectors.by_industry_data_connector_id(ids.connector).get()
    )
    assert lost(document, model) == []
    assert type(model).__name__ == "AzureDataLakeConnector"


def test_a_validation_is_requested_and_its_operation_is_read_whole(
    ask: Ask, ids: InboundFlow
) -> None:
    _, accepted = ask(
        lambda api: api.data_connectors.by_industry_data_connector_id(
            ids.connector
        ).microsoft_graph_industry_data_validate.post()
    )
    operation = accepted["Location"].rsplit("/", 1)[1]
    model, document = ask(lambda api: api.operations.by_long_running_operation_id(operation).get())
    assert lost(document, model) == []
    assert type(model).__name__ == "FileValidateOperation"
    assert [len(model.errors), len(model.warnings), len(model.validated_files)] == [1, 1, 4]
    assert model.errors[0].inner_error.details[0].code == "Deep"


def test_a_run_is_started_and_its_operation_is_read_whole(graph: GraphSimulator, ask: Ask) -> None:
    _, accepted = ask(lambda api: api.runs.microsoft_graph_industry_data_start.post())
    assert graph.count("runs_start", effective=True) == 1
    operation = accepted["Location"].rsplit("/", 1)[1]
    model, document = ask(lambda api: api.operations.by_long_running_operation_id(operation).get())
    assert lost(document, model) == []
    assert type(model).__name__ == "LongRunningOperation"


@pytest.mark.parametrize("word", ["running", "completedWithErrors"])
def test_a_run_with_its_activities_is_read_whole(
    graph: GraphSimulator, ask: Ask, ids: InboundFlow, word: str
) -> None:
    graph.change_runs(run=[word], blocking_error=PROBLEM)
    run_id = graph.begin_scheduled_run()
    module = "runs.item.industry_data_run_item_request_builder"
    wanted = expanding(module, "IndustryDataRunItemRequestBuilder", "activities")
    model, document = ask(lambda api: api.runs.by_industry_data_run_id(run_id).get(wanted))
    assert lost(document, model) == []
    assert type(model.activities[0]).__name__ == "InboundFlowActivity"


def test_typed_statistics_are_read_whole_and_the_sample_shapes_are_not(
    graph: GraphSimulator, industry: httpx.Client, ask: Ask, ids: InboundFlow
) -> None:
    graph.change_inbound_flow(ids.flow, errors=[])
    industry.post(f"/dataConnectors/{ids.connector}/validate")
    run_id = graph.begin_scheduled_run()

    def statistics() -> list[str]:
        model, document = ask(
            lambda api: api.runs.by_industry_data_run_id(
                run_id
            ).microsoft_graph_industry_data_get_statistics.get()
        )
        return lost(document, model)

    assert statistics() == []
    graph.change_runs(statistics="plain")
    assert statistics() == [
        f"activityStatistics[{number}].{name}" for number in (0, 1) for name in ("role", "count")
    ]
    graph.change_runs(statistics="metric")
    totals = ("organizations", "people", "groups", "memberships")
    assert statistics() == [f"inboundTotals.{name}" for name in totals]


@pytest.mark.parametrize(
    ("module", "kind", "words"),
    [
        (
            "industry_data.readiness_status",
            "ReadinessStatus",
            {"notReady", "ready", "failed", "disabled", "expired"},
        ),
        (
            "long_running_operation_status",
            "LongRunningOperationStatus",
            {"notStarted", "running", "succeeded", "failed"},
        ),
        (
            "industry_data.industry_data_run_status",
            "IndustryDataRunStatus",
            {"running", "failed", "completed", "completedWithErrors", "completedWithWarnings"},
        ),
    ],
)
def test_the_words_of_each_status_are_those_that_the_sdk_knows(
    module: str, kind: str, words: set[str]
) -> None:
    known = getattr(load(f"{MODELS}.{module}"), kind)
    assert {member.value for member in known} == words | {"unknownFutureValue"}


def test_an_error_is_raised_with_its_code_and_message(ask: Ask, graph: GraphSimulator) -> None:
    error = load(f"{MODELS}.o_data_errors.o_data_error").ODataError
    with pytest.raises(error) as refusal:
        ask(lambda api: api.runs.by_industry_data_run_id("nothing").get())
    assert refusal.value.error.code == "Request_ResourceNotFound"
    assert refusal.value.response_status_code == 404


def test_the_data_lake_client_uploads_in_parallel_pieces_to_a_session(
    graph: GraphSimulator, open_session: OpenSession
) -> None:
    ids = graph.create_inbound_flow()
    session = urlsplit(open_session(ids.connector))
    file_system, directory = session.path.strip("/").split("/", 1)
    content = bytes(range(256)) * 1000
    client = load("azure.storage.filedatalake").DataLakeFileClient(
        f"{session.scheme}://{session.netloc}",
        file_system,
        f"{directory}/orgs.csv",
        credential=session.query,
    )
    with client:
        client.upload_data(content, overwrite=True, chunk_size=20_000, max_concurrency=4)
    assert graph.uploaded(ids.connector) == {"orgs.csv": content}
    assert graph.count("lake_append") == 13
