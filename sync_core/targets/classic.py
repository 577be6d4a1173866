"""The classic education synchronization API: a profile that CSV files are uploaded to.

Paths, states, answers and permissions are those of the API's documentation (Graph beta,
`/education/synchronizationProfiles`). The HTTP status of `start` is not its outcome: the documented
200 carries errors, so the body decides.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sync_core.model.feeds import Feed, Settings
from sync_core.model.masking import kept, kept_code
from sync_core.model.target_kinds import EDU_READ, EDU_READ_WRITE
from sync_core.targets import (
    Progress,
    Readiness,
    StartAnswer,
    UploadFile,
    UploadLog,
)
from sync_core.targets.blob_upload import (
    UploadAddressRule,
    UploadExpiredError,
    address_renewed,
    upload_blobs,
)
from sync_core.targets.classic_answers import (
    PROGRESS,
    STATUS_FIELDS,
    STATUSES,
    has_changed,
    proves_start,
    read_start_answer,
)
from sync_core.targets.graph import Call, GraphAnswer, GraphClient, Tokens
from sync_core.targets.json_fields import text_of
from sync_core.targets.paging import next_link, pages
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
"""Every documented `state` of a profile. Any other is waited for until the deadline, because it may
be a new intermediate state."""

CSV_PROVIDERS = frozenset({"educationcsvdataprovider", "csvdataprovider"})
"""The last segment of the types of providers that accept CSV files, in lower case. The second is
the name in the documentation of 2017: docs/service-facts.md#data-providers"""

PROVIDERS = frozenset(
    {
        "educationCsvDataProvider",
        "educationPowerSchoolDataProvider",
        "educationOneRosterApiDataProvider",
    }
)
"""The documented providers. Any other is not named in messages."""

OK, NOT_FOUND = frozenset({200, 201}), 404
"""The documented sample of uploadUrl has the status 201."""

START_ANSWERS = frozenset({200, 202, 204, 400})
ALL_STATUSES = {"Prefer": "include-unknown-enum-members"}


class Classic:
    """A profile of the classic API. `id` is the id of the profile."""

    def __init__(self, profile_id: str, graph: GraphClient, addresses: UploadAddressRule) -> None:
        self.id = profile_id
        self._graph = graph
        self._addresses = addresses

    def readiness(self) -> Readiness:
        """Whether the profile's `state` is ready and its data provider accepts files."""
        body = self._get("", READ, "the state of").body
        provider = provider_of(body)
        if provider and provider.lower() not in CSV_PROVIDERS:
            return Readiness(
                "failed",
                f"The profile's data provider is {kept(provider, PROVIDERS)}, which does not accept"
                " CSV files. Set profileId in SIS_FEEDS to a profile with the CSV data provider.",
            )
        state = text_of(body, "state")
        detail = f"The profile's state is {kept(state, READINESS) or 'unknown'}."
        return Readiness(READINESS.get(state, "waiting"), detail)

    def upload(self, files: Sequence[UploadFile], log: UploadLog) -> None:
        """Upload every file. An upload address that expires meanwhile is renewed once.

        All files are uploaded again, whatever the log says. The address allows writing only, so
        the app cannot see whether the service has emptied the container since.
        """
        try:
            upload_blobs(self._upload_url(), files, log.done)
        except UploadExpiredError:
            with address_renewed():
                upload_blobs(self._upload_url(), files, log.done)

    def before_start(self) -> dict[str, Any]:
        """The profile's status before a start, with the time of the answer by the service's clock.

        All fields are None for a profile that has never synced, because it has no status.
        """
        return self._status(never_synced=True)

    def start(self) -> StartAnswer:
        """Send the start and read its body. Raises AnswerLostError if a sync may have started."""
        call = Call(
            "POST",
            f"{ROOT}/{self.id}/start",
            READ_WRITE,
            f"the start of profile {self.id}",
            repeatable=False,
        )
        return read_start_answer(self._graph.send(call, expected=START_ANSWERS), call)

    def evidence(self, before: Mapping[str, Any], under_way: float | None) -> StartAnswer | None:
        """`started` if the status shows a sync that began while our request was under way."""
        if not proves_start(before, self._status(never_synced=True), under_way):
            return None
        return StartAnswer(
            started=True,
            note=(
                "The answer to the start was lost, but the profile's status shows that the sync has"
                " started. The verification messages in that answer cannot be retrieved."
            ),
        )

    def progress(self, before: Mapping[str, Any]) -> Progress:
        """The status of the sync that was started after `before`."""
        now = self._status(never_synced=before.get("status") is None)
        status = text_of(now, "status")
        state = PROGRESS.get(status, "running") if has_changed(before, now) else "running"
        errors, whole = self._errors() if state == "failed" else ({}, True)
        return Progress(
            status=kept(status, STATUSES), state=state, errors=errors, errors_cut=not whole
        )

    def _get(
        self, path: str, permission: str, doing: str, expected: frozenset[int] = OK, **headers: str
    ) -> GraphAnswer:
        what = f"{doing} profile {self.id}"
        call = Call("GET", f"{ROOT}/{self.id}{path}", permission, what, headers=headers)
        return self._graph.send(call, expected=expected)

    def _upload_url(self) -> str:
        body = self._get("/uploadUrl", READ_WRITE, "the upload address of").body
        return self._addresses.named_in(body, "value")

    def _status(self, *, never_synced: bool) -> dict[str, Any]:
        """`never_synced`: a 404 means that there is no status yet, not that the profile is gone."""
        expected = OK | {NOT_FOUND} if never_synced else OK
        answer = self._get("/profileStatus", READ, "the status of", expected, **ALL_STATUSES)
        body = {} if answer.status == NOT_FOUND else answer.body
        names = STATUS_FIELDS if isinstance(body, dict) else ()
        # A value of another type becomes "": that is no status, and not a missing one either.
        status = {name: None if body.get(name) is None else text_of(body, name) for name in names}
        return {**status, "askedAt": answer.date}

    def _errors(self) -> tuple[dict[str, int], bool]:
        """The number of sync errors of each code, and whether all were counted."""
        counts: dict[str, int] = {}
        body: Any = None
        for body in pages(lambda path: self._get(path, READ, "the sync errors of").body, "/errors"):
            entries = body.get("value") if isinstance(body, dict) else None
            for entry in entries or ():
                code = kept_code(text_of(entry, "errorCode") or "None")
                counts[code] = counts.get(code, 0) + 1
        return counts, not next_link(body)


def classic_target(feed: Feed, settings: Settings) -> Classic:
    """The adapter for a feed, with the app's managed identity."""
    tokens: Tokens = ManagedIdentityTokens(settings.graph_root, settings.identity_client_id)
    addresses = UploadAddressRule(settings.upload_suffix, settings.graph_root)
    return Classic(feed.target_id or "", GraphClient(settings.graph_root, tokens), addresses)


def provider_of(profile: Any) -> str:
    """The type of a profile's data provider by its last segment; empty if it is missing."""
    provider = profile.get("dataProvider") if isinstance(profile, dict) else None
    return text_of(provider, "@odata.type").rpartition(".")[2].lstrip("#")[:100]
