"""Validation by the Industry Data API: findings, the operation and special cases."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from local.graph.control import GraphSimulator, InboundFlow
from local.graph.industry_documents import ErrorDetail, FileFormat, InnerError, PublicError
from tests.local.graph.lake_kit import V1, V2, LakeCaller, operation_of

OpenSession = Callable[[str], str]
Validate = Callable[[InboundFlow, dict[str, str]], dict[str, Any]]
KIND = "microsoft.graph.industryData.azureDataLakeConnector"
REQUIRED = "When trying to validate required file {} encountered RequiredFileNotFound error."
OPTIONAL = "When trying to validate file {} encountered OptionalFileNotFound error."


def problems(document: dict[str, Any], kind: str) -> list[tuple[str, str, str]]:
    return [(one["code"], one["target"], one["message"]) for one in document[kind]]


@pytest.fixture
def validate(industry: httpx.Client, open_session: OpenSession, lake: LakeCaller) -> Validate:
    """Uploads the files, validates them, and polls the operation once."""

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


def test_missing_files_are_reported_in_the_documented_words_of_an_operation_that_succeeded(
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


def test_an_operation_has_the_documented_shape_and_reports_its_findings_at_its_end(
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


def test_a_wait_can_be_requested_in_a_lower_case_header_and_a_fraction(
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
