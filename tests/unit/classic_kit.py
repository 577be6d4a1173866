"""The classic API as an httpx transport: scripted answers by path, and the requests."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import httpx
import msgspec

from sync_core.targets.blob_upload import UploadAddressRule
from sync_core.targets.classic import ROOT, Classic
from sync_core.targets.graph import GraphClient
from tests.unit.product_kit import PROFILE

GRAPH = "http://127.0.0.1:1"
"""A root on this machine, so that uploads to the storage emulator are allowed."""


def answered(body: Any, status: int = 200) -> httpx.Response:
    """A response with this JSON body, or with no body for None."""
    return httpx.Response(status, content=b"" if body is None else msgspec.json.encode(body))


class ClassicService:
    """A profile whose paths give these answers, in turn."""

    token = "canary-token"

    def __init__(self, answers: Mapping[str, Iterable[httpx.Response]]) -> None:
        self.requests: list[httpx.Request] = []
        self.routes: dict[str, Iterator[httpx.Response]] = {
            path: iter(given) for path, given in answers.items()
        }
        graph = GraphClient(GRAPH, _OneToken(self.token), httpx.MockTransport(self._answer))
        self.target = Classic(PROFILE, graph, UploadAddressRule("127.0.0.1", GRAPH))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return next(self.routes[request.url.path.removeprefix(f"{ROOT}/{PROFILE}")])


class _OneToken:
    def __init__(self, text: str) -> None:
        self._text = text

    def token(self, *, renew: bool = False) -> str:
        return self._text
