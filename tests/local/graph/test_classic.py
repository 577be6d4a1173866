"""The classic API's profile, upload location, status and errors, over real HTTP and storage."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import ContainerClient

from local.graph.control import GraphSimulator
from local.graph.documents import Step, SyncError

Upload = Callable[[str, Mapping[str, str]], None]
PREFER = {"Prefer": "include-unknown-enum-members"}


def states(caller: httpx.Client, profile_id: str, count: int) -> list[str]:
    return [caller.get(f"/{profile_id}").json()["state"] for _ in range(count)]


def listed(graph: GraphSimulator, caller: httpx.Client) -> list[dict[str, object]]:
    answer = caller.get(f"{graph.graph_root}/beta/education/synchronizationProfiles")
    value: list[dict[str, object]] = answer.json()["value"]
    return value


def test_a_profile_has_the_documented_shape(graph: GraphSimulator, caller: httpx.Client) -> None:
    profile_id = graph.create_profile(display_name="District")
    profile = caller.get(f"/{profile_id}").json()
    assert profile["@odata.context"].endswith("#education/synchronizationProfiles/$entity")
    assert profile["id"] == profile_id
    assert profile["displayName"] == "District"
    assert profile["state"] == "provisioned"
    assert profile["dataProvider"]["@odata.type"] == "#microsoft.graph.educationCsvDataProvider"
    assert listed(graph, caller) == [
        {name: value for name, value in profile.items() if name != "@odata.context"}
    ]


def test_an_unknown_profile_is_answered_in_graphs_envelope(caller: httpx.Client) -> None:
    answer = caller.get("/nobody", headers={"client-request-id": "mine"})
    error = answer.json()["error"]
    assert answer.status_code == 404
    assert error["code"] == "Request_ResourceNotFound"
    assert error["innerError"]["client-request-id"] == "mine"
    assert error["innerError"]["request-id"] == answer.headers["request-id"]
    assert datetime.fromisoformat(error["innerError"]["date"])


def test_a_profile_id_that_can_name_no_container_is_refused_at_once(graph: GraphSimulator) -> None:
    with pytest.raises(ValueError, match=r"ProfileSettings: .*id"):
        graph.create_profile("Not A Container")


def test_an_unknown_path_is_a_bad_request(graph: GraphSimulator) -> None:
    answer = httpx.get(f"{graph.graph_root}/v1.0/nothing")
    assert answer.status_code == 400
    assert "segment 'nothing'" in answer.json()["error"]["message"]


def test_states_go_by_polls_and_the_last_one_stays(
    graph: GraphSimulator, caller: httpx.Client
) -> None:
    script: list[Step | str] = [Step("provisioning", polls=2), "someNewWord", "provisioningFailed"]
    profile_id = graph.create_profile(states=script)
    assert states(caller, profile_id, 5) == [
        "provisioning",
        "provisioning",
        "someNewWord",
        "provisioningFailed",
        "provisioningFailed",
    ]


def test_states_go_by_time_however_often_they_are_requested(
    graph: GraphSimulator, caller: httpx.Client
) -> None:
    profile_id = graph.create_profile(states=[Step("deleting", seconds=60), "deletionFailed"])
    assert states(caller, profile_id, 3) == ["deleting"] * 3
    graph.change_profile(profile_id, states=[Step("deleting", seconds=0), "deletionFailed"])
    assert states(caller, profile_id, 1) == ["deletionFailed"]


def test_listing_is_no_poll(graph: GraphSimulator, caller: httpx.Client) -> None:
    profile_id = graph.create_profile(states=["provisioning", "provisioned"])
    assert [listed(graph, caller)[0]["state"] for _ in range(2)] == ["provisioning"] * 2
    assert states(caller, profile_id, 2) == ["provisioning", "provisioned"]


def test_the_upload_location_takes_files_and_shows_nothing(
    graph: GraphSimulator, caller: httpx.Client
) -> None:
    profile_id = graph.create_profile()
    location = caller.get(f"/{profile_id}/uploadUrl").json()["value"]
    with ContainerClient.from_container_url(location) as container:
        container.upload_blob("school.csv", b"SIS ID,Name\n")
        for look in (
            lambda: list(container.list_blobs()),
            lambda: container.download_blob("school.csv").readall(),
            lambda: container.get_blob_client("school.csv").get_blob_properties(),
            lambda: container.delete_blob("school.csv"),
        ):
            with pytest.raises(HttpResponseError) as refusal:
                look()
            assert refusal.value.status_code == 403
    assert graph.uploaded(profile_id) == {"school.csv": b"SIS ID,Name\n"}


def test_the_upload_location_is_the_profiles_container_for_about_an_hour(
    graph: GraphSimulator, caller: httpx.Client
) -> None:
    profile_id = graph.create_profile()
    location = urlsplit(caller.get(f"/{profile_id}/uploadUrl").json()["value"])
    query = {name: values[0] for name, values in parse_qs(location.query).items()}
    left = datetime.fromisoformat(query["se"]) - datetime.now(UTC)
    assert location.path.endswith(f"/{profile_id}")
    assert (query["sp"], query["sr"]) == ("w", "c")
    assert 3500 < left.total_seconds() <= 3600


def test_an_upload_location_ends_with_its_signature(
    graph: GraphSimulator, caller: httpx.Client
) -> None:
    profile_id = graph.create_profile(sas_seconds=-5, upload_url_status=201)
    answer = caller.get(f"/{profile_id}/uploadUrl")
    assert answer.status_code == 201
    with (
        ContainerClient.from_container_url(answer.json()["value"]) as container,
        pytest.raises(HttpResponseError) as refusal,
    ):
        container.upload_blob("school.csv", b"")
    assert refusal.value.status_code == 403


@pytest.mark.parametrize("state", ["provisioning", "provisioningFailed", "deleting", "newWord"])
def test_nothing_is_uploaded_or_started_unless_provisioned(
    graph: GraphSimulator, caller: httpx.Client, state: str
) -> None:
    profile_id = graph.create_profile(states=[state])
    assert caller.get(f"/{profile_id}/uploadUrl").status_code == 400
    answer = caller.post(f"/{profile_id}/start")
    assert answer.status_code == 400
    assert state in answer.json()["error"]["message"]
    assert graph.count("start") == 1
    assert graph.count("start", effective=True) == 0


def test_uploads_are_blocked_while_an_earlier_start_is_processed(
    graph: GraphSimulator, caller: httpx.Client, upload: Upload, good_files: dict[str, str]
) -> None:
    profile_id = graph.create_profile(busy_seconds=60)
    upload(profile_id, good_files)
    caller.post(f"/{profile_id}/start")
    blocked = caller.get(f"/{profile_id}/uploadUrl")
    assert blocked.status_code == 409
    assert blocked.json()["error"]["code"] == "Conflict"
    assert caller.post(f"/{profile_id}/start").status_code == 409
    graph.change_profile(profile_id, busy_seconds=0)
    assert caller.get(f"/{profile_id}/uploadUrl").status_code == 200
    assert graph.count("upload_url", effective=True) == 2


def status(caller: httpx.Client, profile_id: str, **headers: str) -> dict[str, object]:
    answer = caller.get(f"/{profile_id}/profileStatus", headers=headers)
    document: dict[str, object] = answer.json()
    return document


def test_a_started_sync_runs_through_its_script_and_moves_the_dates(
    graph: GraphSimulator, caller: httpx.Client, upload: Upload, good_files: dict[str, str]
) -> None:
    profile_id = graph.create_profile(
        sync=["inProgress", "quarantined"], status_message="Held", sync_errors=[SyncError()]
    )
    upload(profile_id, good_files)
    before = status(caller, profile_id)
    caller.post(f"/{profile_id}/start")
    during = status(caller, profile_id)
    after = status(caller, profile_id)
    assert [before["status"], during["status"], after["status"]] == [
        "success",
        "inProgress",
        "quarantined",
    ]
    assert before["lastSynchronizationDateTime"] is during["lastSynchronizationDateTime"] is None
    ended = datetime.fromisoformat(str(after["lastSynchronizationDateTime"]))
    activities = [str(one["lastActivityDateTime"]) for one in (before, during, after)]
    assert activities == sorted(set(activities))
    assert ended == datetime.fromisoformat(activities[2])
    assert [before["errorCount"], during["errorCount"], after["errorCount"]] == [0, 0, 1]
    assert after["statusMessage"] == "Held"


def test_a_sync_continues_by_itself_as_time_passes(
    graph: GraphSimulator, caller: httpx.Client, upload: Upload, good_files: dict[str, str]
) -> None:
    profile_id = graph.create_profile(sync=[Step("inProgress", seconds=0), "success"])
    upload(profile_id, good_files)
    caller.post(f"/{profile_id}/start")
    first = status(caller, profile_id)["lastSynchronizationDateTime"]
    graph.change_profile(profile_id, sync=[Step("inProgress", seconds=60), "error"])
    caller.post(f"/{profile_id}/start")
    again = status(caller, profile_id)
    assert again["status"] == "inProgress"
    assert again["lastSynchronizationDateTime"] == first


@pytest.mark.parametrize("word", ["extracting", "validating"])
def test_newer_status_words_are_returned_only_on_request(
    graph: GraphSimulator, caller: httpx.Client, word: str
) -> None:
    profile_id = graph.create_profile(idle_status=word)
    assert status(caller, profile_id)["status"] == "unknownFutureValue"
    assert status(caller, profile_id, **PREFER)["status"] == word


def test_errors_come_in_pages_that_lead_to_each_other(
    graph: GraphSimulator, caller: httpx.Client, upload: Upload, good_files: dict[str, str]
) -> None:
    errors = [SyncError(joining_value=f"P{number}") for number in range(5)]
    profile_id = graph.create_profile(sync=["error"], sync_errors=errors, page_size=4)
    assert caller.get(f"/{profile_id}/errors").json()["@odata.count"] == 0
    upload(profile_id, good_files)
    caller.post(f"/{profile_id}/start")
    seen, sizes, address = [], [], f"/{profile_id}/errors?$top=2"
    while address:
        page = caller.get(address).json()
        assert page["@odata.count"] == 5
        seen += page["value"]
        sizes.append(len(page["value"]))
        address = page.get("@odata.nextLink", "")
    assert sizes == [2, 2, 1]
    assert [error["joiningValue"] for error in seen] == ["P0", "P1", "P2", "P3", "P4"]
    assert len({error["id"] for error in seen}) == 5
    assert set(seen[0]) == {
        "id",
        "entryType",
        "errorCode",
        "errorMessage",
        "joiningValue",
        "recordedDateTime",
        "reportableIdentifier",
    }
    for query in ("", "?$top=99"):
        full = caller.get(f"/{profile_id}/errors{query}").json()
        assert full["value"] == seen[:4]
        assert caller.get(full["@odata.nextLink"]).json()["value"] == seen[4:]


def test_a_page_size_that_is_no_number_is_a_bad_request(
    graph: GraphSimulator, caller: httpx.Client
) -> None:
    assert caller.get(f"/{graph.create_profile()}/errors?$top=many").status_code == 400
