"""Requests to the Industry Data API about one inbound flow."""

from collections.abc import Set as AbstractSet
from typing import Any

from sync_core.targets.graph import Call, GraphAnswer, GraphClient

ROOT = "/beta/external/industryData"
OK, ACCEPTED = 200, 202


class FlowApi:
    """Sends requests below the API's root. `flow` is the id or name that errors mention.

    `permission` is the Graph permission that the request needs; `doing` completes the sentence
    "... the inbound flow" for errors. Statuses in `also` are returned instead of raised.
    """

    def __init__(self, graph: GraphClient, flow: str) -> None:
        self._graph, self._flow = graph, flow

    def get(self, path: str, permission: str, doing: str) -> dict[str, Any]:
        """The JSON object of a 200 answer, empty if the body is no object."""
        body = self.answer(path, permission, doing).body
        return body if isinstance(body, dict) else {}

    def answer(
        self, path: str, permission: str, doing: str, also: AbstractSet[int] = frozenset()
    ) -> GraphAnswer:
        """The answer to a GET."""
        call = Call("GET", ROOT + path, permission, f"{doing} the inbound flow {self._flow}")
        return self._graph.send(call, expected=frozenset({OK, *also}))

    def post(
        self, path: str, permission: str, doing: str, also: AbstractSet[int] = frozenset()
    ) -> GraphAnswer:
        """The answer to a POST, which is never sent twice. 202 is expected."""
        what = f"{doing} the inbound flow {self._flow}"
        call = Call("POST", ROOT + path, permission, what, repeatable=False)
        return self._graph.send(call, expected=frozenset({ACCEPTED, *also}))
