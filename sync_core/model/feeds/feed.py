"""One feed, as the settings have it."""

import re
from typing import Annotated

import msgspec

from sync_core.model.target_kinds import TARGET_KINDS, TargetKind

FEED_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""A feed's name is a folder, a part of an orchestration's id and of addresses."""

TARGET_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")

EXAMPLE = (
    '[{"name": "northwind", "target": "industry-data",'
    ' "inboundFlowId": "cab49be8-a9f1-4b2a-8a7d-0c3f5d1f0a6e", "format": "sds-v2.1"}]'
)

Seconds = Annotated[float, msgspec.Meta(ge=0, le=518_400)]
PositiveSeconds = Annotated[float, msgspec.Meta(gt=0, le=518_400)]

TARGET_NAMES = sorted(TARGET_KINDS)
TargetName = Annotated[
    str,
    msgspec.Meta(
        pattern=rf"^(?:{'|'.join(map(re.escape, TARGET_NAMES))})\Z",
        extra={"one_of": TARGET_NAMES},
    ),
]


class Feed(msgspec.Struct, frozen=True, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """A named source of exports, bound to one sync target. Times are in seconds, six days at most.

    `target`: what it is synced to; a dry run, which sends nothing, where the feed has no id of a
    target either.
    `profile_id` goes with `classic`; `inbound_flow_id` or its display name with `industry-data`.
    `quiet_seconds`: how long nothing may have changed before a set counts as still.
    `set_deadline_seconds`: how long an incomplete set is waited for.
    `require_marker`: whether only `_READY` or `manifest.json` makes a set complete.
    `poll_seconds`, `poll_cap_seconds`: the first and the longest wait between two looks.
    `ready_deadline_seconds`: how long a target may take to become ready.
    `max_spread_seconds`: how far apart the files of a set may have landed; 0 for any time.
    `follow`: whether the sync itself is watched until it ends, for a second event.
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

    @property
    def target_id(self) -> str | None:
        """What the target is known by; None for a dry run."""
        values = (getattr(self, field) for field in self.kind.id_fields)
        return next((value for value in values if value), None)

    @property
    def kind(self) -> TargetKind:
        """What is known of the kind of its target."""
        return TARGET_KINDS[self.target]
