"""The classic education synchronization API: a profile that CSV files are uploaded to.

Paths, states, answers and permissions are those of the API's documentation (Graph beta,
`/education/synchronizationProfiles`). The HTTP status of `start` is not its outcome: the documented
200 carries errors, so the body decides.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import httpx

from sync_core.errors import AnswerLostError
from sync_core.feeds import Feed, Settings
from sync_core.masking import kept, kept_code
from sync_core.messages import VerificationMessage, severity
from sync_core.targets import (
    Progress,
    Readiness,
    StartAnswer,
    UploadFile,
    UploadLog,
    Verification,
)
from sync_core.targets.blob_upload import (
    UploadAddressRule,
    UploadExpiredError,
    address_renewed,
    upload_blobs,
)
from sync_core.targets.graph import Call, GraphAnswer, GraphClient, Tokens
from sync_core.targets.paging import next_link, pages
from sync_core.targets.permissions import EDU_READ, EDU_READ_WRITE
from sync_core.targets.tokens import ManagedIdentityTokens

ROOT = "/beta/education/synchronizationProfiles"
READ, READ_WRITE = EDU_READ.name, EDU_READ_WRITE.name

READINESS: dict[str, Literal["ready", "waiting", "failed"]] = {
    "provisioning": "waiting",
    "provisioned": "ready",
    "provisioningFailed": "failed",
    "deleting": "failed",
    "deletionFailed": "failed",
    "unknownFutureValue": "waiting",
}
"""Every documented `state` of a profile. One that is not listed is waited for as well: a new word
may be a step on the way, and the deadline ends it."""

PROGRESS: dict[str, Literal["running", "succeeded", "failed"]] = {
    "inProgress": "running",
    "extracting": "running",
    "validating": "running",
    "success": "succeeded",
    "error": "failed",
    "validationError": "failed",
    "quarantined": "failed",
    "paused": "failed",
}
"""Every documented `status` of a sync. One that is not listed counts as running."""

STATUSES = {*PROGRESS, "unknownFutureValue"}
RUNNING = frozenset(status for status, state in PROGRESS.items() if state == "running")
IDLE = {None, *PROGRESS.keys() - RUNNING}
"""What a status can be while no sync runs; a profile that has had none tells null."""

START_ANSWERS = frozenset({200, 202, 204, 400})
ALL_STATUSES = {"Prefer": "include-unknown-enum-members"}


class Classic:
    """A profile of the classic API. `id` is the profile's."""

    def __init__(self, profile_id: str, graph: GraphClient, addresses: UploadAddressRule) -> None:
        self.id = profile_id
        self._graph = graph
        self._addresses = addresses

    def readiness(self) -> Readiness:
        """The profile's `state` as a verdict."""
        state = _text(self._get("", READ, "the state of").body, "state")
        detail = f"The profile's state is {kept(state, READINESS) or 'not told'}."
        return Readiness(READINESS.get(state, "waiting"), detail)

    def upload(self, files: Sequence[UploadFile], log: UploadLog) -> None:
        """Upload every file. An address that expires on the way is asked for anew, once.

        The log is not asked what is there: the address allows writing only, so nobody can see
        whether the service has emptied the container since, and half a set would be started.
        """
        try:
            upload_blobs(self._upload_url(), files, log.done)
        except UploadExpiredError:
            with address_renewed():
                upload_blobs(self._upload_url(), files, log.done)

    def verify(self) -> str | None:
        """None: the start verifies by itself."""
        return None

    def verification(self, operation: str) -> Verification:
        raise ValueError(f"The classic API has no operation {operation}.")

    def before_start(self) -> dict[str, Any]:
        """The profile's status before a start; empty where the profile has none yet."""
        return self._status()

    def start(self) -> StartAnswer:
        """Send the start and read its body. AnswerLostError: its fate is open."""
        call = Call(
            "POST",
            f"{ROOT}/{self.id}/start",
            READ_WRITE,
            f"the start of profile {self.id}",
            repeatable=False,
        )
        return read_start_answer(self._graph.send(call, expected=START_ANSWERS), call)

    def started(self, operation: str) -> StartAnswer:
        raise ValueError(f"The classic API has no operation {operation}.")

    def evidence(self, before: Mapping[str, Any]) -> StartAnswer | None:
        """`started` where the profile's status can only come from our start."""
        now = self._status()
        if not proves_start(before, now):
            return None
        return StartAnswer(
            started=True,
            note=(
                "The answer to the start was lost on the way; the profile's status shows that the"
                " sync has started. Its verification messages cannot be asked for again."
            ),
        )

    def progress(self, before: Mapping[str, Any]) -> Progress:
        """The status of the sync that was started after `before`."""
        now = self._status()
        status = _text(now, "status")
        state = PROGRESS.get(status, "running") if _moved(before, now) else "running"
        errors, whole = self._errors() if state == "failed" else ({}, True)
        return Progress(
            status=kept(status, STATUSES), state=state, errors=errors, errors_cut=not whole
        )

    def _get(self, path: str, permission: str, doing: str, **headers: str) -> GraphAnswer:
        what = f"{doing} profile {self.id}"
        call = Call("GET", f"{ROOT}/{self.id}{path}", permission, what, headers=headers)
        # The documented sample of uploadUrl carries the status 201.
        return self._graph.send(call, expected=frozenset({200, 201}))

    def _upload_url(self) -> str:
        body = self._get("/uploadUrl", READ_WRITE, "the upload address of").body
        return self._addresses.named_in(body, "value")

    def _status(self) -> dict[str, Any]:
        answer = self._get("/profileStatus", READ, "the status of", **ALL_STATUSES)
        if not isinstance(answer.body, dict):
            return {}
        return {name: answer.body.get(name) for name in STATUS_FIELDS}

    def _errors(self) -> tuple[dict[str, int], bool]:
        """How many sync errors there are of each code, and whether all of them were counted."""
        counts: dict[str, int] = {}
        body: Any = None
        for body in pages(lambda path: self._get(path, READ, "the sync errors of").body, "/errors"):
            entries = body.get("value") if isinstance(body, dict) else None
            for entry in entries or ():
                code = kept_code(_text(entry, "errorCode") or "None")
                counts[code] = counts.get(code, 0) + 1
        return counts, not next_link(body)


STATUS_FIELDS = ("status", "lastSynchronizationDateTime", "lastActivityDateTime")
"""What is kept of a status. The rest may hold free text."""


def classic_target(feed: Feed, settings: Settings) -> Classic:
    """The adapter for a feed, with the app's managed identity."""
    tokens: Tokens = ManagedIdentityTokens(settings.graph_root, settings.identity_client_id)
    addresses = UploadAddressRule(settings.upload_suffix, settings.graph_root)
    return Classic(feed.target_id or "", GraphClient(settings.graph_root, tokens), addresses)


def read_start_answer(answer: GraphAnswer, call: Call) -> StartAnswer:
    """What a 2xx or 400 of `start` means (spec 1.6): the body decides, not the status."""
    messages = verification_messages(answer.body)
    if answer.status == httpx.codes.BAD_REQUEST:
        return StartAnswer(started=False, messages=messages, note=_graph_error(answer.body))
    if not answer.empty and not _documented(answer.body):
        raise AnswerLostError(
            f"Microsoft Graph answered {answer.status} to {call.what} with a body that does not say"
            " what became of it."
        )
    refused = any(severity(message) == "error" for message in messages)
    return StartAnswer(started=not refused, messages=messages)


def verification_messages(body: Any) -> tuple[VerificationMessage, ...]:
    """The messages of a body, verbatim: `{"value": [...]}` or a bare array."""
    items = body.get("value") if isinstance(body, dict) else body
    if not isinstance(items, list):
        return ()
    return tuple(_message(item) for item in items if isinstance(item, dict))


def proves_start(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether a status can only come from a start after `before`.

    A sync that was already running before, or may have been, proves nothing by running on or
    ending. The times are compared with each other as the service wrote them, so that no clock of
    ours has a say.
    """
    if "status" not in before or before["status"] not in IDLE:
        return False
    if now.get("status") in RUNNING:
        return True
    ended = "lastSynchronizationDateTime"
    return now.get("status") == "success" and before.get(ended) != now.get(ended)


def _moved(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    return any(before.get(name) != now.get(name) for name in STATUS_FIELDS)


def _documented(body: Any) -> bool:
    if isinstance(body, dict):
        annotated = all(name.startswith("@") for name in body)
        body = [] if annotated else None if "error" in body else body.get("value")
    return isinstance(body, list) and all(isinstance(item, dict) for item in body)


def _message(item: dict[str, Any]) -> VerificationMessage:
    # The property table of the older pages prints `filename`.
    return VerificationMessage(
        type=_text(item, "type"),
        file_name=_text(item, "fileName") or _text(item, "filename"),
        description=_text(item, "description"),
    )


def _graph_error(body: Any) -> str:
    error = body.get("error") if isinstance(body, dict) else None
    code = kept_code(_text(error, "code"))
    return f"The service refused the start with the code {code}." if code else ""


def _text(body: Any, name: str) -> str:
    value = body.get(name) if isinstance(body, dict) else None
    return value if isinstance(value, str) else ""
