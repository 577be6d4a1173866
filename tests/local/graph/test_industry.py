"""The Industry Data API's flows, connectors and sessions, and their permissions."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from local.graph.control import GraphSimulator
from local.graph.documents import Step
from tests.local.graph.lake_kit import LakeCaller, operation_of

OpenSession = Callable[[str], str]
GUID = "5" * 8 + "-4444-4444-4444-" + "1" * 12
KIND = "microsoft.graph.industryData.azureDataLakeConnector"


def test_an_inbound_flow_has_the_documented_shape(
    graph: GraphSimulator, industry: httpx.Client
) -> None:
    ids = graph.create_inbound_flow(display_name="District", connector_name="CSV")
    flow = industry.get(f"/inboundFlows/{ids.flow}", params={"$expand": "dataConnector"}).json()
    context = f"{graph.graph_root}/beta/$metadata#external/industryData/inboundFlows/$entity"
    assert flow.pop("@odata.context") == context
    assert datetime.fromisoformat(flow.pop("effectiveDateTime")) < datetime.now(UTC)
    assert datetime.fromisoformat(flow.pop("expirationDateTime")) > datetime.now(UTC)
    connector = {
        "@odata.type": "#microsoft.graph.industryData.azureDataLakeConnector",
        "id": ids.connector,
        "displayName": "CSV",
        "fileFormat": {"code": "schoolDataSyncV2Rev1"},
    }
    assert flow == {
        "@odata.type": "#microsoft.graph.industryData.inboundFileFlow",
        "id": ids.flow,
        "displayName": "District",
        "readinessStatus": "ready",
        "dataDomain": "educationRostering",
        "dataConnector": connector,
    }
    alone = industry.get(f"/dataConnectors('{ids.connector.upper()}')").json()
    assert connector == {key: alone[key] for key in connector}
    assert industry.get("/dataConnectors").json()["value"] == [connector]
    assert "dataConnector" not in industry.get(f"/inboundFlows('{ids.flow}')").json()


def test_flows_are_listed_whole_by_name_or_to_a_number(
    graph: GraphSimulator, industry: httpx.Client
) -> None:
    ids = [graph.create_inbound_flow(display_name=name).flow for name in ("A", "O'Hara", "O'Hara")]

    def listed(**query: str) -> list[str]:
        answer = industry.get(
            "/inboundFlows", params={f"${name}": value for name, value in query.items()}
        )
        return [flow["id"] for flow in answer.json()["value"]]

    assert listed() == ids
    assert listed(filter="displayName eq 'O''Hara'") == ids[1:]
    assert listed(filter="displayName eq 'B'") == []
    assert listed(filter="displayName eq 'O''Hara'", top="1") == ids[1:2]
    for bad in ("$filter=displayName", "$top=all"):
        assert industry.get(f"/inboundFlows?{bad}").status_code == 400


def test_readiness_goes_by_polls_of_the_flow_and_any_word_is_returned(
    graph: GraphSimulator, industry: httpx.Client
) -> None:
    ids = graph.create_inbound_flow(readiness=[Step("notReady", polls=2), "someNewWord", "expired"])
    listed = industry.get("/inboundFlows").json()["value"]
    assert listed[0]["readinessStatus"] == "notReady"
    words = [industry.get(f"/inboundFlows/{ids.flow}").json()["readinessStatus"] for _ in range(5)]
    assert words == ["notReady", "notReady", "someNewWord", "expired", "expired"]
    graph.change_inbound_flow(ids.flow, readiness=["ready"])
    assert industry.get(f"/inboundFlows/{ids.flow}").json()["readinessStatus"] == "ready"


@pytest.mark.parametrize(
    "path", ["/inboundFlows/{}", "/dataConnectors/{}", "/operations/{}", "/runs/{}"]
)
def test_what_does_not_exist_is_reported_in_graphs_envelope(
    industry: httpx.Client, path: str
) -> None:
    answer = industry.get(path.format(GUID))
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "Request_ResourceNotFound"
    assert answer.json()["error"]["innerError"]["request-id"] == answer.headers["request-id"]


READ_FLOWS = {"IndustryData-InboundFlow.Read.All", "IndustryData-InboundFlow.ReadWrite.All"}
WRITE_CONNECTORS = {"IndustryData-DataConnector.ReadWrite.All"}
READ_CONNECTORS = {"IndustryData-DataConnector.Read.All"} | WRITE_CONNECTORS
UPLOAD = {"IndustryData-DataConnector.Upload"} | WRITE_CONNECTORS
READ_BASICS = {"IndustryData.ReadBasic.All"}
START_RUNS = {"IndustryData-Run.Start"}
READ_RUNS = {"IndustryData-Run.Read.All"}
EVERY_ROLE = {"EduAdministration.ReadWrite.All"}.union(
    *(READ_FLOWS, READ_CONNECTORS, UPLOAD, READ_BASICS, START_RUNS, READ_RUNS)
)
OPERATIONS = {
    "list_inbound_flows": ("GET", "/inboundFlows", READ_FLOWS),
    "get_inbound_flow": ("GET", "/inboundFlows/{flow}", READ_FLOWS),
    "list_data_connectors": ("GET", "/dataConnectors", READ_CONNECTORS),
    "get_data_connector": ("GET", "/dataConnectors/{connector}", READ_CONNECTORS),
    "get_upload_session": (
        *("GET", f"/dataConnectors/{{connector}}/{KIND}/getUploadSession"),
        UPLOAD,
    ),
    "validate": ("POST", "/dataConnectors/{connector}/validate", UPLOAD),
    "validate_inbound_flow": ("POST", "/inboundFlows/{flow}/dataConnector/validate", UPLOAD),
    "get_operation": ("GET", "/operations/{operation}", READ_BASICS),
    "runs_start": ("POST", "/runs/start", START_RUNS),
    "list_runs": ("GET", "/runs", READ_RUNS),
    "get_run": ("GET", "/runs/{run}", READ_RUNS),
    "get_statistics": ("GET", "/runs/{run}/getStatistics", READ_RUNS),
}


@pytest.fixture
def address_of(graph: GraphSimulator, industry: httpx.Client) -> Callable[[str], tuple[str, str]]:
    """A function from an operation's name to the method and address of an existing one."""
    ids = graph.create_inbound_flow()
    accepted = industry.post(f"/dataConnectors('{ids.connector}')/validate()")
    operation = operation_of(accepted).rsplit("/", 1)[1]
    run = graph.begin_scheduled_run()

    def address(name: str) -> tuple[str, str]:
        method, path, _ = OPERATIONS[name]
        return method, path.format(**ids._asdict(), operation=operation, run=run)

    return address


@pytest.mark.parametrize("operation", OPERATIONS)
def test_each_call_is_open_to_its_documented_roles_and_to_no_other(
    graph: GraphSimulator,
    industry: httpx.Client,
    new_token: Callable[[], str],
    address_of: Callable[[str], tuple[str, str]],
    operation: str,
) -> None:
    method, address = address_of(operation)
    admitted = set()
    for role in EVERY_ROLE:
        graph.change_identity(roles=[role])
        token = {"Authorization": f"Bearer {new_token()}"}
        answer = industry.request(method, address, headers=token)
        assert answer.status_code in {200, 202, 403}
        admitted |= {role} if answer.is_success else set()
    assert admitted == OPERATIONS[operation][2]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_can_be_made_to_fail(
    graph: GraphSimulator,
    industry: httpx.Client,
    address_of: Callable[[str], tuple[str, str]],
    operation: str,
) -> None:
    method, address = address_of(operation)
    before = graph.count(operation, effective=True)
    graph.fault(operation, status=503)
    answers = [industry.request(method, address) for _ in range(2)]
    assert answers[0].status_code == 503
    assert answers[1].is_success
    assert graph.count(operation, effective=True) == before + 1


@pytest.mark.parametrize(
    "form",
    [
        f"/dataConnectors/{{}}/{KIND}/getUploadSession",
        f"/dataConnectors('{{}}')/{KIND}/microsoft.graph.industryData.getUploadSession()",
    ],
)
def test_an_upload_session_is_given_out_under_both_documented_addresses(
    graph: GraphSimulator, industry: httpx.Client, form: str
) -> None:
    ids = graph.create_inbound_flow(session_seconds=600, container_seconds=7200)
    session = industry.get(form.format(ids.connector)).json()
    assert session["@odata.context"].endswith(
        "$metadata#microsoft.graph.industryData.fileUploadSession"
    )
    for name, seconds in [("sessionExpiration", 600), ("containerExpiration", 7200)]:
        left = datetime.fromisoformat(session[f"{name}DateTime"]) - datetime.now(UTC)
        assert timedelta(seconds=seconds - 60) < left <= timedelta(seconds=seconds)
    path = session["sessionUrl"].split("?")[0]
    assert path.startswith(graph.data_lake)
    assert path.endswith(f"/{ids.connector}/{session['containerId']}")
    assert graph.count("get_upload_session", effective=True) == 1


def test_a_session_has_the_leftovers_unless_it_is_reset(
    graph: GraphSimulator, industry: httpx.Client, open_session: OpenSession, lake: LakeCaller
) -> None:
    ids = graph.create_inbound_flow()
    first = open_session(ids.connector)
    lake.upload(first, {"users.csv": "old"})
    graph.advance_clock(3601)
    again = industry.get(f"/dataConnectors/{ids.connector}/{KIND}/getUploadSession").json()
    lake.upload(again["sessionUrl"], {"orgs.csv": "new"})
    assert graph.uploaded(ids.connector) == {"orgs.csv": b"new", "users.csv": b"old"}
    second = open_session(ids.connector)
    assert graph.uploaded(ids.connector) == {}
    assert lake.create(again["sessionUrl"], "users.csv").status_code == 404
    assert lake.create(second, "users.csv").status_code == 201


def test_reset_forgets_flows_runs_sessions_and_the_time(
    graph: GraphSimulator,
    industry: httpx.Client,
    new_token: Callable[[], str],
    open_session: OpenSession,
    lake: LakeCaller,
) -> None:
    session = open_session(graph.create_inbound_flow().connector)
    graph.begin_scheduled_run()
    graph.advance_clock(86_400)
    graph.reset()
    assert lake.create(session, "orgs.csv").status_code == 404
    industry.headers["Authorization"] = f"Bearer {new_token()}"
    assert industry.get("/inboundFlows").json()["value"] == []
    assert industry.get("/runs").json()["value"] == []
    ids = graph.create_inbound_flow()
    session = industry.get(f"/dataConnectors/{ids.connector}/{KIND}/getUploadSession").json()
    expires = datetime.fromisoformat(session["sessionExpirationDateTime"]).timestamp()
    assert expires < time.time() + 3601
