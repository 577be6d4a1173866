"""The settings of one feed."""

import re
from typing import Annotated

import msgspec

from sync_core.model.guards import GuardSettings
from sync_core.model.messages import RuleChanges
from sync_core.model.target_kinds import TARGET_KINDS, TargetKind

FEED_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""A feed's name is used as a folder name, in addresses and in the orchestration's instance id."""

TARGET_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")

EXAMPLE = (
    '[{"name": "northwind", "target": "industry-data",'
    ' "inboundFlowId": "cab49be8-a9f1-4b2a-8a7d-0c3f5d1f0a6e", "format": "sds-v2.1"}]'
)

Seconds = Annotated[float, msgspec.Meta(ge=0, le=518_400)]
PositiveSeconds = Annotated[float, msgspec.Meta(gt=0, le=518_400)]

Nights = Annotated[int, msgspec.Meta(ge=1, le=400)]

TARGET_NAMES = sorted(TARGET_KINDS)
TargetName = Annotated[
    str,
    msgspec.Meta(
        pattern=rf"^(?:{'|'.join(map(re.escape, TARGET_NAMES))})\Z",
        extra={"one_of": TARGET_NAMES},
    ),
]


class Feed(msgspec.Struct, frozen=True, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """A named source of exports, bound to one sync target. Durations: seconds, up to 6 days.

    `target`: the kind of target. Required if the feed names one; otherwise a dry run.
    `profile_id`: for `classic`. `inbound_flow_id` or `inbound_flow_name`: for `industry-data`.
    `quiet_seconds`: no file may change for this long before a set counts as complete.
    `set_deadline_seconds`: how long the app waits for an incomplete set.
    `require_marker`: a set is complete only with `_READY` or `manifest.json`.
    `poll_seconds`, `poll_cap_seconds`: the first and the longest wait between two polls.
    `ready_deadline_seconds`: how long the app waits for the target to become ready.
    `max_spread_seconds`: how far apart in time the files of a set may land; 0 for no limit.
    `follow`: poll the sync until it ends, and send a second event.
    `rules`: severities of validation rules that differ from the usual ones.
    `guards`: limits of guards that differ from the usual ones, and guards that are turned off.
    `keep_nights`: how many baselines are kept.
    `time_zone`: the time zone of the times in reports, by its IANA name.
    `show_school_names`: reports name schools, not only their lines.
    """

    name: str
    target: TargetName = "dry-run"
    profile_id: str | None = None
    inbound_flow_id: str | None = None
    inbound_flow_name: str | None = None
    format: str = "sds-v1"
    quiet_seconds: Seconds = 120
    set_deadline_seconds: PositiveSeconds = 10_800
    require_marker: bool = False
    poll_seconds: PositiveSeconds = 30
    poll_cap_seconds: PositiveSeconds = 900
    ready_deadline_seconds: PositiveSeconds = 21_600
    max_spread_seconds: Seconds = 43_200
    follow: bool = True
    rules: RuleChanges = {}
    guards: GuardSettings = {}
    keep_nights: Nights = 60
    time_zone: str = "UTC"
    show_school_names: bool = False

    def __hash__(self) -> int:
        # The default hash would need every field to be hashable. Equal feeds have equal names.
        return hash(self.name)

    @property
    def target_id(self) -> str | None:
        """The id or display name of the target; None for a dry run."""
        values = (getattr(self, field) for field in self.kind.id_fields)
        return next((value for value in values if value), None)

    @property
    def kind(self) -> TargetKind:
        """The declaration of the kind of its target."""
        return TARGET_KINDS[self.target]
