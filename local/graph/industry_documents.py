"""How the Industry Data side behaves: what crosses the control API for it. Snake case JSON."""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from local.graph.documents import Step, Steps

Guid = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
FileFormat = Literal["schoolDataSyncV1", "schoolDataSyncV2Rev1"]
# Where a 202 says that its operation is; `foreign` is the host of the Data Lake, not Graph's.
Location = Literal["absolute", "relative", "foreign", "missing"]
# `typed`: what the published types say, whole numbers in the totals and counts by activity.
# `plain`: the documented sample, where role counts stand in for the activities' statistics.
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

    `readiness` is answered by GET of the flow, any word is allowed. `validation` are the words of
    a validate operation; `errors` and `warnings` are told besides what the files themselves give
    rise to, once it has come to its last word. `session_seconds` and `container_seconds` are
    lifetimes; the real ones are not documented. `external_resource`: whether the operation's
    `resourceLocation` has the segment /external; the documented sample lacks it. `retry_after` is
    sent, in a header in lower case, with the 202 and while the operation has not ended.
    `unseen_polls`: how many looks at a new operation are answered with 404, as where the part of
    the service that is asked has not heard of it yet.
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
    """How runs behave; they are the tenant's, not a flow's.

    `operation` are the words of the operation that a start returns; one that ends as `failed` has
    no run and is not counted. `run` are the words of the run itself. `errors` and `warnings` are
    counts in its statistics. `starts_allowed` in `window_hours` of the simulator's clock; a start
    beyond them is answered with 429, with `retry_after` if one is given, and with `limit_message`:
    the pages give the limit and no wording of it. The next `throttled` starts are answered with the
    429 of Graph's throttling page, which says nothing of a limit on starts. `location`,
    `external_resource`, `retry_after` and `unseen_polls` mean what they mean for a flow. They hold
    for runs and operations from now on, `statistics` and the counts also for those that exist.
    `page_size` is how many runs a page of their list holds.
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
    """How far the simulator's clock is moved ahead."""

    seconds: float
