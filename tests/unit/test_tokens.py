"""Tokens of the managed identity, from an identity endpoint on this machine."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from sync_core.model.errors import ServiceUnreachableError
from sync_core.storage import managed_identity
from sync_core.targets.tokens import ManagedIdentityTokens

ROOT = "https://graph.example"


class IdentityEndpoint(ThreadingHTTPServer):
    """As App Service offers one: a new token for each question, or a refusal."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.asked: list[dict[str, list[str]]] = []
        self.refusal: int | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/msi/token"


class _Answer(BaseHTTPRequestHandler):
    server: IdentityEndpoint

    def do_GET(self) -> None:
        self.server.asked.append(parse_qs(urlsplit(self.path).query))
        ends = str(int(time.time()) + 3600)
        token = {"access_token": f"token-{len(self.server.asked)}", "expires_on": ends}
        token |= {"resource": ROOT, "token_type": "Bearer"}
        refused = {"error": "canary", "error_description": "canary-secret"}
        body = json.dumps(refused if self.server.refusal else token).encode()
        self.send_response(self.server.refusal or 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base has it
        """Quiet."""


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[IdentityEndpoint]:
    with IdentityEndpoint() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        monkeypatch.setenv("IDENTITY_ENDPOINT", server.url)
        monkeypatch.setenv("IDENTITY_HEADER", "canary-header")
        yield server
        server.shutdown()
        thread.join()


def test_a_token_is_for_the_graph_root_and_kept(endpoint: IdentityEndpoint) -> None:
    tokens = ManagedIdentityTokens(ROOT, None)
    assert tokens.token() == tokens.token() == "token-1"
    (question,) = endpoint.asked
    assert question["resource"] == [ROOT]
    assert "client_id" not in question


def test_an_identity_that_was_named_is_requested(endpoint: IdentityEndpoint) -> None:
    ManagedIdentityTokens(ROOT, "the-client-id").token()
    assert endpoint.asked[0]["client_id"] == ["the-client-id"]


def test_a_renewed_token_is_another_one_and_stays(endpoint: IdentityEndpoint) -> None:
    tokens = ManagedIdentityTokens(ROOT, None)
    assert tokens.token() == "token-1"
    assert tokens.token(renew=True) == "token-2"
    assert tokens.token() == "token-2"


@pytest.mark.usefixtures("dead_proxies")
def test_no_proxy_of_the_environment_sees_a_token(endpoint: IdentityEndpoint) -> None:
    assert ManagedIdentityTokens(ROOT, None).token() == "token-1"
    assert managed_identity(None).get_token(f"{ROOT}/.default").token == "token-2"
    assert len(endpoint.asked) == 2


@pytest.mark.parametrize("status", [400, 403])
def test_a_refusal_may_pass_and_says_what_to_check(endpoint: IdentityEndpoint, status: int) -> None:
    endpoint.refusal = status
    with pytest.raises(ServiceUnreachableError, match="AZURE_CLIENT_ID") as caught:
        ManagedIdentityTokens(ROOT, None).token()
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None
