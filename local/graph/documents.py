"""What crosses the simulator's control API: settings in, journal out. Snake case JSON."""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

When = Literal["before", "after"]
Drop = Literal["", "eof", "reset"]


class Step(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One word of a script. It is left after so many polls or seconds; with neither it stays."""

    word: str
    polls: int | None = None
    seconds: float | None = None


# The id names the upload container; the real ones are GUIDs in lower case.
ContainerName = Annotated[
    str, Meta(pattern=r"^[a-z0-9](-?[a-z0-9])+$", min_length=3, max_length=63)
]
Steps = Annotated[list[Step | str], Meta(min_length=1)]


class SyncError(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """One `educationSynchronizationError` without its id and time, which the simulator gives."""

    entry_type: str = "Student"
    error_code: str = "UnsynchronizableChange"
    error_message: str = (
        "Student cannot be updated as no matching entry in Active Directory was found for"
        " Student.  Verify the identity matching criteria for the profile."
    )
    joining_value: str = ""
    reportable_identifier: str = ""


class ProfileSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How one synchronization profile behaves. A script entry that is a bare word lasts one poll.

    `states` are answered by GET of the profile, any word is allowed. `sync` are the words of
    profileStatus after a start that took effect; `idle_status` is the word before the first one.
    `sync_errors` are seen once a sync has come to its last word. `busy_seconds`: how long after
    such a start uploadUrl, and another start, answer 409. `refusal_status`: what start answers
    with errors in its body; the documentation has a sample of 200 and prose of 400. Where not
    `sas_writes`, the signature of an upload address permits reading alone.
    `data_provider` is the type of the profile's `dataProvider`; only a CSV provider takes uploads
    and starts (the pages of uploadUrl and start). `never_synced`: profileStatus answers 404 until
    the first sync has begun, as a navigation property without a value does.
    """

    id: ContainerName
    display_name: str = "Local profile"
    states: Steps = field(default_factory=lambda: ["provisioned"])
    sync: Steps = field(default_factory=lambda: [Step("inProgress", seconds=0.2), "success"])
    idle_status: str = "success"
    status_message: str = ""
    sync_errors: list[SyncError] = field(default_factory=list)
    page_size: int = 100
    upload_url_status: Literal[200, 201] = 200
    sas_seconds: float = 3600
    sas_writes: bool = True
    busy_seconds: float = 0
    refusal_status: Literal[200, 400] = 200
    data_provider: str = "#microsoft.graph.educationCsvDataProvider"
    never_synced: bool = False


# What an unattended app needs for the nightly calls of both APIs, and no more.
NIGHTLY_ROLES = (
    "EduAdministration.ReadWrite.All",
    "IndustryData.ReadBasic.All",
    "IndustryData-DataConnector.Read.All",
    "IndustryData-DataConnector.Upload",
    "IndustryData-InboundFlow.Read.All",
    "IndustryData-Run.Read.All",
    "IndustryData-Run.Start",
)


class IdentitySettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What tokens issued from now on carry.

    The first `late_tokens` of all tokens are without the `late_roles`, as they are after a role was
    granted: the tokens of a managed identity are kept for about a day
    (learn.microsoft.com/entra/identity/managed-identities-azure-resources/
    managed-identity-best-practice-recommendations).
    """

    roles: list[str] = field(default_factory=lambda: list(NIGHTLY_ROLES))
    lifetime_seconds: int = 86_400
    late_roles: list[str] = field(default_factory=list)
    late_tokens: int = 0


class Fault(Struct, frozen=True, forbid_unknown_fields=True):
    """What befalls the next `times` requests of one operation, before or after it took effect.

    First `delay` seconds pass. Then `drop` closes the connection unanswered (`eof` orderly,
    `reset` with a TCP reset), or `status`, `headers` and `body` stand in for the answer. With
    neither, the request is only delayed.
    """

    operation: str
    times: int = 1
    when: When = "before"
    delay: float = 0
    drop: Drop = ""
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""


class Entry(Struct):
    """One request as it was seen. `time` and `answered` are seconds since the epoch.

    `status` is null while unanswered and when the connection was dropped. `effective`: the
    operation was carried out, whatever the caller saw; for `start` that the sync was started, for
    `runs_start` that a run was. `leak`: a bearer token came to where none belongs. `note` says
    what else the caller did against the documentation.
    """

    sequence: int
    time: float
    operation: str
    method: str
    path: str
    client_request_id: str = ""
    token: str = ""
    answered: float | None = None
    status: int | None = None
    effective: bool = False
    fault: str = ""
    leak: bool = False
    note: str = ""


class Counter(Struct):
    """How many requests of one operation arrived, and how many of them took effect."""

    requests: int = 0
    effective: int = 0


class Announcement(Struct, frozen=True):
    """The one line that the simulator prints when it listens."""

    url: str
    identity_endpoint: str
    identity_header: str
    data_lake: str
