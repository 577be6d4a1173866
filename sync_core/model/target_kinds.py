"""The kinds of sync target, each declared once.

Settings, adapters, gathering, results, the doctor and the templates derive from `TARGET_KINDS`. A
new kind is a row here and an adapter in `sync_core/targets/`; where it has an id of its own, also
that field in `Feed`.

The permissions are application permissions of Microsoft Graph. Sources: the permission tables of
the classic API's pages (2021 to 2024) and of the Industry Data API, and the Graph permissions
reference for the ids.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from sync_core.formats import FORMATS


class Permission(NamedTuple):
    """One application permission: its name, the id of its app role, and what it is needed for.

    A deployment looks a role up by its name and uses the id only to compare.
    """

    name: str
    id: str
    reason: str


class StartLimit(NamedTuple):
    """The service accepts at most `starts` starts in `hours` hours."""

    starts: int
    hours: int


class FileLimits(NamedTuple):
    """What a service does not accept, although the format allows it.

    `rows`: the highest number of rows in a file, None if there is no limit.
    `class_id_characters`: characters that the ID of a class must not contain.
    """

    rows: int | None = None
    class_id_characters: str = ""


NO_LIMITS = FileLimits()


class TargetKind(NamedTuple):
    """The declaration of a kind of target.

    `adapter`: its factory as "module:function", called with the feed and the settings.
    `formats`: the names of the formats that it accepts.
    `id_field`: the attribute of `Feed` that holds the target's id, None for a kind that needs none.
    `name_field`: the attribute that may hold its display name instead.
    `id_advice`: what to do if these fields name no target.
    `permissions`: all permissions that the app's identity needs.
    `required_groups`: the format's all-or-none groups that it requires.
    `start_limit`: how often the service accepts a start, if it documents that.
    `file_limits`: what the service does not accept, although the format allows it.
    """

    name: str
    adapter: str
    formats: frozenset[str]
    id_field: str | None = None
    name_field: str | None = None
    id_advice: str = ""
    permissions: tuple[Permission, ...] = ()
    required_groups: frozenset[str] = frozenset()
    start_limit: StartLimit | None = None
    file_limits: FileLimits = NO_LIMITS

    @property
    def id_fields(self) -> tuple[str, ...]:
        """The attributes of `Feed` that name a target of this kind."""
        return tuple(field for field in (self.id_field, self.name_field) if field)


EDU_READ = Permission(
    "EduAdministration.Read.All",
    "7c9db06a-ec2d-4e7b-a592-5a1e30992566",
    "read a profile; the wider one, which a start needs, holds it",
)
EDU_READ_WRITE = Permission(
    "EduAdministration.ReadWrite.All",
    "9bc431c3-b8bc-4a8d-a219-40f10f92eff6",
    "read the profile, get its upload address, start its sync; a start has no narrower one",
)
DATA_CONNECTOR_UPLOAD = Permission(
    "IndustryData-DataConnector.Upload",
    "9334c44b-a7c6-4350-8036-6bf8e02b4c1f",
    "get an upload session and have the files validated",
)
READ_BASIC = Permission(
    "IndustryData.ReadBasic.All",
    "4f5ac95f-62fd-472c-b60f-125d24ca0bc5",
    "read the operation that a validation is",
)
INBOUND_FLOW_READ = Permission(
    "IndustryData-InboundFlow.Read.All",
    "305f6ba2-049a-4b1b-88bb-fe7e08758a00",
    "read the inbound flow, whether it is ready, and its data connector",
)
RUN_READ = Permission(
    "IndustryData-Run.Read.All",
    "f6f5d10b-3024-4d1d-b674-aae4df4a1a73",
    "watch the run until it has ended",
)
RUN_START = Permission(
    "IndustryData-Run.Start",
    "7e429772-5b5e-47c0-8fd6-7279294c8033",
    "start a run instead of waiting for the next one of the schedule",
)

CLASSIC = TargetKind(
    name="classic",
    adapter="sync_core.targets.classic:classic_target",
    formats=frozenset({"sds-v1", "sds-v1-uk"}),
    id_field="profile_id",
    id_advice=(
        "profileId must be the id of a School Data Sync profile: up to 128 letters, digits, dots,"
        " dashes and underscores."
    ),
    permissions=(EDU_READ_WRITE,),
    # The classic API takes all six files of SDS V1 or none (docs/service-facts.md#files-of-sds-v1).
    required_groups=frozenset({"classes"}),
    # docs/service-facts.md#limits-of-files
    file_limits=FileLimits(rows=500_000, class_id_characters='@()\\[]";:.<>,'),
)

INDUSTRY_DATA = TargetKind(
    name="industry-data",
    adapter="sync_core.targets.industry_data.adapter:industry_data_target",
    formats=frozenset(known.name for known in FORMATS.values() if known.service_code),
    id_field="inbound_flow_id",
    name_field="inbound_flow_name",
    id_advice="either inboundFlowId or inboundFlowName must name an inbound flow.",
    permissions=(
        INBOUND_FLOW_READ,
        DATA_CONNECTOR_UPLOAD,
        READ_BASIC,
        RUN_START,
        RUN_READ,
    ),
    # Five successful starts in twelve hours (docs/service-facts.md#limits-of-starts).
    start_limit=StartLimit(starts=5, hours=12),
)

DRY_RUN = TargetKind(
    name="dry-run",
    adapter="sync_core.targets.dry_run:dry_run_target",
    formats=frozenset(FORMATS),
)

TARGET_KINDS: Mapping[str, TargetKind] = MappingProxyType(
    {kind.name: kind for kind in (CLASSIC, INDUSTRY_DATA, DRY_RUN)}
)
"""All kinds by the name that a feed's `target` setting uses."""


def file_limits(kind: TargetKind | None, format_name: str) -> FileLimits:
    """The limits of a target of this kind.

    Where the target is not known (None), or a dry run that stands for one, these are the limits of
    all kinds that take the format.
    """
    if kind and kind.id_fields:
        return kind.file_limits
    all_limits = [
        known.file_limits for known in TARGET_KINDS.values() if format_name in known.formats
    ]
    return FileLimits(
        rows=min((limits.rows for limits in all_limits if limits.rows), default=None),
        class_id_characters="".join(limits.class_id_characters for limits in all_limits),
    )
