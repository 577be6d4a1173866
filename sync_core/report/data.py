"""Everything that a report is made from, as plain values."""

from collections.abc import Mapping

import msgspec

from sync_core.model.documents import MessageLine, RunResult, SyncEnd
from sync_core.model.holds import PreviewLine
from sync_core.model.messages import RuleChanges
from sync_core.model.statistics import Count, Time


class LastSync(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The last export whose sync was started. `files` has the number of rows of each file."""

    run: str
    landed_at: Time
    files: dict[str, Count]


class ReportData(msgspec.Struct, frozen=True, kw_only=True):
    """The input of a report.

    `rows` is the number of rows by file, None if they were not counted. `messages` are findings and
    messages of the service, which are masked here. `result` is None for a validation without a run;
    `source` then says what was validated. `rules` are the severities that a feed gives to rules.

    `end` is how the sync itself ended, and `follow` says that the report is written again when it
    has. `before` is what the run is compared with. `changes` are the numbers of people and sections
    by kind, for the whole feed and for schools, of which `schools_left_out` are not listed; those
    before are 0 if there is no sync to compare with.
    `school_names` are names by the line of a school in this export, and empty unless the feed shows
    them. `time_zone` is an IANA name.
    """

    format_name: str
    messages: tuple[MessageLine, ...] = ()
    rows: Mapping[str, int | None] = {}
    rules: RuleChanges = {}
    source: str = ""
    result: RunResult | None = None
    end: SyncEnd | None = None
    follow: bool = False
    before: LastSync | None = None
    changes: tuple[PreviewLine, ...] = ()
    schools_left_out: int = 0
    school_names: Mapping[int, str] = {}
    time_zone: str = "UTC"
