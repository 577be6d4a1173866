"""Tokens of the managed identity, requested by the real library and in plain HTTP."""

from collections.abc import Callable

import httpx
import jwt
import pytest
from azure.identity import ManagedIdentityCredential

from local.graph.control import GraphSimulator

SCOPE = "https://graph.microsoft.com/.default"


@pytest.fixture
def credential(graph: GraphSimulator, monkeypatch: pytest.MonkeyPatch) -> ManagedIdentityCredential:
    monkeypatch.setenv("IDENTITY_ENDPOINT", graph.identity_endpoint)
    monkeypatch.setenv("IDENTITY_HEADER", graph.identity_header)
    return ManagedIdentityCredential()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_the_real_managed_identity_library_gets_a_token_that_opens_the_api(
    credential: ManagedIdentityCredential, graph: GraphSimulator, profiles: httpx.Client
) -> None:
    profile_id = graph.create_profile()
    with credential:
        token = credential.get_token(SCOPE).token
    assert profiles.get(f"/{profile_id}", headers=bearer(token)).status_code == 200
    assert graph.count("token") == 1


def test_a_token_for_the_simulators_own_address_opens_it_too(
    credential: ManagedIdentityCredential, graph: GraphSimulator, profiles: httpx.Client
) -> None:
    with credential:
        token = credential.get_token(f"{graph.graph_root}/.default").token
    assert profiles.get(f"/{graph.create_profile()}", headers=bearer(token)).status_code == 200


def test_a_user_assigned_identity_receives_its_client_id(
    graph: GraphSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", graph.identity_endpoint)
    monkeypatch.setenv("IDENTITY_HEADER", graph.identity_header)
    with ManagedIdentityCredential(client_id="the-client") as credential:
        token = credential.get_token(SCOPE).token
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["appid"] == "the-client"


def test_the_first_tokens_after_a_grant_are_without_the_new_role(
    graph: GraphSimulator, new_token: Callable[[], str]
) -> None:
    graph.change_identity(roles=["A", "B"], late_roles=["B"], late_tokens=2)
    tokens = [jwt.decode(new_token(), options={"verify_signature": False}) for _ in range(3)]
    assert [claims["roles"] for claims in tokens] == [["A"], ["A"], ["A", "B"]]


def test_a_token_carries_roles_audience_and_expiry(
    graph: GraphSimulator, new_token: Callable[[], str]
) -> None:
    graph.change_identity(roles=["EduAdministration.Read.All"], lifetime_seconds=600)
    claims = jwt.decode(new_token(), options={"verify_signature": False})
    assert claims["roles"] == ["EduAdministration.Read.All"]
    assert claims["aud"] == "https://graph.microsoft.com"
    assert claims["exp"] - claims["iat"] == 600


def test_two_tokens_are_never_alike(new_token: Callable[[], str]) -> None:
    assert new_token() != new_token()


@pytest.mark.parametrize(
    ("header", "query", "status"),
    [
        ("wrong", {"api-version": "2019-08-01", "resource": "https://graph.microsoft.com"}, 401),
        (None, {"api-version": "2017-09-01", "resource": "https://graph.microsoft.com"}, 400),
        (None, {"api-version": "2019-08-01"}, 400),
    ],
)
def test_the_endpoint_refuses_what_app_service_refuses(
    graph: GraphSimulator, header: str | None, query: dict[str, str], status: int
) -> None:
    headers = {"X-IDENTITY-HEADER": header or graph.identity_header}
    answer = httpx.get(graph.identity_endpoint, params=query, headers=headers)
    assert answer.status_code == status
    assert graph.count("token", effective=True) == 0


@pytest.mark.parametrize("authorization", [None, "Bearer", "Bearer a.b.c", "Basic YTpi"])
def test_the_api_is_closed_without_a_known_bearer_token(
    graph: GraphSimulator, profiles: httpx.Client, authorization: str | None
) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    answer = profiles.get(f"/{graph.create_profile()}", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


def test_a_revoked_token_is_refused_until_a_new_one_is_requested_with_the_challenge(
    credential: ManagedIdentityCredential, graph: GraphSimulator, profiles: httpx.Client
) -> None:
    profile_id = graph.create_profile()
    with credential:
        before = credential.get_token(SCOPE).token
        assert graph.revoke_tokens() == 1
        refused = profiles.get(f"/{profile_id}", headers=bearer(before))
        after = credential.get_token(SCOPE, claims='{"access_token":{}}').token
    assert refused.status_code == 401
    assert "insufficient_claims" in refused.headers["WWW-Authenticate"]
    assert profiles.get(f"/{profile_id}", headers=bearer(after)).status_code == 200


def test_an_expired_token_is_refused(
    graph: GraphSimulator, profiles: httpx.Client, new_token: Callable[[], str]
) -> None:
    graph.change_identity(lifetime_seconds=0)
    answer = profiles.get(f"/{graph.create_profile()}", headers=bearer(new_token()))
    assert answer.status_code == 401
    assert "expired" in answer.json()["error"]["message"]


def test_a_token_for_another_resource_is_refused(
    graph: GraphSimulator, profiles: httpx.Client
) -> None:
    token = httpx.get(
        graph.identity_endpoint,
        params={"api-version": "2019-08-01", "resource": "https://storage.azure.com"},
        headers={"X-IDENTITY-HEADER": graph.identity_header},
    ).json()["access_token"]
    answer = profiles.get(f"/{graph.create_profile()}", headers=bearer(token))
    assert answer.status_code == 401
    assert "audience" in answer.json()["error"]["message"]


def test_reading_needs_a_reading_role_and_writing_a_writing_one(
    graph: GraphSimulator, profiles: httpx.Client, new_token: Callable[[], str]
) -> None:
    profile_id = graph.create_profile()
    graph.change_identity(roles=["EduAdministration.Read.All"])
    reader = bearer(new_token())
    graph.change_identity(roles=[])
    nobody = bearer(new_token())
    assert profiles.get(f"/{profile_id}", headers=reader).status_code == 200
    assert profiles.get(f"/{profile_id}", headers=nobody).status_code == 403
    assert profiles.get(f"/{profile_id}/uploadUrl", headers=reader).status_code == 403
    refused = profiles.post(f"/{profile_id}/start", headers=reader)
    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == "Authorization_RequestDenied"
