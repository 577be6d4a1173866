"""Settings: what is taken, and that each error says which one, what is wrong and what is right."""

import itertools
import json
from collections.abc import Mapping
from typing import Any

import pytest

from sync_core.model.addresses import is_loopback
from sync_core.model.errors import SettingsError
from sync_core.model.feeds import load_settings
from sync_core.model.guards import GuardSetting
from tests.unit.product_kit import PROFILE, environment, feed_setting, settings_of

SECRET = "Zm9vYmFyYmF6cXV4"
CONNECTION = f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={SECRET};EndpointSuffix=x"


def error_of(variables: Mapping[str, str]) -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings(variables)
    return str(caught.value)


def feeds_error(feeds: Any) -> str:
    return error_of(environment(SIS_FEEDS=json.dumps(feeds)))


def test_a_feed_has_the_documented_defaults() -> None:
    feed = settings_of().feed("northwind")
    assert (feed.target, feed.profile_id, feed.format) == ("classic", PROFILE, "sds-v1")
    assert (feed.quiet_seconds, feed.set_deadline_seconds, feed.require_marker) == (
        120,
        10_800,
        False,
    )
    assert (feed.poll_seconds, feed.poll_cap_seconds, feed.ready_deadline_seconds) == (
        30,
        900,
        21_600,
    )
    assert feed.max_spread_seconds == 43_200
    assert feed.follow is True
    assert feed.rules == {}
    assert feed.guards == {}


def test_every_setting_of_a_feed_is_taken() -> None:
    feed = settings_of(
        feed_setting(
            quietSeconds=0,
            setDeadlineSeconds=60,
            requireMarker=True,
            pollSeconds=0.5,
            pollCapSeconds=2,
            readyDeadlineSeconds=518_400,
            maxSpreadSeconds=0,
            follow=False,
            rules={"enum-value": "warning", "duplicate": "error"},
            guards={"removed": {"percent": 20}, "changed": False},
        )
    ).feed("northwind")
    assert (feed.quiet_seconds, feed.set_deadline_seconds, feed.require_marker) == (0, 60, True)
    assert (feed.poll_seconds, feed.poll_cap_seconds) == (0.5, 2)
    assert (feed.ready_deadline_seconds, feed.follow) == (518_400, False)
    assert feed.max_spread_seconds == 0
    assert feed.rules == {"enum-value": "warning", "duplicate": "error"}
    assert feed.guards == {"removed": GuardSetting(percent=20), "changed": False}


def test_feeds_with_rules_can_be_told_apart_and_looked_up() -> None:
    usual, changed = (
        settings_of(feed_setting(rules=rules)).feed("northwind")
        for rules in ({}, {"enum-value": "warning"})
    )
    assert usual != changed
    assert {usual: "usual", changed: "changed"}[changed] == "changed"


def test_the_rest_of_the_environment_is_taken() -> None:
    settings = settings_of(
        AZURE_CLIENT_ID="graph-identity",
        SIS_STORAGE__clientId="storage-identity",
        SIS_STORAGE__credential="managedidentity",
        SIS_STORAGE__blobServiceUri="https://a.blob.core.windows.net",
        SIS_UPLOAD_SUFFIX=".blob.core.example",
    )
    assert settings.identity_client_id == "graph-identity"
    assert settings.storage_client_id == "storage-identity"
    assert settings.blob_service_uri == "https://a.blob.core.windows.net"
    assert settings.upload_suffix == ".blob.core.example"
    assert settings.landing_container == "sis-landing"
    assert settings.results_container == "sis-results"
    assert settings.results_queue == "sync-results"


def test_a_managed_identity_needs_no_connection_string() -> None:
    variables = environment(SIS_STORAGE__blobServiceUri="https://a.blob.core.windows.net")
    del variables["SIS_STORAGE"]
    assert load_settings(variables).storage is None


@pytest.mark.parametrize(
    "name",
    [
        "SIS_FEEDS",
        "SIS_STORAGE",
        "SIS_LANDING_CONTAINER",
        "SIS_RESULTS_CONTAINER",
        "SIS_RESULTS_QUEUE",
    ],
)
@pytest.mark.parametrize("unset", ["missing", "empty"])
def test_a_missing_setting_is_named_with_an_example(name: str, unset: str) -> None:
    variables = environment(**{name: ""})
    if unset == "missing":
        del variables[name]
    message = error_of(variables)
    assert message.startswith(f"{name} is not set")
    assert f"Example: {name}" in message


@pytest.mark.parametrize("unset", [{}, {"SIS_DECISIONS_CONTAINER": "", "SIS_STATE_CONTAINER": " "}])
def test_containers_that_no_binding_names_have_a_default(unset: dict[str, str]) -> None:
    settings = settings_of(**unset)
    assert settings.decisions_container == "sis-decisions"
    assert settings.state_container == "sis-state"


def test_containers_that_no_binding_names_can_have_another_name() -> None:
    settings = settings_of(SIS_DECISIONS_CONTAINER="decisions-2", SIS_STATE_CONTAINER="state-2")
    assert (settings.decisions_container, settings.state_container) == ("decisions-2", "state-2")


@pytest.mark.parametrize(
    ("first", "second"),
    list(itertools.combinations(["LANDING", "RESULTS", "DECISIONS", "STATE"], 2)),
)
def test_a_container_is_not_used_twice(first: str, second: str) -> None:
    one, other = f"SIS_{first}_CONTAINER", f"SIS_{second}_CONTAINER"
    message = error_of(environment(**{one: "shared", other: "shared"}))
    assert message.startswith(f"{one} and {other} name the same container")
    assert f"Example: {other}=sis-" in message


@pytest.mark.parametrize(
    "name",
    [
        "SIS_LANDING_CONTAINER",
        "SIS_RESULTS_CONTAINER",
        "SIS_DECISIONS_CONTAINER",
        "SIS_STATE_CONTAINER",
    ],
)
@pytest.mark.parametrize(
    "value", ["ab", "Sis-Landing", "a--b", "-ab", "ab-", "a_b", "a/b", "a" * 64, "a" + "-b" * 40]
)
def test_a_name_that_storage_refuses_is_refused_before_it_is_used(name: str, value: str) -> None:
    message = error_of(environment(**{name: value}))
    assert message.startswith(f"{name} is not a valid storage name")
    assert f"Example: {name}=" in message


@pytest.mark.parametrize("value", ["abc", "a" * 63, "0-a", "sis-landing-2"])
def test_a_name_that_storage_takes_is_taken(value: str) -> None:
    assert settings_of(SIS_LANDING_CONTAINER=value).landing_container == value


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("northwind", "is not a JSON array"),
        ("{}", "is not a JSON array"),
        ("[1]", "feed 1: it must be an object"),
        ("[", "is not a JSON array"),
        ("[]", "contains no feed"),
        ("blob:", "does not name a container and a blob"),
        ("blob:sis-settings", "does not name a container and a blob"),
        ("blob:/feeds.json", "does not name a container and a blob"),
    ],
)
def test_feeds_that_cannot_be_read_are_refused_with_an_example(source: str, wrong: str) -> None:
    message = error_of(environment(SIS_FEEDS=source))
    assert message.startswith("SIS_FEEDS")
    assert wrong in message
    assert "Example: SIS_FEEDS=" in message


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"quietSecond": 5}, "quietSecond"),
        ({"target": "sftp"}, "sftp"),
        ({"format": "sds-v9"}, "format must be one of sds-v1"),
        ({"profileId": ""}, "profileId must be"),
        ({"profileId": "../x"}, "profileId must be"),
        ({"profileId": "a/b"}, "profileId must be"),
        ({"profileId": 5}, "profileId"),
        ({"quietSeconds": -1}, "quietSeconds"),
        ({"quietSeconds": "120"}, "quietSeconds"),
        ({"quietSeconds": 518_401}, "quietSeconds"),
        ({"setDeadlineSeconds": 0}, "setDeadlineSeconds"),
        ({"readyDeadlineSeconds": 518_401}, "readyDeadlineSeconds"),
        ({"pollSeconds": 0}, "pollSeconds"),
        ({"pollSeconds": 60, "pollCapSeconds": 59}, "pollCapSeconds must not be less"),
        ({"requireMarker": "yes"}, "requireMarker"),
        ({"guards": {"removed": 20}}, "guards must be an object of guards, each with false or"),
        ({"guards": {"removed": {"percent": 0}}}, "guards must be an object of guards"),
        ({"guards": {"remove": False}}, "a name is not a guard; the guards are removed, changed,"),
        ({"guards": {"removed": {"times": 2}}}, "removed has no times; set percent or least"),
        ({"rules": ["enum-value"]}, "rules must be an object of rule names, each with error, "),
        ({"rules": {"enum-value": "Warning"}}, "with error, warning or information, such as"),
        ({"rules": {"enum-value": "off"}}, "rules must be an object"),
        (
            {"rules": {"enum-values": "warning"}},
            '"enum-values" is not a validation rule; did you mean enum-value?',
        ),
        ({"rules": {"x": "warning"}}, '"x" is not a validation rule; docs/formats.md lists them.'),
        ({"rules": {"a name, cut": "error"}}, "a name is not a validation rule"),
        (
            {"rules": {"enum-value": "error", "workbook": "warning"}},
            'the severity of "workbook" cannot be changed, because a file that breaks this rule',
        ),
    ],
)
def test_a_wrong_field_is_named_with_its_feed(fields: dict[str, Any], wrong: str) -> None:
    message = feeds_error([feed_setting("first"), feed_setting("second", **fields)])
    assert message.startswith("SIS_FEEDS, line 1, feed 2 (second):")
    assert wrong in message
    assert "Example: SIS_FEEDS=" in message


@pytest.mark.parametrize("field", ["name", "profileId"])
def test_a_missing_field_is_named(field: str) -> None:
    feed = feed_setting()
    del feed[field]
    message = feeds_error([feed])
    assert message.startswith("SIS_FEEDS, line 1, feed 1")
    assert field in message


def test_a_feed_without_a_target_is_a_dry_run() -> None:
    feed = settings_of({"name": "north"}).feed("north")
    assert (feed.target, feed.target_id) == ("dry-run", None)


@pytest.mark.parametrize(
    ("fields", "target"),
    [
        ({"inboundFlowId": "f1"}, "f1"),
        ({"inboundFlowName": "Nightly rosters"}, "Nightly rosters"),
    ],
)
def test_an_inbound_flow_is_named_by_id_or_by_its_display_name(
    fields: dict[str, str], target: str
) -> None:
    feed = {"name": "north", "target": "industry-data", **fields}
    assert settings_of(feed).feed("north").target_id == target


@pytest.mark.parametrize(
    "fields",
    [{}, {"inboundFlowId": "f1", "inboundFlowName": "f"}, {"inboundFlowId": "a/b"}],
)
def test_an_inbound_flow_that_is_not_named_once_is_refused(fields: dict[str, str]) -> None:
    message = feeds_error([{"name": "north", "target": "industry-data", **fields}])
    assert "either inboundFlowId or inboundFlowName" in message


@pytest.mark.parametrize("name", ["", "North", "-a", "a-", "a b", "a/b", "a_b", "é", "a" * 64])
def test_a_name_that_is_no_folder_is_refused(name: str) -> None:
    message = feeds_error([feed_setting(name)])
    assert "name must be 1 to 63 lower-case letters, digits and dashes" in message


@pytest.mark.parametrize("name", ["a", "0", "north-wind-2", "a" * 63])
def test_a_name_that_is_a_folder_is_taken(name: str) -> None:
    assert settings_of(feed_setting(name)).feed(name).name == name


def test_two_waits_of_one_length_are_taken() -> None:
    assert settings_of(feed_setting(pollSeconds=60, pollCapSeconds=60)).feeds


def test_a_feed_whose_name_is_no_text_is_reported_by_its_place() -> None:
    assert feeds_error([feed_setting() | {"name": 5}]).startswith("SIS_FEEDS, line 1, feed 1: ")


def test_two_feeds_of_one_name_are_refused() -> None:
    message = feeds_error([feed_setting("a"), feed_setting("a", profileId="other")])
    assert message.startswith("SIS_FEEDS has 2 errors:")
    assert message.count("another feed is also named 'a' (line 1); rename one") == 2
    assert "Example: SIS_FEEDS=" in message


def test_two_feeds_never_share_a_profile_in_whatever_case_it_is_written() -> None:
    message = feeds_error([feed_setting("a"), feed_setting("b", profileId=PROFILE.upper())])
    assert message.startswith("SIS_FEEDS has 2 errors:")
    assert "feeds 'a' and 'b' have the same profile or flow (line 1)" in message
    assert "Example: SIS_FEEDS=" in message


def test_a_missing_feed_is_reported_with_its_setting() -> None:
    with pytest.raises(SettingsError, match=r"No feed is named 'east'.*SIS_FEEDS.*example"):
        settings_of().feed("east")


class TestFeedsInABlob:
    def test_the_address_is_kept_and_the_feeds_come_later(self) -> None:
        settings = load_settings(environment(SIS_FEEDS="blob:sis-settings/nested/feeds.json"))
        assert settings.feeds_blob == "sis-settings/nested/feeds.json"
        assert settings.feeds == {}
        filled = settings.with_feeds(json.dumps([feed_setting("east")]).encode())
        assert filled.feed("east").profile_id == PROFILE

    @pytest.mark.parametrize(
        "document",
        [b"", b"\xff\xfe", b"\xef\xbb\xbf", b'[{"name": "\xff"}]', b"[]", b"[" * 9_999],
    )
    def test_a_blob_that_holds_no_feeds_is_named(self, document: bytes) -> None:
        settings = load_settings(environment(SIS_FEEDS="blob:sis-settings/feeds.json"))
        with pytest.raises(SettingsError) as caught:
            settings.with_feeds(document)
        assert str(caught.value).startswith("SIS_FEEDS (blob sis-settings/feeds.json)")
        assert "Example:" in str(caught.value)

    def test_any_folder_that_could_be_a_feeds_may_hold_one(self) -> None:
        settings = load_settings(environment(SIS_FEEDS="blob:sis-settings/feeds.json"))
        assert settings.may_hold("anything")
        assert not settings.may_hold("No Feed")


def test_where_the_feeds_are_known_only_their_folders_hold_them() -> None:
    assert settings_of().may_hold("northwind")
    assert not settings_of().may_hold("anything")


@pytest.mark.parametrize(
    ("value", "root"),
    [
        ("https://graph.microsoft.com", "https://graph.microsoft.com"),
        ("https://graph.microsoft.us/", "https://graph.microsoft.us"),
        ("https://graph.example:8443", "https://graph.example:8443"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_a_graph_root_that_tokens_may_go_to_is_taken(value: str, root: str) -> None:
    assert settings_of(GRAPH_ROOT=value).graph_root == root


def test_without_a_graph_root_it_is_the_global_cloud() -> None:
    assert settings_of().graph_root == "https://graph.microsoft.com"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "graph.microsoft.com",
        "http://graph.microsoft.com",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "ftp://127.0.0.1",
        "https://",
        "https://[::1",
        "https://graph.example:port",
        "https://user@graph.microsoft.com",
        "https://:secret@graph.microsoft.com",
        "https://graph.microsoft.com?x=1",
        "https://graph.microsoft.com#x",
        "https://graph.microsoft.com/beta",
    ],
)
def test_a_graph_root_that_tokens_must_not_go_to_is_refused(value: str) -> None:
    message = error_of(environment(GRAPH_ROOT=value))
    assert message.startswith("GRAPH_ROOT must be")
    assert "Example: GRAPH_ROOT=https://graph.microsoft.com" in message


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("10.0.0.1", False),
        ("localhost.example", False),
        ("0.0.0.0", False),  # noqa: S104 - a name to refuse, nothing is bound
        ("", False),
        (None, False),
    ],
)
def test_loopback_is_this_machine_and_nothing_that_sounds_like_it(
    host: str | None, here: bool
) -> None:
    assert is_loopback(host) is here


@pytest.mark.parametrize("name", [*environment(), "GRAPH_ROOT"])
def test_a_connection_string_in_the_wrong_place_is_not_quoted(name: str) -> None:
    variables = environment(SIS_STORAGE=CONNECTION) | {name: CONNECTION}
    if name == "SIS_STORAGE":
        variables["SIS_FEEDS"] = "[]"
    assert SECRET not in error_of(variables)


@pytest.mark.parametrize(
    "value", ["http://hooks.example/SECRET", "SECRET", "https://", "ftp://x/SECRET"]
)
def test_a_webhook_that_is_not_secure_turns_alerts_off_and_is_not_quoted(value: str) -> None:
    settings = settings_of(SIS_ALERT_WEBHOOK=value)
    assert settings.alert_webhook is None
    assert settings.alert_fault is not None
    assert "SIS_ALERT_WEBHOOK is not an https address" in settings.alert_fault
    assert "SECRET" not in settings.alert_fault


def test_a_reference_that_the_platform_has_not_resolved_is_said_to_be_one() -> None:
    unresolved = "@Microsoft.KeyVault(SecretUri=https://kv.vault.azure.net/secrets/alert-webhook)"
    settings = settings_of(SIS_ALERT_WEBHOOK=unresolved)
    assert settings.alert_webhook is None
    assert "Key Vault reference" in str(settings.alert_fault)


@pytest.mark.parametrize("part", ["__credential", "__clientId"])
def test_half_of_an_identity_for_the_storage_is_refused(part: str) -> None:
    identity = {"SIS_STORAGE__credential": "managedidentity", "SIS_STORAGE__clientId": "1"}
    assert settings_of(**identity).storage_client_id == "1"
    del identity[f"SIS_STORAGE{part}"]
    (other,) = identity
    with pytest.raises(SettingsError, match=f"{other} is set, but SIS_STORAGE{part} is not"):
        settings_of(**identity)


@pytest.mark.parametrize("value", ["https://hooks.example/x?sig=y", "http://127.0.0.1:1/x"])
def test_a_webhook_may_carry_its_secret_in_the_address(value: str) -> None:
    settings = settings_of(SIS_ALERT_WEBHOOK=value)
    assert (settings.alert_webhook, settings.alert_fault) == (value, None)


def test_what_a_setting_turns_on_is_off_without_it() -> None:
    settings = settings_of(SIS_ALERT_WEBHOOK="", SIS_LANDED_QUEUE="")
    assert (settings.alert_webhook, settings.landed_queue) == (None, None)


def test_a_queue_of_events_has_a_name_that_storage_allows() -> None:
    assert settings_of(SIS_LANDED_QUEUE="sis-landed").landed_queue == "sis-landed"
    with pytest.raises(SettingsError, match="SIS_LANDED_QUEUE"):
        settings_of(SIS_LANDED_QUEUE="Not A Queue")


def test_settings_in_a_traceback_or_a_log_show_no_secret() -> None:
    webhook = "https://hooks.example/sign/of-the-channel"
    settings = settings_of(SIS_STORAGE=CONNECTION, SIS_ALERT_WEBHOOK=webhook)
    assert settings.storage == CONNECTION
    for shown in (repr(settings), str(settings), f"{settings}", repr([settings])):
        assert "northwind" in shown
        assert SECRET not in shown
        assert "of-the-channel" not in shown


@pytest.mark.parametrize("value", [".net", "net", ".", "*.blob.core.windows.net", "https://a.b/"])
def test_uploads_are_not_let_go_just_anywhere(value: str) -> None:
    assert "SIS_UPLOAD_SUFFIX" in error_of(environment(SIS_UPLOAD_SUFFIX=value))


@pytest.mark.parametrize(
    ("value", "suffix"),
    [("", ".blob.core.windows.net"), (" .Blob.Core.Example", ".blob.core.example")],
)
def test_the_suffix_of_uploads_is_that_of_the_public_cloud_unless_set(
    value: str, suffix: str
) -> None:
    assert settings_of(SIS_UPLOAD_SUFFIX=value).upload_suffix == suffix
