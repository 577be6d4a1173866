"""Scripted faults, and their entries in the journal."""

import json
import time
from collections.abc import Callable, Mapping

import httpx
import pytest

from local.graph.control import GraphSimulator
from local.graph.documents import When

Upload = Callable[[str, Mapping[str, str]], None]
OPERATIONS = {
    "list_profiles": ("GET", ""),
    "get_profile": ("GET", "/{}"),
    "upload_url": ("GET", "/{}/uploadUrl"),
    "start": ("POST", "/{}/start"),
    "profile_status": ("GET", "/{}/profileStatus"),
    "errors": ("GET", "/{}/errors"),
}


@pytest.fixture
def loaded(graph: GraphSimulator, upload: Upload, good_files: dict[str, str]) -> str:
    """A profile with valid uploaded files."""
    profile_id = graph.create_profile()
    upload(profile_id, good_files)
    return profile_id


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_can_be_made_to_fail_so_many_times(
    graph: GraphSimulator, caller: httpx.Client, loaded: str, operation: str
) -> None:
    method, path = OPERATIONS[operation]
    address = graph.graph_root + "/beta/education/synchronizationProfiles" + path.format(loaded)
    headers = {"retry-after": "2.128", "content-type": "text/html"}
    graph.fault(operation, status=503, times=2, headers=headers, body="<html>")
    answers = [caller.request(method, address) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert answers[0].headers["Retry-After"] == "2.128"
    assert answers[0].headers["Content-Type"] == "text/html"
    assert answers[0].text == "<html>"


def test_the_token_endpoint_can_be_made_to_fail(graph: GraphSimulator) -> None:
    graph.fault("token", status=500)
    assert httpx.get(graph.identity_endpoint).status_code == 500


def test_faults_are_spent_in_the_order_they_were_queued(
    graph: GraphSimulator, caller: httpx.Client, loaded: str
) -> None:
    graph.fault("get_profile", status=429, headers={"Retry-After": "soon"})
    graph.fault("get_profile", status=502)
    assert [caller.get(f"/{loaded}").status_code for _ in range(3)] == [429, 502, 200]


def test_a_canned_answer_replaces_the_real_one(
    graph: GraphSimulator, caller: httpx.Client, loaded: str
) -> None:
    canned = {"value": [{"type": "error", "fileName": "a.csv", "description": "New words"}]}
    graph.fault("start", status=200, body=json.dumps(canned))
    assert caller.post(f"/{loaded}/start").json() == canned
    assert graph.count("start", effective=True) == 0


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("reset", [False, True])
def test_a_dropped_start_has_taken_effect_or_not(
    graph: GraphSimulator,
    caller: httpx.Client,
    loaded: str,
    when: When,
    reset: bool,
) -> None:
    graph.fault("start", drop=when, reset=reset)
    kind = httpx.ReadError if reset else httpx.RemoteProtocolError
    with pytest.raises(kind):
        caller.post(f"/{loaded}/start")
    assert graph.count("start") == 1
    assert graph.count("start", effective=True) == (when == "after")
    (entry,) = graph.journal("start")
    assert entry.status is None
    assert entry.fault == f"{when} {'reset' if reset else 'eof'}"


def test_an_error_status_can_hide_a_start_that_took_effect(
    graph: GraphSimulator, caller: httpx.Client, loaded: str
) -> None:
    graph.fault("start", status=504, when="after")
    assert caller.post(f"/{loaded}/start").status_code == 504
    assert graph.count("start", effective=True) == 1
    assert caller.get(f"/{loaded}/profileStatus").json()["status"] == "inProgress"


def test_an_operation_may_take_effect_long_after_its_caller_gave_up(
    graph: GraphSimulator, caller: httpx.Client, loaded: str
) -> None:
    graph.fault("start", delay=1)
    with pytest.raises(httpx.ReadTimeout):
        caller.post(f"/{loaded}/start", timeout=0.1)
    assert graph.count("start", effective=True) == 0
    wait_until(lambda: graph.count("start", effective=True) == 1)


def test_an_answer_may_be_late_for_an_operation_that_took_effect(
    graph: GraphSimulator, caller: httpx.Client, loaded: str
) -> None:
    graph.fault("start", delay=60, when="after")
    with pytest.raises(httpx.ReadTimeout):
        caller.post(f"/{loaded}/start", timeout=0.1)
    wait_until(lambda: graph.count("start", effective=True) == 1)
    assert graph.journal("start")[0].answered is None


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_an_unknown_operation_is_refused_by_name(graph: GraphSimulator) -> None:
    with pytest.raises(ValueError, match="There is no operation 'strat'"):
        graph.fault("strat", status=500)


def test_the_journal_reports_each_request_in_order(
    graph: GraphSimulator, caller: httpx.Client, loaded: str
) -> None:
    begun = time.time()
    caller.get(f"/{loaded}", headers={"client-request-id": "mine"})
    caller.get("/nobody")
    known, unknown = graph.journal("get_profile")
    assert (known.method, known.path) == (
        "GET",
        f"/beta/education/synchronizationProfiles/{loaded}",
    )
    assert (known.status, unknown.status) == (200, 404)
    assert (known.effective, unknown.effective) == (True, False)
    assert known.client_request_id == "mine"
    assert known.sequence < unknown.sequence
    assert begun - 1 < known.time <= unknown.time < begun + 30
    assert [entry.operation for entry in graph.journal()][:2] == ["token", "upload_url"]


def test_the_journal_names_tokens_and_never_shows_a_secret(
    graph: GraphSimulator, caller: httpx.Client, loaded: str
) -> None:
    secret = caller.headers["Authorization"].removeprefix("Bearer ")
    caller.get(f"/{loaded}/errors?$top=2&sig=hidden&access_token={secret}")
    told = repr(graph.journal())
    assert graph.journal("errors")[0].token == "token-1"
    assert graph.journal("errors")[0].path.endswith("/errors?$top=2&sig=…&access_token=…")
    assert secret not in told
    assert graph.identity_header not in told


def test_reset_forgets_the_scene(graph: GraphSimulator, caller: httpx.Client, loaded: str) -> None:
    graph.fault("get_profile", status=500)
    graph.reset()
    assert graph.journal() == []
    assert caller.get(f"/{loaded}").status_code == 401
    assert graph.count("get_profile") == 1
