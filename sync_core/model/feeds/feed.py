"""The settings of one feed."""

import re
from typing import Annotated, Literal

import msgspec

FEED_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""A feed's name is used as a folder name, in addresses and in the orchestration's instance id."""

TARGET_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")

EXAMPLE = (
    '[{"name": "northwind", "target": "classic",'
    ' "profileId": "86904b1e-c7d0-4ead-b13a-98f11fc400ee", "format": "sds-v1"}]'
)

Seconds = Annotated[float, msgspec.Meta(ge=0, le=518_400)]
PositiveSeconds = Annotated[float, msgspec.Meta(gt=0, le=518_400)]


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
    """

    name: str
    target: Literal["classic", "industry-data", "dry-run"] = "dry-run"
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
        """The target's id or display name; None for a dry run."""
        by_kind = {
            "classic": self.profile_id,
            "industry-data": self.inbound_flow_id or self.inbound_flow_name,
        }
        return by_kind.get(self.target)
