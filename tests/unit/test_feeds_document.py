"""A feeds document: every fault with its line and the allowed values, and the good feeds beside."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_core.model.errors import FeedQuarantinedError, SettingsError
from sync_core.model.feeds import (
    Feed,
    FeedsDocument,
    UnreadableFeedsError,
    load_settings,
    read_feeds,
)
from tests.unit.product_kit import PROFILE, environment, feed_setting

WHERE = "SIS_FEEDS"
EAST = '{"name": "east", "target": "classic", "profileId": "p-east"}'
WEST = '{"name": "west", "target": "industry-data", "inboundFlowId": "f-west"}'


def read(document: str | bytes, known: Mapping[str, Feed] | None = None) -> FeedsDocument:
    return read_feeds(document, WHERE, lambda: known or {})


def faults_of(document: str) -> list[str]:
    return [str(fault) for fault in read(document).faults]


def fault_of(**fields: Any) -> str:
    """The only fault of a feed that has a name and these fields."""
    (fault,) = faults_of(json.dumps([{"name": "east", **fields}]))
    return fault


class TestTimeZone:
    def test_it_is_the_name_of_a_time_zone(self) -> None:
        assert faults_of('[{"name": "east", "timeZone": "Europe/Amsterdam"}]') == []

    @pytest.mark.parametrize("name", ["Nowhere/Land", "", "../../etc/passwd", "x" * 999, "a\0b"])
    def test_anything_else_is_a_fault_with_an_example(self, name: str) -> None:
        assert '"Europe/Amsterdam"' in fault_of(timeZone=name)


class TestTargets:
    def test_an_id_of_a_target_without_a_target_is_no_silent_dry_run(self) -> None:
        fault = fault_of(profileId="p")
        assert fault.startswith("line 1, feed 1 (east): target is missing, although profileId is")
        assert '"target": "classic"' in fault
        assert '"target": "dry-run" to send nothing' in fault

    @pytest.mark.parametrize("field", ["inboundFlowId", "inboundFlowName"])
    def test_the_same_of_an_inbound_flow(self, field: str) -> None:
        fault = fault_of(**{field: "f"})
        assert "target is missing, although inboundFlowId or inboundFlowName is set" in fault
        assert '"target": "industry-data"' in fault

    def test_an_id_that_is_empty_or_wrong_is_one_too(self) -> None:
        assert "target is missing" in fault_of(profileId="")

    @pytest.mark.parametrize("field", ["inboundFlowId", "inboundFlowName"])
    @pytest.mark.parametrize("target", ["classic", "industry-data", "dry-run"])
    def test_ids_of_both_kinds_are_refused_whatever_the_target(
        self, target: str, field: str
    ) -> None:
        fault = fault_of(target=target, profileId="p", **{field: "f"})
        assert "profileId belongs to the target classic, inboundFlowId and inboundFlow" in fault

    @pytest.mark.parametrize("fields", [{"profileId": "p"}, {"inboundFlowId": "f"}, {}])
    def test_who_asks_for_a_dry_run_gets_one(self, fields: dict[str, str]) -> None:
        found = read(json.dumps([{"name": "east", "target": "dry-run", **fields}]))
        assert (found.faults, found.feeds["east"].target_id) == ((), None)

    def test_an_id_that_is_null_is_none(self) -> None:
        found = read('[{"name": "east", "profileId": null}]')
        assert (found.faults, found.feeds["east"].target) == ((), "dry-run")


class TestAllowedValues:
    @pytest.mark.parametrize(
        ("fields", "told"),
        [
            (
                {"target": "sftp"},
                'target must be one of classic, dry-run, industry-data, not "sftp".',
            ),
            ({"target": None}, "target must be one of classic, dry-run, industry-data, not null."),
            ({"quietSeconds": "120"}, 'a number of seconds from 0 to 518,400, not "120".'),
            (
                {"pollSeconds": 0},
                "pollSeconds must be a number of seconds above 0 to 518,400, not 0",
            ),
            ({"requireMarker": "yes"}, 'requireMarker must be true or false, not "yes".'),
            ({"format": 5}, "format must be a text in double quotes, not 5."),
            ({"profileId": ["p"]}, "profileId must be a text in double quotes."),
            ({"format": "sds-v9"}, "format must be one of sds-v1, sds-v1-uk, sds-v2.1."),
            (
                {"target": "classic", "profileId": "p", "format": "sds-v2.1"},
                "the target classic takes the formats sds-v1, sds-v1-uk: change the feed's",
            ),
            (
                {"target": "industry-data", "inboundFlowId": "f", "format": "sds-v1-uk"},
                "the target industry-data takes the formats sds-v1, sds-v2.1: change the feed's",
            ),
            (
                {"quietSecond": 5},
                '"quietSecond" is not a field of a feed; did you mean quietSeconds?',
            ),
            (
                {"owner": "x"},
                '"owner" is not a field of a feed; the fields are name, target, profileId',
            ),
        ],
    )
    def test_they_are_named_with_the_fault(self, fields: dict[str, Any], told: str) -> None:
        assert told in fault_of(**fields)

    def test_a_value_that_may_be_a_secret_is_not_quoted(self) -> None:
        secret = "DefaultEndpointsProtocol=https;AccountKey=c2VjcmV0"
        for fields in ({"target": secret}, {secret: 1}, {"quietSeconds": secret}):
            assert "c2VjcmV0" not in fault_of(**fields)


class TestLines:
    DOCUMENT = """[
      {"name": "good", "target": "classic", "profileId": "p-good"},

      {
        "name": "east",
        "profileId": "p-east",
        "quietSeconds": {"of": ["nested, \\"target\\": text", 1e4]},
        "wrong": true
      },
      7,
      {"target": "dry-run"}, {"name": "West", "pollSeconds": 60, "pollCapSeconds": 59}
    ]"""

    def test_every_fault_of_every_feed_is_reported_at_once_with_its_line(self) -> None:
        found = read(self.DOCUMENT)
        assert list(found.feeds) == ["good"]
        assert [(fault.line, fault.entry, fault.feed) for fault in found.faults] == [
            (6, 2, "east"),
            (7, 2, "east"),
            (8, 2, "east"),
            (10, 3, None),
            (11, 4, None),
            (11, 5, "West"),
            (11, 5, "West"),
        ]

    def test_the_start_is_refused_with_all_of_them_in_one_message(self) -> None:
        with pytest.raises(SettingsError) as caught:
            load_settings(environment(SIS_FEEDS=self.DOCUMENT))
        message = str(caught.value)
        assert message.startswith("SIS_FEEDS has 7 errors:\n- line 6, feed 2 (east): target is mi")
        assert message.count("\n- line ") == 7
        assert message.count("Example: SIS_FEEDS=") == 1

    def test_the_other_settings_are_reported_in_the_same_message(self) -> None:
        wrong = environment(
            SIS_FEEDS="[1, 2]", SIS_STORAGE="", GRAPH_ROOT="http://x", SIS_RESULTS_QUEUE="Q"
        )
        with pytest.raises(SettingsError) as caught:
            load_settings(wrong)
        message = str(caught.value)
        assert message.startswith("4 settings are wrong.\n\nSIS_FEEDS has 2 errors:")
        for name in ("SIS_STORAGE is not set", "GRAPH_ROOT must be", "SIS_RESULTS_QUEUE is not"):
            assert f"\n\n{name}" in message

    @pytest.mark.parametrize(
        ("document", "line"),
        [("[\n{},\n}", 3), ("[\n\n{\n", 4), ("", 1), ("{\n}", 1), ('[\n"\udcff"]', 2)],
    )
    def test_where_no_array_can_be_read_the_line_is_named(self, document: str, line: int) -> None:
        data = document.encode("utf-8", "surrogateescape")
        with pytest.raises(
            UnreadableFeedsError, match=f"is not a JSON array .*line {line}: "
        ) as one:
            read(data)
        assert one.value.line == line

    def test_a_number_that_nobody_can_read_is_the_fault_of_its_feed(self) -> None:
        (fault,) = faults_of('[\n{"name": "east",\n"quietSeconds": ' + "9" * 5_000 + "}]")
        assert fault == "line 2, feed 1 (east): it cannot be read: Integer value out of range."


class TestOthersGoOn:
    def test_one_bad_entry_stops_no_other_feed(self) -> None:
        found = read(f'[{EAST}, {{"name": "bad"}}, {{"name": "worse", "profileId": 1}}, {WEST}]')
        assert list(found.feeds) == ["east", "bad", "west"]
        assert {fault.feed for fault in found.faults} == {"worse"}

    def test_what_is_right_of_a_bad_feed_is_kept_for_its_result(self) -> None:
        bad = feed_setting("bad", quietSeconds=5, pollSeconds="x", target="sftp")
        found = read(json.dumps([bad]))
        assert (found.stand_ins["bad"].quiet_seconds, found.stand_ins["bad"].poll_seconds) == (
            5,
            30,
        )

    def test_a_feed_whose_entry_is_bad_raises_an_error_with_the_reason(self) -> None:
        settings = load_settings(environment(SIS_FEEDS="blob:sis-settings/feeds.json"))
        settings = settings.with_document(read(f'[{EAST},\n{{"name": "bad", "target": 1}}]'))
        assert settings.feed("east").profile_id == "p-east"
        with pytest.raises(
            FeedQuarantinedError, match=r"feeds.json\), line 2, feed 2 \(bad\): target"
        ):
            settings.feed("bad")
        with pytest.raises(SettingsError, match="No feed is named 'other'"):
            settings.feed("other")

    @pytest.mark.parametrize(
        "entry", ['{"owner": 1e999}', '{"name": 1, "x": 1e999}', "[" * 900 + "]" * 900]
    )
    def test_an_entry_that_cannot_be_read_stops_no_other(self, entry: str) -> None:
        found = read(f"[{EAST},\n{entry}, {WEST}]")
        assert list(found.feeds) == ["east", "west"]
        assert [(fault.line, fault.feed) for fault in found.faults] == [(2, None)]

    def test_of_two_feeds_with_one_target_the_one_that_was_there_before_keeps_running(self) -> None:
        before = read(f"[{EAST}]").feeds
        other = EAST.replace('"east"', '"new"')
        for document in (f"[{EAST}, {other}]", f"[{other}, {EAST}]"):
            found = read(document, before)
            assert list(found.feeds) == ["east"]
            assert [fault.feed for fault in found.faults] == ["new"]

    def test_where_neither_was_there_before_neither_runs(self) -> None:
        found = read(f"[{EAST}, {EAST.replace(chr(34) + 'east', chr(34) + 'new')}, {WEST}]")
        assert list(found.feeds) == ["west"]
        assert "deactivates the people of the other" in found.faults[0].text
        assert [fault.feed for fault in found.faults] == ["east", "new"]

    def test_of_two_feeds_of_one_name_the_one_that_was_there_before_keeps_running(self) -> None:
        before = read(f"[{EAST}]").feeds
        changed = EAST.replace("p-east", "p-other")
        found = read(f"[{changed},\n{EAST}]", before)
        assert (found.feeds, found.stand_ins) == (before, {})
        assert str(found.faults[0]).startswith(
            "line 1, feed 1 (east): another feed is also named 'east'"
        )
        assert read(f"[{changed}, {EAST}]").feeds == {}

    def test_an_entry_that_stands_twice_is_taken_once(self) -> None:
        found = read(f"[{EAST},\n{EAST}]")
        assert (list(found.feeds), found.faults[0].line) == (["east"], 2)

    def test_the_good_entries_are_kept_as_they_were_written(self) -> None:
        found = read(f'[ {EAST},{{"name": "bad", "target": 1}}, {WEST} ]')
        again = read(found.kept)
        assert (again.feeds, again.faults) == (found.feeds, ())
        assert EAST.encode() in found.kept


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_a_byte_order_mark_is_read(encoding: str) -> None:
    text = f"[{EAST}]" if encoding != "utf-16-be" else f"\ufeff[{EAST}]"
    assert list(read(text.encode(encoding)).feeds) == ["east"]


def test_a_setting_may_begin_with_one_too() -> None:
    assert load_settings(environment(SIS_FEEDS=f"\ufeff[{EAST}]")).feeds
    assert load_settings(environment(SIS_FEEDS="\ufeffblob:a-b/c")).feeds_blob == "a-b/c"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers()
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(["name", "target", "profileId", "quietSeconds", "format"]) | st.text()


@pytest.mark.slow
@settings(deadline=None)
@given(
    st.lists(JSON | st.dictionaries(KEYS, JSON | st.sampled_from(["east", "classic", PROFILE]))),
    st.sampled_from([None, 1]),
    st.integers(0, 5),
)
def test_whatever_else_is_in_the_array_a_good_feed_runs_and_every_fault_has_its_line(
    others: list[Any], indent: int | None, place: int
) -> None:
    entries = [*others[:place], json.loads(WEST) | {"name": "the-good-one"}, *others[place:]]
    document = json.dumps(entries, indent=indent)
    found = read(document)
    assert found.entries == len(entries)
    assert "the-good-one" in found.feeds
    lines = document.count("\n") + 1
    for fault in found.faults:
        assert 1 <= fault.line <= lines
        assert 1 <= fault.entry <= len(entries)
