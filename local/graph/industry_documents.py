"""Settings of the Industry Data API in the control API, as JSON in snake case."""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from local.graph.documents import Step, Steps

Guid = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
FileFormat = Literal["schoolDataSyncV1", "schoolDataSyncV2Rev1"]
# The Location of a 202. `foreign` is on the Data Lake's host instead of Graph's.
Location = Literal["absolute", "relative", "foreign", "missing"]
# `typed`: as the published types, with whole numbers in the totals and counts by activity.
# `plain`: as the documented sample, with role counts in place of the activities' statistics.
# `metric`: active, inactive and total everywhere, as one page describes the totals too.
StatisticsShape = Literal["typed", "plain", "metric"]


class ErrorDetail(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """One `publicErrorDetail`."""

    code: str
    message: str = ""
    target: str | None = None


class InnerError(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """One `publicInnerError`."""

    code: str
    message: str = ""
    target: str | None = None
    details: list[ErrorDetail] = field(default_factory=list)


class PublicError(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """One `publicError`."""

    code: str
    message: str = ""
    target: str | None = None
    details: list[ErrorDetail] = field(default_factory=list)
    inner_error: InnerError | None = None


class InboundFlowSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How one inbound flow and its data connector behave.

    `readiness` are the words that GET of the flow returns; any word is allowed. `validation` are
    the words of a validate operation; at its last word it lists `errors` and `warnings` in addition
    to those found in the files. `session_seconds` and `container_seconds` are lifetimes; the real
    ones are not documented. `external_resource`: whether the operation's `resourceLocation` has the
    segment /external; the documented sample has not. `retry_after` is sent in a lower-case header,
    with the 202 and until the operation has ended. The first `unseen_polls` polls of a new
    operation are answered with 404, as from a part of the service that does not know it yet.
    """

    id: Guid
    connector_id: Guid
    display_name: str = "Local flow"
    connector_name: str = "Local connector"
    file_format: FileFormat = "schoolDataSyncV2Rev1"
    readiness: Steps = field(default_factory=lambda: ["ready"])
    validation: Steps = field(default_factory=lambda: [Step("running", seconds=0.2), "succeeded"])
    errors: list[PublicError] = field(default_factory=list)
    warnings: list[PublicError] = field(default_factory=list)
    session_seconds: float = 3600
    container_seconds: float = 172_800
    location: Location = "absolute"
    external_resource: bool = False
    retry_after: str = ""
    unseen_polls: int = 0


class RunSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How the tenant's runs behave. They are not specific to a flow.

    `operation` are the words of the operation that a start returns; one that ends as `failed` has
    no run and is not counted. `run` are the words of the run itself. `errors` and `warnings` are
    counts in its statistics. More than `starts_allowed` starts in `window_hours` of the simulator's
    clock are answered with 429, with `retry_after` if given, and with `limit_message`, because the
    documentation has the limit but no text for it. The next `throttled` starts are answered with
    the 429 of Graph's throttling page, which does not mention a limit on starts. `location`,
    `external_resource`, `retry_after` and `unseen_polls` have the same meaning as for a flow. They
    apply to new runs and operations, `statistics` and the counts also to existing ones. `page_size`
    is the number of runs on a page of their list.
    """

    operation: Steps = field(default_factory=lambda: [Step("running", seconds=0.2), "succeeded"])
    run: Steps = field(default_factory=lambda: [Step("running", seconds=0.2), "completed"])
    statistics: StatisticsShape = "typed"
    errors: int = 0
    warnings: int = 0
    blocking_error: PublicError | None = None
    starts_allowed: int = 5
    window_hours: float = 12
    location: Location = "absolute"
    external_resource: bool = False
    retry_after: str = ""
    unseen_polls: int = 0
    page_size: int = 100
    limit_message: str = (
        "The number of successful run starts that is allowed in 12 hours has been reached."
    )
    throttled: int = 0


class Advance(Struct, frozen=True, forbid_unknown_fields=True):
    """The step by which to advance the simulator's clock."""

    seconds: float
