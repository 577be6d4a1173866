"""Microsoft's Graph SDK and Data Lake client, connected to the simulator.

They are large, so `make test` installs them separately from the other packages. They are imported
by name when a test needs them, so that the type checker does not read them.
"""

import importlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import Enum
from typing import Any

import httpx

MODELS = "msgraph_beta.generated.models"


def load(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise AssertionError(
            f"The package of {error.name} is not installed, so nothing was checked against"
            " Microsoft's own code. make test installs it, and so does: pip install --no-deps"
            " --requirement requirements-sdk-check.txt"
        ) from error


class GraphSdk:
    """The SDK's client at the root of the Industry Data API. It keeps the last raw answer."""

    def __init__(self, graph_root: str, token: str) -> None:
        self.raw: dict[str, Any] = {}
        self.headers = httpx.Headers()
        self._http = httpx.AsyncClient(
            trust_env=False,
            headers={"Authorization": f"Bearer {token}"},
            event_hooks={"response": [self._keep]},
        )
        anonymous = load("kiota_abstractions.authentication").AnonymousAuthenticationProvider()
        adapter = load("kiota_http.httpx_request_adapter").HttpxRequestAdapter(
            anonymous, http_client=self._http
        )
        adapter.base_url = f"{graph_root}/beta"
        self.industry = (
            load("msgraph_beta").GraphServiceClient(request_adapter=adapter).external.industry_data
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def _keep(self, response: httpx.Response) -> None:
        content = await response.aread()
        self.headers = response.headers
        self.raw = json.loads(content) if content else {}


def lost(document: Mapping[str, Any], model: Any, path: str = "") -> list[str]:
    """The paths of values in the document that the SDK's object lacks or has changed."""
    return list(_lost_members(document, model, path))


def _lost_members(document: Mapping[str, Any], model: Any, path: str) -> Iterator[str]:
    known = model.get_field_deserializers()
    for name, value in document.items():
        if name == "@odata.context":
            continue
        place = f"{path}.{name}" if path else name
        attribute = re.sub("([A-Z])", r"_\1", name.replace("@odata.type", "odataType")).lower()
        if name not in known:
            yield place
        else:
            yield from _lost(value, getattr(model, attribute), place)


def _lost(value: Any, got: Any, place: str) -> Iterator[str]:
    if isinstance(value, dict) and got is not None:
        yield from _lost_members(value, got, place)
    elif isinstance(value, list) and got is not None and len(value) == len(got):
        for number, (one, other) in enumerate(zip(value, got, strict=True)):
            yield from _lost(one, other, f"{place}[{number}]")
    elif not _same(value, got):
        yield place


def _same(value: Any, got: Any) -> bool:
    if isinstance(got, datetime):
        return datetime.fromisoformat(value) == got
    return bool(value == (got.value if isinstance(got, Enum) else got))
