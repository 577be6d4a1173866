"""The Data Lake of an upload session: create, append and flush, and access."""

import base64
import hashlib
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from local.graph.control import GraphSimulator, InboundFlow
from tests.local.graph.lake_kit import LakeCaller

OpenSession = Callable[[str], str]


@pytest.fixture
def ids(graph: GraphSimulator) -> InboundFlow:
    return graph.create_inbound_flow()


@pytest.fixture
def session(ids: InboundFlow, open_session: OpenSession) -> str:
    return open_session(ids.connector)


def refused(answer: httpx.Response, status: int, code: str) -> bool:
    error = answer.json()["error"]
    assert error["code"] == code
    assert f"RequestId:{answer.headers['x-ms-request-id']}" in error["message"]
    return (answer.status_code, answer.headers["x-ms-error-code"]) == (status, code)


def test_a_session_leads_to_a_directory_of_another_host_for_about_an_hour(
    graph: GraphSimulator, ids: InboundFlow, session: str
) -> None:
    address = urlsplit(session)
    query = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert f"{address.scheme}://{address.netloc}" == graph.data_lake != graph.graph_root
    assert address.path.split("/")[2] == ids.connector
    assert (query["sr"], query["sp"], query["sv"]) == ("d", "cw", "2023-11-03")


def test_a_file_is_created_appended_and_flushed(
    graph: GraphSimulator, ids: InboundFlow, session: str, lake: LakeCaller
) -> None:
    created = lake.create(session, "orgs.csv", x_ms_version="2023-08-03")
    appended = lake.append(session, "orgs.csv", 0, b"sourcedId")
    assert graph.uploaded(ids.connector) == {}
    flushed = lake.flush(session, "orgs.csv", 9)
    assert [one.status_code for one in (created, appended, flushed)] == [201, 202, 200]
    assert created.headers["x-ms-version"] == "2023-08-03"
    assert created.headers["ETag"] != flushed.headers["ETag"]
    assert [one.content for one in (created, appended, flushed)] == [b"", b"", b""]
    assert graph.uploaded(ids.connector) == {"orgs.csv": b"sourcedId"}
    assert graph.count("lake_create", effective=True) == 1
    assert graph.count("lake_append", effective=True) == 1
    assert graph.count("lake_flush", effective=True) == 1


def test_pieces_come_in_any_order_and_one_may_be_sent_again(
    graph: GraphSimulator, ids: InboundFlow, session: str, lake: LakeCaller
) -> None:
    lake.create(session, "orgs.csv")
    for position, piece in [(6, b"ghi"), (0, b"xxx"), (3, b"def"), (0, b"abc")]:
        assert lake.append(session, "orgs.csv", position, piece).status_code == 202
    assert lake.flush(session, "orgs.csv", 9).status_code == 200
    assert lake.append(session, "orgs.csv", 9, b"j").status_code == 202
    assert lake.flush(session, "orgs.csv", 10).status_code == 200
    assert graph.uploaded(ids.connector) == {"orgs.csv": b"abcdefghij"}


@pytest.mark.parametrize(
    ("pieces", "position"),
    [([(0, b"abc")], 2), ([(0, b"abc")], 4), ([(3, b"def")], 6), ([(0, b"ab"), (3, b"d")], 4)],
)
def test_what_does_not_join_is_not_flushed_and_what_was_appended_stays(
    graph: GraphSimulator,
    ids: InboundFlow,
    session: str,
    lake: LakeCaller,
    *,
    pieces: list[tuple[int, bytes]],
    position: int,
) -> None:
    lake.create(session, "orgs.csv")
    for at, piece in pieces:
        lake.append(session, "orgs.csv", at, piece)
    assert refused(lake.flush(session, "orgs.csv", position), 400, "InvalidFlushPosition")
    assert graph.uploaded(ids.connector) == {}
    lake.append(session, "orgs.csv", 0, b"abc")
    lake.append(session, "orgs.csv", 3, b"def")
    assert lake.flush(session, "orgs.csv", 6).status_code == 200


def test_a_flush_drops_what_is_beyond_unless_it_is_to_be_retained(
    graph: GraphSimulator, ids: InboundFlow, session: str, lake: LakeCaller
) -> None:
    for name, more in [("kept.csv", "&retainUncommittedData=true"), ("dropped.csv", "")]:
        lake.create(session, name)
        lake.append(session, name, 0, b"abc")
        lake.append(session, name, 3, b"def")
        assert lake.flush(session, name, 3, more).status_code == 200
    assert lake.flush(session, "kept.csv", 6).status_code == 200
    assert refused(lake.flush(session, "dropped.csv", 6), 400, "InvalidFlushPosition")
    assert graph.uploaded(ids.connector) == {"dropped.csv": b"abc", "kept.csv": b"abcdef"}


def test_an_append_may_flush_at_once_and_never_into_what_is_flushed(
    graph: GraphSimulator, ids: InboundFlow, session: str, lake: LakeCaller
) -> None:
    lake.create(session, "orgs.csv")
    assert lake.append(session, "orgs.csv", 0, b"abc", "&flush=true").status_code == 202
    assert refused(lake.append(session, "orgs.csv", 2, b"x"), 400, "InvalidFlushPosition")
    assert refused(lake.flush(session, "orgs.csv", 2), 400, "InvalidFlushPosition")
    assert graph.uploaded(ids.connector) == {"orgs.csv": b"abc"}


def test_an_empty_file_is_created_and_flushed_at_its_beginning(
    graph: GraphSimulator, ids: InboundFlow, session: str, lake: LakeCaller
) -> None:
    lake.create(session, "orgs.csv")
    assert lake.flush(session, "orgs.csv", 0).status_code == 200
    assert graph.uploaded(ids.connector) == {"orgs.csv": b""}


def test_creating_again_truncates_unless_the_file_must_be_new(
    graph: GraphSimulator, ids: InboundFlow, session: str, lake: LakeCaller
) -> None:
    lake.upload(session, {"orgs.csv": "old"})
    again = lake.create(session, "orgs.csv", If_None_Match="*")
    assert refused(again, 409, "PathAlreadyExists")
    assert graph.uploaded(ids.connector) == {"orgs.csv": b"old"}
    lake.append(session, "orgs.csv", 3, b"er")
    assert lake.create(session, "orgs.csv").status_code == 201
    assert refused(lake.flush(session, "orgs.csv", 5), 400, "InvalidFlushPosition")
    assert lake.create(session, "users.csv", If_None_Match="*").status_code == 201


def test_a_flush_can_be_bound_to_the_state_of_the_file(session: str, lake: LakeCaller) -> None:
    first = lake.create(session, "orgs.csv").headers["ETag"]
    lake.create(session, "orgs.csv")
    assert refused(lake.flush(session, "orgs.csv", 0, If_Match=first), 412, "ConditionNotMet")
    assert refused(lake.create(session, "new.csv", If_Match=first), 412, "ConditionNotMet")
    assert lake.flush(session, "orgs.csv", 0, If_Match="*").status_code == 200


def test_a_piece_is_compared_with_the_digest_that_comes_with_it(
    session: str, lake: LakeCaller
) -> None:
    digest = base64.b64encode(hashlib.md5(b"abc", usedforsecurity=False).digest()).decode()
    lake.create(session, "orgs.csv")
    assert lake.append(session, "orgs.csv", 0, b"abc", Content_MD5=digest).status_code == 202
    wrong = lake.append(session, "orgs.csv", 0, b"abd", Content_MD5=digest)
    assert refused(wrong, 400, "Md5Mismatch")


@pytest.mark.parametrize(
    ("method", "query", "content", "status", "code"),
    [
        ("PUT", "resource=file", b"x", 400, "ContentLengthMustBeZero"),
        ("PUT", "comp=block", b"x", 400, "MissingRequiredQueryParameter"),
        ("PATCH", "action=append&position=0", b"", 400, "InvalidHeaderValue"),
        ("PATCH", "action=append", b"x", 400, "MissingRequiredQueryParameter"),
        ("PATCH", "action=append&position=-1", b"x", 400, "InvalidQueryParameterValue"),
        ("PATCH", "action=flush", b"", 400, "MissingRequiredQueryParameter"),
        ("PATCH", "action=flush&position=0", b"x", 400, "ContentLengthMustBeZero"),
        ("GET", "", b"", 403, "AuthorizationPermissionMismatch"),
        ("DELETE", "recursive=false", b"", 403, "AuthorizationPermissionMismatch"),
    ],
)
def test_a_call_that_breaks_the_protocol_is_refused_by_its_code(
    session: str,
    lake: LakeCaller,
    *,
    method: str,
    query: str,
    content: bytes,
    status: int,
    code: str,
) -> None:
    lake.create(session, "orgs.csv")
    answer = lake.call(method, session, "orgs.csv", query, content=content)
    assert refused(answer, status, code)


def test_nothing_is_appended_to_or_flushed_in_a_file_that_was_not_created(
    session: str, lake: LakeCaller
) -> None:
    assert refused(lake.append(session, "orgs.csv", 0, b"abc"), 404, "PathNotFound")
    assert refused(lake.flush(session, "orgs.csv", 0), 404, "PathNotFound")


def test_only_the_signature_of_this_very_directory_opens_it(
    graph: GraphSimulator, session: str, open_session: OpenSession, lake: LakeCaller
) -> None:
    other = open_session(graph.create_inbound_flow().connector)
    path, signature = session.split("?")
    foreign = f"{path}?{other.split('?')[1]}"
    longer = session.replace("se=20", "se=21")
    wider = session.replace("sp=cw", "sp=rcwd")
    for wrong in (foreign, longer, wider, f"{path}/deeper?{signature}"):
        assert refused(lake.create(wrong, "orgs.csv"), 403, "AuthenticationFailed")
    assert refused(lake.create(f"{path}?sp=cw", "a"), 401, "NoAuthenticationInformation")
    assert lake.create(session, "orgs.csv").status_code == 201


def test_a_session_ends_with_its_signature(
    graph: GraphSimulator, ids: InboundFlow, session: str, lake: LakeCaller
) -> None:
    lake.create(session, "orgs.csv")
    graph.advance_clock(3601)
    late = lake.append(session, "orgs.csv", 0, b"abc")
    assert refused(late, 403, "AuthenticationFailed")


def test_a_container_ends_before_its_session_may(
    graph: GraphSimulator, open_session: OpenSession, lake: LakeCaller
) -> None:
    ids = graph.create_inbound_flow(container_seconds=60)
    session = open_session(ids.connector)
    graph.advance_clock(61)
    assert refused(lake.create(session, "orgs.csv"), 404, "FilesystemNotFound")


def test_a_bearer_token_that_comes_here_is_reported_as_a_leak(
    graph: GraphSimulator, session: str, lake: LakeCaller
) -> None:
    lake.create(session, "orgs.csv")
    assert graph.leaks() == []
    answer = lake.create(session, "orgs.csv", Authorization="Bearer canary")
    assert refused(answer, 400, "InvalidAuthenticationInfo")
    (leak,) = graph.leaks()
    assert (leak.operation, leak.effective) == ("lake_create", False)
    assert "canary" not in repr(graph.journal())
    assert urlsplit(session).query.split("sig=")[1] not in repr(graph.journal())


def test_faults_meet_each_call_of_an_upload(
    graph: GraphSimulator, ids: InboundFlow, session: str, lake: LakeCaller
) -> None:
    graph.fault("lake_create", status=503, headers={"x-ms-error-code": "ServerBusy"})
    assert lake.create(session, "orgs.csv").status_code == 503
    lake.create(session, "orgs.csv")
    graph.fault("lake_append", drop="after")
    with pytest.raises(httpx.RemoteProtocolError):
        lake.append(session, "orgs.csv", 0, b"abc")
    graph.fault("lake_flush", status=500, when="after")
    assert lake.flush(session, "orgs.csv", 3).status_code == 500
    assert graph.uploaded(ids.connector) == {"orgs.csv": b"abc"}


def test_pieces_far_larger_than_a_web_form_are_taken(
    graph: GraphSimulator, ids: InboundFlow, session: str, lake: LakeCaller
) -> None:
    piece = b"x" * (8 * 1024 * 1024)
    lake.create(session, "orgs.csv")
    assert lake.append(session, "orgs.csv", 0, piece).status_code == 202
    lake.flush(session, "orgs.csv", len(piece))
    assert len(graph.uploaded(ids.connector)["orgs.csv"]) == len(piece)
