"""Documents of the simulator's control API: settings and journal, as JSON in snake case."""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

When = Literal["before", "after"]
Drop = Literal["", "eof", "reset"]


class Step(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One word of a script. It lasts for `polls` or `seconds`; with neither it stays."""

    word: str
    polls: int | None = None
    seconds: float | None = None


# The id is also the container's name. Real ids are GUIDs in lower case.
ContainerName = Annotated[
    str, Meta(pattern=r"^[a-z0-9](-?[a-z0-9])+$", min_length=3, max_length=63)
]
Steps = Annotated[list[Step | str], Meta(min_length=1)]


class SyncError(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """One `educationSynchronizationError` without id and time, which the simulator sets."""

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

    `states` are the words that GET of the profile returns; any word is allowed. `sync` are the
    words of profileStatus after a successful start, and `idle_status` is the word before it.
    `sync_errors` are listed once a sync has reached its last word. For `busy_seconds` after a
    start, uploadUrl and another start answer 409. `refusal_status` is the status of a start that
    lists errors; the documentation has 200 in a sample and 400 in its text. Without `sas_writes`
    the signature of an upload address only permits to read. `data_provider` is the type of the
    profile's `dataProvider`; only a CSV provider accepts uploads and starts (pages of uploadUrl and
    start). With `never_synced`, profileStatus answers 404 until the first sync has begun, as a
    navigation property without a value does.
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


# The least roles for the nightly calls of both APIs by an unattended app.
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
    """The content of tokens issued from now on.

    The first `late_tokens` tokens lack the `late_roles`, as after a role was granted, because
    tokens of a managed identity are cached for about a day
    (learn.microsoft.com/entra/identity/managed-identities-azure-resources/
    managed-identity-best-practice-recommendations).
    """

    roles: list[str] = field(default_factory=lambda: list(NIGHTLY_ROLES))
    lifetime_seconds: int = 86_400
    late_roles: list[str] = field(default_factory=list)
    late_tokens: int = 0


class Fault(Struct, frozen=True, forbid_unknown_fields=True):
    """A fault in the next `times` requests of one operation, before or after it takes effect.

    First comes a `delay` in seconds. Then `drop` closes the connection without an answer (`eof`
    orderly, `reset` with a TCP reset), or `status`, `headers` and `body` replace the answer. With
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
    """One received request. `time` and `answered` are seconds since the epoch.

    `status` is null while there is no answer, and if the connection was dropped. `effective`: the
    operation took effect, whatever the answer was; for `start` a sync was started, for `runs_start`
    a run. `leak`: a bearer token was sent to a host that must not receive it. `note` describes any
    other violation of the documentation by the caller.
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
    """The number of requests of one operation, and of those that took effect."""

    requests: int = 0
    effective: int = 0


class Announcement(Struct, frozen=True):
    """The line that the simulator prints when it listens."""

    url: str
    identity_endpoint: str
    identity_header: str
    data_lake: str
