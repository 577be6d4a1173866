"""What the documents say is what the code does: tables are held against the data behind them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from local.demo import DemoTarget, usual_target
from local.host.main import STOP_SECONDS
from local.host.settings import time_span
from local.narration import DONE, ENDED
from sync_core.cli.runs.decision_commands import SWEEP_MINUTES
from sync_core.formats import FORMATS
from sync_core.formats.sds_v2_1 import SDS_V2_1
from sync_core.guards.decisions import MAX_REMINDERS
from sync_core.landing.exports import LandedBlob, find_exports, pinned_set
from sync_core.model.errors import AccessDeniedError, SisSyncError, UploadAddressError
from sync_core.model.feeds import EXAMPLE, Feed, read_feeds
from sync_core.model.found import FOUND
from sync_core.model.guards import GUARDS
from sync_core.model.holds import approved_run
from sync_core.model.masking import MASK
from sync_core.model.masking.known import WORDINGS
from sync_core.model.masking.texts import KEEPERS
from sync_core.model.outcomes import OUTCOMES
from sync_core.model.target_kinds import TARGET_KINDS
from sync_core.results.schemas import DOCUMENTS
from sync_core.targets.blob_upload import UploadRefusedError
from sync_core.targets.bounded import Bounds
from sync_core.targets.paging import MAX_PAGES
from sync_core.targets.permissions import PERMISSIONS
from tests.docs_kit import PAGES, anchors
from tests.docs_kit import table as _table
from tests.e2e.test_stops import CLEAN, KILLED

ROOT = Path(__file__).resolve().parents[2]
PARTS = ["Context", "Decision", "Consequences"]
CODE = re.compile(r"`([^`]+)`")


def test_the_outcomes_of_the_docs_are_those_of_the_code() -> None:
    expected = [
        [f"`{outcome}`", facts.meaning, facts.severity, str(facts.exit_code), facts.action]
        for outcome, facts in OUTCOMES.items()
    ]
    assert _table("docs/results.md", "outcome") == expected


@pytest.mark.parametrize("name", FORMATS)
def test_files_are_uploaded_as_the_documents_say(name: str) -> None:
    said = "files are uploaded under the names that the format has"
    assert sum(said in page.read_text(encoding="utf-8") for page in PAGES) == 1
    names = [spec.name for spec in FORMATS[name].files]
    listing = [LandedBlob(f"f/{each.upper()}", '"1"', 1, 0) for each in names]
    (export,) = find_exports("f", listing, FORMATS[name])
    assert sorted(file.name for file in pinned_set(export).files) == sorted(names)


def test_every_reason_why_a_file_is_not_taken_is_documented() -> None:
    words = {
        "format": "the format",
        "format_name": "another one",
        "other": "another format",
        "other_name": "its name",
        "foreign": "the name of a format that is none of SDS",
    }
    expected = [
        [
            f"`{reason}`",
            facts.description.format_map(words),
            facts.action or "Nothing; the file is named because it is in the folder.",
        ]
        for reason, facts in FOUND.items()
    ]
    assert _table("docs/operate.md", "reason") == expected


def test_the_fields_of_a_feed_are_documented_with_their_defaults() -> None:
    rows = {
        CODE.findall(row[0])[0]: row[1].strip("`") for row in _table("docs/settings.md", "field")
    }
    fields = msgspec.structs.fields(Feed)
    assert list(rows) == [field.encode_name for field in fields]
    for field in fields:
        made = field.default_factory
        default = field.default if made is msgspec.NODEFAULT else made()
        shown = "" if field.required else json.dumps(default).strip('"')
        assert rows[field.encode_name] == shown


def test_the_guards_are_documented_with_their_limits() -> None:
    rows = {CODE.findall(row[0])[0]: row for row in _table("docs/settings.md", "guard")}
    assert list(rows) == [guard.id for guard in GUARDS]
    for guard in GUARDS:
        _, limit, advice = rows[guard.id]
        units = {"percent": guard.percent, "times": guard.times, "least": guard.least}
        assert limit == ", ".join(f"`{unit}` {value:g}" for unit, value in units.items() if value)
        assert advice == guard.advice


def test_the_texts_of_the_service_that_are_reported_are_documented_with_what_stays_of_them() -> (
    None
):
    shown = {slot: f"{{{slot}}}" for slot in KEEPERS}
    expected = [[f"`{one.text.format_map(_Masked(shown))}`", f"`{one.source}`"] for one in WORDINGS]
    assert _table("docs/security.md", "text") == expected


class _Masked(dict[str, str]):
    """What is shown for a slot: the mask, unless its name is among these."""

    def __missing__(self, slot: str) -> str:
        return MASK


def test_the_limits_of_the_readme_name_the_defaults_of_a_feed() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Limits")[2]
    defaults = {field.name: field.default for field in msgspec.structs.fields(Feed)}
    assert (defaults["quiet_seconds"], "two minutes unless" in text) == (120, True)
    hours = defaults["max_spread_seconds"] / 3_600
    assert f"within {hours:.0f} hours of" in text
    assert f"less than {hours:.0f} hours earlier" in text


def test_every_setting_that_the_code_reads_is_documented() -> None:
    model = ROOT / "sync_core" / "model"
    text = "".join(
        path.read_text(encoding="utf-8")
        for path in (model / "feeds" / "settings.py", model / "connections.py")
    )
    read = set(re.findall(r'"((?:SIS|GRAPH|AZURE)_\w+)"', text))
    documented = {CODE.findall(row[0])[0] for row in _table("docs/settings.md", "setting")}
    assert documented == read


def test_the_settings_page_names_the_formats_that_each_kind_of_target_takes() -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    for kind in TARGET_KINDS.values():
        every = kind.formats == FORMATS.keys()
        formats = (
            "every format" if every else " and ".join(f"`{each}`" for each in sorted(kind.formats))
        )
        assert f"`{kind.name}` takes {formats}" in text


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(r"\]\((\d{4}-[^)]+)\)", (folder / "README.md").read_text(encoding="utf-8"))
    assert listed == sorted(path.name for path in folder.glob("0*.md"))
    for name in listed:
        text = (folder / name).read_text(encoding="utf-8")
        assert re.findall(r"^\*\*(\w+)\.\*\*", text, re.MULTILINE) == PARTS


def test_the_settings_page_shows_what_the_check_of_feeds_prints() -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    south = {"name": "south", "profileId": "p"}
    document = f'[\n{{"name": "north"}},\n{json.dumps(south)}\n]'
    (fault,) = read_feeds(document, "feeds.json").faults
    assert f"\nfeeds.json: 1 fault. A feed with a fault does not run.\n{fault}\n" in text


def test_every_line_of_host_json_has_its_reason() -> None:
    host = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))
    documented: dict[str, str] = {}
    for row in _table("docs/host.md", "setting"):
        documented.update(zip(CODE.findall(row[0]), CODE.findall(row[1]), strict=True))
    assert documented == dict(_leaves(host))


def test_the_log_categories_that_alerts_read_are_written() -> None:
    levels = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))["logging"]["logLevel"]
    queries = {path.stem for path in (ROOT / "infra" / "queries").glob("*.kql")}
    app = (ROOT / "function_app.py").read_text(encoding="utf-8")
    functions = set(re.findall(r"def (\w+)\(|\(orchestration\.(\w+)\)", app))
    read: set[str] = set()
    for categories, _, needed, readers in _table("docs/host.md", "category"):
        read |= set(CODE.findall(readers))
        for category in CODE.findall(categories):
            # The host takes the level of the longest name that the category begins with.
            names = [name for name in levels if f"{category}.".startswith(f"{name}.")]
            level = levels[max(names, key=len, default="default")]
            assert f"`{level}`" == needed
            assert any(category.split(".")[1] in names for names in functions)
    # These are parts of others, or of the workbook; storage's own log tells of a poison message.
    assert queries - read == {"finished-runs", "last-nights", "outcomes-by-night", "poison"}


def test_the_runbook_names_the_times_of_a_hold() -> None:
    text = " ".join((ROOT / "docs" / "operate.md").read_text(encoding="utf-8").split())
    app = (ROOT / "function_app.py").read_text(encoding="utf-8")
    assert f'EVERY_TEN_MINUTES = "0 */{SWEEP_MINUTES} * * * *"' in app
    assert f"within {SWEEP_MINUTES} minutes. Its id ends in `{approved_run('')}`" in text
    assert f"once a day, {MAX_REMINDERS} at most" in text


def test_the_times_of_the_runbook_s_crashes_follow_from_host_json() -> None:
    host = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))
    durable = host["extensions"]["durableTask"]
    provider = durable["storageProvider"]
    control = time_span(provider["controlQueueVisibilityTimeout"]).seconds
    activity = time_span(provider["workItemQueueVisibilityTimeout"]).seconds
    polling = time_span(provider["maxQueuePollingInterval"]).seconds
    stopped, outlasted, killed = _table("docs/operate.md", "what happened")
    limit = f"{STOP_SECONDS} s"
    assert durable["useGracefulShutdown"] is True
    assert (stopped[1], limit in stopped[2], limit in outlasted[0]) == (f"{CLEAN} s", True, True)
    assert (outlasted[1], killed[1]) == (f"{KILLED} s", f"{KILLED} s")
    assert f"hidden from other instances for {activity} s" in outlasted[2]
    assert f"hidden from other instances for {max(control, activity)} s" in killed[2]
    assert max(control, activity) + polling < KILLED
    text = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    assert f"Add up to {polling} s where the app was\nidle" in text
    assert f"frozen for longer than {activity} s" in text


def test_the_permissions_of_the_industry_data_page_are_those_of_the_table() -> None:
    expected = [
        [f"`{permission.name}`", f"`{permission.id}`", permission.reason]
        for permission in PERMISSIONS["industry-data"]
    ]
    assert _table("docs/industry-data.md", "permission") == expected


def test_every_schema_is_named_in_the_docs() -> None:
    text = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    assert {name for name in DOCUMENTS if f"schemas/{name}.schema.json" in text} == set(DOCUMENTS)


def test_the_readme_shows_what_the_demonstration_says() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    # The start of a classic target verifies by itself.
    steps = [told for step, told in DONE.items() if step != "verify"]
    for word, meaning in (*steps, ("started", ENDED["start"])):
        assert f"  {word:<10} {meaning} (" in text


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_to_a_file_and_to_a_heading_in_it(path: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", path.read_text(encoding="utf-8"))
    for name, anchor in links:
        file = path.parent / name if name else path
        assert file.exists(), name
        assert not anchor or anchor in anchors(file), f"{name}#{anchor}"


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if not isinstance(value, dict):
        yield path, value if isinstance(value, str) else json.dumps(value)
        return
    for name, inner in value.items():
        yield from _leaves(inner, f"{path}.{name}".strip("."))


def test_the_bounds_of_the_docs_are_those_of_the_code() -> None:
    text = (ROOT / "docs/operate.md").read_text(encoding="utf-8").replace("\n", " ")
    bounds = Bounds()
    assert f"given up after {bounds.seconds:.0f} seconds in all" in text
    assert f"larger than {bounds.size // 1024**2} MB" in text
    assert f"the sync errors of the first {MAX_PAGES} pages" in text


@pytest.mark.parametrize("error", [UploadRefusedError, UploadAddressError, AccessDeniedError])
def test_codes_that_a_person_has_to_act_on_are_in_the_docs(error: type[SisSyncError]) -> None:
    text = (ROOT / "docs/operate.md").read_text(encoding="utf-8")
    assert f"| `{error.code}` |" in text


def test_every_example_of_a_feed_uses_the_target_that_a_district_can_use_today() -> None:
    names = ["README.md", "docs/deploy.md", "docs/settings.md", "local.settings.json.example"]
    for text in [EXAMPLE, *((ROOT / name).read_text(encoding="utf-8") for name in names)]:
        targets = re.findall(r'"name": "northwind", "target": "([a-z-]+)"', text.replace("\\", ""))
        assert targets
        assert set(targets) == {"industry-data"}
    assert usual_target(SDS_V2_1) is DemoTarget.INDUSTRY_DATA
    permissions = (ROOT / "infra" / "graph.bicepparam").read_text(encoding="utf-8")
    assert """'SIS_TARGETS', '["industry-data"]'""" in permissions
