"""The Industry Data API's flows, connectors, sessions, validation and operations."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from local.graph.control import GraphSimulator, InboundFlow
from local.graph.documents import Step
from local.graph.industry_documents import ErrorDetail, FileFormat, InnerError, PublicError
from tests.local.graph.lake_kit import V1, V2, LakeCaller

OpenSession = Callable[[str], str]
Validate = Callable[[InboundFlow, dict[str, str]], dict[str, Any]]
GUID = "5" * 8 + "-4444-4444-4444-" + "1" * 12
KIND = "microsoft.graph.industryData.azureDataLakeConnector"
REQUIRED = "When trying to validate required file {} encountered RequiredFileNotFound error."
OPTIONAL = "When trying to validate file {} encountered OptionalFileNotFound error."


def operation_of(answer: httpx.Response) -> str:
    assert answer.status_code == 202
    assert answer.content == b""
    return "/operations/" + answer.headers["Location"].rsplit("/", 1)[1]


def problems(document: dict[str, Any], kind: str) -> list[tuple[str, str, str]]:
    return [(one["code"], one["target"], one["message"]) for one in document[kind]]


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


def test_readiness_goes_by_polls_of_the_flow_and_any_word_is_told(
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
def test_what_does_not_exist_is_told_in_graphs_envelope(industry: httpx.Client, path: str) -> None:
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
    """A function from an operation's name to the method and address of one that there is."""
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


@pytest.fixture
def validate(industry: httpx.Client, open_session: OpenSession, lake: LakeCaller) -> Validate:
    """Uploads the files, validates, and polls the operation once."""

    def run(ids: InboundFlow, files: dict[str, str]) -> dict[str, Any]:
        lake.upload(open_session(ids.connector), files)
        accepted = industry.post(f"/dataConnectors/{ids.connector}/validate")
        found: dict[str, Any] = industry.get(operation_of(accepted)).json()
        return found

    return run


@pytest.mark.parametrize(
    ("file_format", "files"), [("schoolDataSyncV2Rev1", V2), ("schoolDataSyncV1", V1)]
)
def test_a_whole_set_is_validated_without_a_word(
    graph: GraphSimulator, validate: Validate, file_format: FileFormat, files: dict[str, str]
) -> None:
    ids = graph.create_inbound_flow(file_format=file_format, validation=["succeeded"])
    found = validate(ids, files)
    assert (found["status"], found["errors"], found["warnings"]) == ("succeeded", [], [])
    assert found["validatedFiles"] == list(files)


def test_missing_files_are_told_in_the_documented_words_of_an_operation_that_succeeded(
    graph: GraphSimulator, validate: Validate
) -> None:
    ids = graph.create_inbound_flow(validation=["succeeded"])
    found = validate(ids, {name: V2[name] for name in ("users.csv", "roles.csv")})
    assert found["status"] == "succeeded"
    assert problems(found, "errors") == [
        ("RequiredFileNotFound", "orgs.csv", REQUIRED.format("orgs.csv"))
    ]
    assert problems(found, "warnings") == [
        ("OptionalFileNotFound", name, OPTIONAL.format(name))
        for name in ("classes.csv", "enrollments.csv")
    ]
    assert found["validatedFiles"] == ["users.csv", "roles.csv"]


@pytest.mark.parametrize(
    ("file_format", "files", "wrong", "right"),
    [
        ("schoolDataSyncV1", V1, "School.csv", "school.csv"),
        ("schoolDataSyncV2Rev1", V2, "Orgs.csv", "orgs.csv"),
    ],
)
def test_a_name_in_other_letters_is_another_file(
    graph: GraphSimulator,
    validate: Validate,
    *,
    file_format: FileFormat,
    files: dict[str, str],
    wrong: str,
    right: str,
) -> None:
    ids = graph.create_inbound_flow(file_format=file_format, validation=["succeeded"])
    rest = {name: text for name, text in files.items() if name != right}
    found = validate(ids, {wrong: files[right], **rest})
    assert [target for _, target, _ in problems(found, "errors")] == [right]


def test_a_file_that_was_never_flushed_is_not_there(
    graph: GraphSimulator, industry: httpx.Client, open_session: OpenSession, lake: LakeCaller
) -> None:
    ids = graph.create_inbound_flow(validation=["succeeded"])
    session = open_session(ids.connector)
    lake.upload(session, V2)
    lake.create(session, "orgs.csv")
    lake.append(session, "orgs.csv", 0, b"sourcedId\n")
    operation = operation_of(industry.post(f"/dataConnectors/{ids.connector}/validate"))
    assert [one["target"] for one in industry.get(operation).json()["errors"]] == ["orgs.csv"]


def test_an_operation_has_the_documented_shape_and_tells_its_findings_at_its_end(
    graph: GraphSimulator, industry: httpx.Client
) -> None:
    found = PublicError(
        code="HeaderNotFound",
        message="One or more of the files found below don't match the expected format",
        target="orgs.csv",
        details=[ErrorDetail("Missing", "name", "orgs.csv")],
        inner_error=InnerError("Deep", "words", "orgs.csv", [ErrorDetail("Deeper")]),
    )
    ids = graph.create_inbound_flow(
        validation=["notStarted", "running", "someNewWord", "succeeded"],
        errors=[found],
        warnings=[PublicError("Odd")],
    )
    accepted = industry.post(f"/inboundFlows/{ids.flow}/dataConnector/validate")
    seen = [industry.get(operation_of(accepted)).json() for _ in range(5)]
    assert [one["status"] for one in seen] == [
        *("notStarted", "running", "someNewWord"),
        *("succeeded", "succeeded"),
    ]
    assert all(one["errors"] == one["warnings"] == [] for one in seen[:3])
    last = seen[-1]
    assert last["errors"][-1] == {
        "code": "HeaderNotFound",
        "message": "One or more of the files found below don't match the expected format",
        "target": "orgs.csv",
        "details": [{"code": "Missing", "message": "name", "target": "orgs.csv"}],
        "innerError": {
            "code": "Deep",
            "message": "words",
            "target": "orgs.csv",
            "details": [{"code": "Deeper", "message": "", "target": None}],
        },
    }
    assert last["warnings"][-1]["code"] == "Odd"
    assert last["@odata.type"] == "#microsoft.graph.industryData.fileValidateOperation"
    assert last["resourceLocation"] == (
        f"{graph.graph_root}/beta/industryData/dataConnectors/{ids.connector}"
    )
    assert last["statusDetail"] is None
    moments = [last["createdDateTime"], seen[2]["lastActionDateTime"], last["lastActionDateTime"]]
    assert sorted(set(moments)) == moments


def test_the_container_is_gone_once_its_validation_has_ended(
    graph: GraphSimulator, industry: httpx.Client, open_session: OpenSession, lake: LakeCaller
) -> None:
    ids = graph.create_inbound_flow(validation=["running", "succeeded"])
    session = open_session(ids.connector)
    lake.upload(session, V2)
    operation = operation_of(industry.post(f"/dataConnectors/{ids.connector}/validate"))
    assert lake.create(session, "extra.csv").status_code == 201
    industry.get(operation)
    assert lake.create(session, "extra.csv").status_code == 404
    assert set(graph.uploaded(ids.connector)) == set(V2)
    address = f"/dataConnectors/{ids.connector}/{KIND}/getUploadSession"
    assert industry.get(address).json()["containerId"] not in session
    again = operation_of(industry.post(f"/dataConnectors/{ids.connector}/validate"))
    industry.get(again)
    assert len(industry.get(again).json()["errors"]) == 3


def test_the_location_of_an_operation_can_be_odd(
    graph: GraphSimulator, industry: httpx.Client
) -> None:
    ids = graph.create_inbound_flow()
    path = "/beta/external/industryData/operations/"

    def location() -> str | None:
        answer = industry.post(f"/dataConnectors/{ids.connector}/validate")
        place: str | None = answer.headers.get("Location")
        return place and place.removesuffix(place.rsplit("/", 1)[1])

    assert location() == graph.graph_root + path
    graph.change_inbound_flow(ids.flow, location="relative")
    assert location() == path
    graph.change_inbound_flow(ids.flow, location="foreign")
    assert location() == graph.data_lake + path
    graph.change_inbound_flow(ids.flow, location="missing")
    assert location() is None


def test_a_token_that_follows_a_foreign_location_is_a_leak(
    graph: GraphSimulator, industry: httpx.Client
) -> None:
    ids = graph.create_inbound_flow(location="foreign")
    accepted = industry.post(f"/dataConnectors/{ids.connector}/validate")
    assert industry.get(accepted.headers["Location"]).status_code == 400
    assert [entry.path for entry in graph.leaks()] == [httpx.URL(accepted.headers["Location"]).path]


def test_a_wait_can_be_asked_for_in_a_lower_case_header_and_a_fraction(
    graph: GraphSimulator, industry: httpx.Client
) -> None:
    ids = graph.create_inbound_flow(
        validation=["running", "succeeded"], retry_after="2.128", external_resource=True
    )
    accepted = industry.post(f"/dataConnectors/{ids.connector}/validate")
    first, last = (industry.get(operation_of(accepted)) for _ in range(2))
    assert (b"retry-after", b"2.128") in accepted.headers.raw
    assert (b"retry-after", b"2.128") in first.headers.raw
    assert "Retry-After" not in last.headers
    assert "/beta/external/industryData/dataConnectors/" in last.json()["resourceLocation"]


def test_a_poll_that_comes_too_soon_is_noted(graph: GraphSimulator, industry: httpx.Client) -> None:
    ids = graph.create_inbound_flow()
    operation = operation_of(industry.post(f"/dataConnectors/{ids.connector}/validate"))
    industry.get(operation)
    industry.get(operation)
    first, second = graph.journal("get_operation")
    assert first.note == ""
    assert second.note.endswith("sooner than 5 s")


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
