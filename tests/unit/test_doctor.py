"""The doctor: each thing that can be wrong with a deployment is found, and says what to do."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.core.credentials import AccessToken
from azure.storage.blob import ContainerClient
from azure.storage.queue import QueueServiceClient
from typer.testing import CliRunner, Result

from local.storage import Azurite
from sync_core.cli.app import app
from sync_core.cli.doctor import checks
from sync_core.cli.doctor.checks import examine
from sync_core.cli.doctor.command import settings_in, settings_of_azd
from sync_core.cli.doctor.steps import DoctorEnvironment, Step, asked
from sync_core.model.errors import SettingsError, TargetNotFoundError
from sync_core.model.feeds import load_settings
from sync_core.storage import Storage
from sync_core.targets import Readiness
from tests.infra.azd import NAMES, ResourceManager, resource_manager
from tests.unit.product_kit import ScriptedTarget, environment, feed_setting

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def settings(
    azurite: Azurite,
    landing_container: ContainerClient,
    results_container: ContainerClient,
    new_container: Callable[[str], ContainerClient],
    unique_name: Callable[[str], str],
) -> dict[str, str]:
    """The settings of a deployment in which everything is there."""
    queue = unique_name("queue")
    with QueueServiceClient.from_connection_string(azurite.connection_string) as service:
        service.create_queue(queue)
    return environment(
        feed_setting(target="dry-run", profileId=None),
        SIS_STORAGE=azurite.connection_string,
        SIS_LANDING_CONTAINER=landing_container.container_name,
        SIS_RESULTS_CONTAINER=results_container.container_name,
        SIS_DECISIONS_CONTAINER=new_container("decisions").container_name,
        SIS_STATE_CONTAINER=new_container("state").container_name,
        SIS_RESULTS_QUEUE=queue,
    )


def steps_of(around: DoctorEnvironment) -> dict[str, Step]:
    return {step.name: step for step in examine(around)}


def answering(status: int) -> httpx.MockTransport:
    return httpx.MockTransport(lambda _: httpx.Response(status))


class TestAHealthyDeployment:
    def test_every_step_is_through(self, settings: dict[str, str]) -> None:
        around = DoctorEnvironment(settings, "https://app.example", transport=answering(401))
        states = {name: step.state for name, step in steps_of(around).items()}
        assert states.pop("sign-in") == states.pop("event subscription") == "skipped"
        assert set(states.values()) == {"ok"}
        assert list(states) == [
            "version",
            "settings",
            "landing container",
            "results container",
            "decisions container",
            "state container",
            "clock",
            "results queue",
            "event delivery",
            "permissions",
            "target of northwind",
        ]

    def test_nothing_is_left_behind(self, settings: dict[str, str], azurite: Azurite) -> None:
        steps_of(DoctorEnvironment(settings))
        storage = Storage(load_settings(settings))
        for container in (storage.results, storage.decisions, storage.state):
            assert list(container.list_blob_names()) == []
        with (
            QueueServiceClient.from_connection_string(azurite.connection_string) as service,
            service.get_queue_client(settings["SIS_RESULTS_QUEUE"]) as queue,
        ):
            assert queue.get_queue_properties().approximate_message_count == 0


class TestSettings:
    def test_a_wrong_one_is_named_and_nothing_else_is_asked(self) -> None:
        steps = steps_of(DoctorEnvironment(environment() | {"SIS_FEEDS": "[]"}))
        assert list(steps) == ["version", "settings"]
        assert steps["settings"].state == "failed"
        assert "SIS_FEEDS" in steps["settings"].detail

    def test_feeds_in_a_blob_are_read(
        self, settings: dict[str, str], results_container: ContainerClient
    ) -> None:
        results_container.upload_blob("feeds.json", settings["SIS_FEEDS"])
        settings["SIS_FEEDS"] = f"blob:{results_container.container_name}/feeds.json"
        assert steps_of(DoctorEnvironment(settings))["settings"] == Step(
            "settings", "ok", "1 feed."
        )

    def test_a_blob_that_is_missing_is_named(self, settings: dict[str, str]) -> None:
        settings["SIS_FEEDS"] = "blob:sis-settings/feeds.json"
        step = steps_of(DoctorEnvironment(settings))["settings"]
        assert (step.state, "sis-settings/feeds.json" in step.detail) == ("failed", True)


class TestStorage:
    @pytest.mark.parametrize(
        ("setting", "step"),
        [
            ("SIS_LANDING_CONTAINER", "landing container"),
            ("SIS_RESULTS_CONTAINER", "results container"),
            ("SIS_DECISIONS_CONTAINER", "decisions container"),
            ("SIS_STATE_CONTAINER", "state container"),
            ("SIS_RESULTS_QUEUE", "results queue"),
        ],
    )
    def test_what_is_missing_is_named(
        self, settings: dict[str, str], setting: str, step: str
    ) -> None:
        steps = steps_of(DoctorEnvironment(settings | {setting: "nowhere"}))
        assert [name for name, each in steps.items() if each.state == "failed"] == [step]
        noun = step.rpartition(" ")[2]
        assert f"There is no {noun} nowhere. Check {setting}, " in steps[step].detail

    def test_storage_that_cannot_be_reached_ends_the_check_in_time(
        self, settings: dict[str, str], dead_port: int
    ) -> None:
        settings["SIS_STORAGE"] = re.sub(
            r"127\.0\.0\.1:\d+", f"127.0.0.1:{dead_port}", settings["SIS_STORAGE"]
        )
        began = time.monotonic()
        *_, storage, rest = examine(DoctorEnvironment(settings, storage_seconds=0.5))
        assert time.monotonic() - began < 5
        assert (storage.name, storage.state) == ("data storage", "failed")
        assert "The data storage did not answer. Check the name of the account" in storage.detail
        assert (rest.name, rest.state) == ("all other steps", "skipped")


class TestOneStep:
    def test_one_without_an_end_fails_in_time(self) -> None:
        def endless() -> Step:
            time.sleep(60)
            return Step("x", "ok", "")

        found = asked("x", endless, seconds=0.05)
        assert found == Step("x", "failed", "No answer within 0.05 seconds. Try again later.")

    def test_what_a_library_says_of_a_fault_is_not_shown(self) -> None:
        def secret() -> Step:
            raise ValueError("key=secret")

        found = asked("x", secret)
        assert (found.state, "secret" in found.detail) == ("failed", False)
        assert "ValueError" in found.detail


class TestEventDelivery:
    @pytest.mark.parametrize(
        ("status", "state"),
        [(401, "ok"), (403, "ok"), (404, "failed"), (200, "failed"), (503, "failed")],
    )
    def test_a_webhook_that_asks_for_its_key_is_right(
        self, settings: dict[str, str], status: int, state: str
    ) -> None:
        around = DoctorEnvironment(settings, "https://app.example/", transport=answering(status))
        step = steps_of(around)["event delivery"]
        assert step.state == state
        assert state == "ok" or str(status) in step.detail

    def test_an_app_that_cannot_be_reached_is_found(
        self, settings: dict[str, str], dead_port: int
    ) -> None:
        step = steps_of(DoctorEnvironment(settings, f"http://127.0.0.1:{dead_port}"))[
            "event delivery"
        ]
        assert (step.state, "ConnectError" in step.detail) == ("failed", True)

    def test_the_keyless_way_has_no_webhook(self, settings: dict[str, str]) -> None:
        settings["SIS_LANDED_QUEUE"] = "sis-landed"
        around = DoctorEnvironment(settings, "https://app.example", transport=answering(500))
        assert steps_of(around)["event delivery"].state == "skipped"

    def test_it_is_the_webhook_of_the_blob_trigger(self, settings: dict[str, str]) -> None:
        asked: list[httpx.URL] = []

        def note(request: httpx.Request) -> httpx.Response:
            asked.append(request.url)
            return httpx.Response(401)

        transport = httpx.MockTransport(note)
        steps_of(DoctorEnvironment(settings, "https://app.example", transport=transport))
        assert asked[0].params["functionName"] == "Host.Functions.export_landed"


class Token:
    """An operator who is signed in; `scopes` is what tokens were asked for."""

    def __init__(self) -> None:
        self.scopes: list[str] = []

    def get_token(self, scope: str) -> AccessToken:
        self.scopes.append(scope)
        return AccessToken("a-token", 0)


class TestTheEventSubscription:
    CALLED = "https://h.example/runtime/webhooks/blobs?functionName=Host.Functions.export_landed"

    @pytest.fixture
    def manager(self) -> Iterator[ResourceManager]:
        with resource_manager() as running:
            yield running

    def step(self, manager: ResourceManager, **variables: str) -> Step:
        given = NAMES | {"SIS_ARM_ENDPOINT": manager.address} | variables
        return checks._subscription(DoctorEnvironment(given, credential=Token()))

    def test_one_that_calls_with_the_key_of_today_is_right(self, manager: ResourceManager) -> None:
        manager.called = f"{self.CALLED}&code=key%2Fof%3Dtoday"
        assert self.step(manager).state == "ok"

    @pytest.mark.parametrize(
        ("called", "said"),
        [
            (None, "does not exist"),
            (f"{CALLED}&code=key-of-yesterday", "an old key"),
            ("https://h.example/?functionName=other&code=key%2Fof%3Dtoday", "export_landed"),
        ],
    )
    def test_another_is_found_and_made_anew_by_one_command(
        self, manager: ResourceManager, called: str | None, said: str
    ) -> None:
        manager.called = called
        step = self.step(manager)
        assert step.state == "failed"
        assert said in step.detail
        assert "azd provision events" in step.detail
        assert "yesterday" not in step.detail

    def test_an_app_without_a_key_is_named(self, manager: ResourceManager) -> None:
        manager.called, manager.keys = self.CALLED, {}
        assert "func-test has no system key" in self.step(manager).detail

    def test_the_keyless_way_needs_no_key(self, manager: ResourceManager) -> None:
        manager.called = "queue"
        assert self.step(manager, SIS_INTAKE="queue").state == "ok"
        assert len(manager.asked) == 1

    def test_a_refusal_says_who_may_look(self, manager: ResourceManager) -> None:
        manager.refused = 403
        given = NAMES | {"SIS_ARM_ENDPOINT": manager.address}
        around = DoctorEnvironment(given, credential=Token())
        step = asked("event subscription", lambda: checks._subscription(around))
        assert (step.state, "Contributor" in step.detail) == ("failed", True)

    def test_a_token_is_requested_for_the_resource_manager(self, manager: ResourceManager) -> None:
        manager.called, token = self.CALLED, Token()
        given = NAMES | {"SIS_ARM_ENDPOINT": manager.address}
        checks._subscription(DoctorEnvironment(given, credential=token))
        assert token.scopes == [f"{manager.address}/.default"]

    def test_without_a_deployment_it_is_skipped(self) -> None:
        assert checks._subscription(DoctorEnvironment({}, credential=Token())).state == "skipped"


class TestTargets:
    @pytest.mark.parametrize(
        ("readiness", "state"),
        [
            (Readiness("ready", "It is ready."), "ok"),
            (Readiness("waiting", "It is being made."), "ok"),
            (Readiness("failed", "It is disabled."), "failed"),
        ],
    )
    def test_each_feeds_target_is_asked(
        self, settings: dict[str, str], readiness: Readiness, state: str
    ) -> None:
        target = ScriptedTarget(readiness=[readiness])
        steps = steps_of(DoctorEnvironment(settings, targets=lambda *_: target))
        assert steps["target of northwind"] == Step("target of northwind", state, readiness.detail)  # type: ignore[arg-type]

    def test_one_that_does_not_exist_is_named(self, settings: dict[str, str]) -> None:
        target = ScriptedTarget(readiness=[TargetNotFoundError("No such profile.")])
        step = steps_of(DoctorEnvironment(settings, targets=lambda *_: target))[
            "target of northwind"
        ]
        assert (step.state, step.detail) == ("failed", "No such profile.")

    def test_away_from_the_app_neither_token_nor_target_is_requested(
        self, settings: dict[str, str]
    ) -> None:
        settings["SIS_FEEDS"] = json.dumps([feed_setting()])
        steps = steps_of(DoctorEnvironment(settings))
        assert steps["permissions"].state == "skipped"
        assert steps["target of northwind"].state == "skipped"


def test_a_webhook_that_turns_the_cards_off_is_named(settings: dict[str, str]) -> None:
    settings["SIS_ALERT_WEBHOOK"] = "http://hooks.example/secret"
    step = steps_of(DoctorEnvironment(settings))["alert webhook"]
    assert step.state == "failed"
    assert "not an https address" in step.detail
    assert "secret" not in step.detail


class TestTheCommand:
    def run(self, settings: dict[str, str], *words: str) -> Result:
        given = json.dumps(settings)
        return CliRunner().invoke(app, ["doctor", "--settings", "-", *words], input=given)

    def test_it_ends_with_one_line_that_says_all(self, settings: dict[str, str]) -> None:
        done = self.run(settings)
        assert done.exit_code == 0
        assert done.stdout.splitlines()[-1] == "OK: 10 ok, 0 failed, 3 skipped."

    def test_a_failed_step_is_counted_and_the_first_is_to_be_fixed(
        self, settings: dict[str, str]
    ) -> None:
        done = self.run(settings | {"SIS_RESULTS_QUEUE": "nowhere"})
        assert done.exit_code == 1
        last = done.stdout.splitlines()[-1]
        assert last == "FAILED: 9 ok, 1 failed, 3 skipped. Start with the first step that failed."

    def test_a_vital_step_that_was_skipped_is_no_success_unless_that_is_allowed(
        self, settings: dict[str, str]
    ) -> None:
        settings["SIS_FEEDS"] = json.dumps([feed_setting()])
        done = self.run(settings)
        assert done.exit_code == 1
        assert "Not checked although needed: permissions, target of northwind." in done.stdout
        assert self.run(settings, "--allow-skipped").exit_code == 0

    def test_json_has_the_steps_and_the_summary(self, settings: dict[str, str]) -> None:
        document = json.loads(self.run(settings, "--json").stdout)
        assert (document["passed"], document["summary"]) == (
            True,
            "OK: 10 ok, 0 failed, 3 skipped.",
        )
        assert {"name": "settings", "state": "ok", "detail": "1 feed.", "vital": False} in document[
            "steps"
        ]

    def test_settings_that_cannot_be_read_are_an_error_in_json_too(self) -> None:
        done = CliRunner().invoke(app, ["doctor", "--settings", "-", "--json"], input="no")
        assert done.exit_code == 2
        assert json.loads(done.stdout)["error"]["code"] == "settings-wrong"


class TestVersion:
    def test_a_package_that_is_not_as_pinned_is_named(self) -> None:
        pins = checks._pins()
        assert pins["httpx"] == {checks._installed("httpx")}
        assert len(pins["azure-functions"]) > 1  # one for each range of Pythons
        assert checks._installed("azure-functions") in pins["azure-functions"]
        assert checks._installed("no-such-package") is None
        assert checks._version().state == "ok"


class TestWhatAzdKnows:
    AZD = """#!/bin/sh
echo "$*" > "$0.calls"
test -e "$0.fails" && { echo 'ERROR: environment does not exist' >&2; exit 1; }
echo '{"SIS_APP_NAME": "func-test", "SIS_FEEDS": "[]", "AZURE_RESOURCE_GROUP": "rg"}'
"""

    def run(self, folder: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "sync_core.cli", "doctor", "--azd"],
            env={"PATH": f"{folder}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        (tmp_path / "azd").write_text(self.AZD)
        (tmp_path / "azd").chmod(0o755)
        return tmp_path

    def test_before_a_deployment_it_says_so(self, folder: Path) -> None:
        answer = self.run(folder)
        assert (answer.returncode, "Run azd up first" in answer.stderr) == (2, True)
        assert (folder / "azd.calls").read_text().startswith("env get-values --output json")

    def test_what_azd_says_of_a_fault_is_shown(self, folder: Path) -> None:
        (folder / "azd.fails").touch()
        answer = self.run(folder)
        assert answer.returncode == 2
        assert "environment does not exist" in answer.stderr

    def test_the_settings_are_those_of_the_templates(self) -> None:
        given = {"SIS_DATA_STORAGE": "sisdata", "SIS_LANDING_CONTAINER": "landing"}
        settings = load_settings(
            settings_of_azd(given) | {"SIS_FEEDS": json.dumps([feed_setting()])}
        )
        assert settings.blob_service_uri == "https://sisdata.blob.core.windows.net"
        names = (
            settings.results_container,
            settings.decisions_container,
            settings.state_container,
            settings.results_queue,
        )
        template = (ROOT / "infra" / "main.bicep").read_text(encoding="utf-8")
        kinds = ("resultsContainer", "decisionsContainer", "stateContainer", "resultsQueue")
        assert names == tuple(
            re.findall(rf"^var {kind} = '(.+)'", template, re.MULTILINE)[0] for kind in kinds
        )


class TestSettingsFiles:
    @pytest.mark.parametrize(
        "document",
        [
            {"SIS_FEEDS": "x"},
            {"IsEncrypted": False, "Values": {"SIS_FEEDS": "x"}},
            [{"name": "SIS_FEEDS", "value": "x", "slotSetting": False}],
        ],
    )
    def test_any_shape_of_azures_tools_is_read(self, document: Any) -> None:
        assert settings_in(json.dumps(document)) == {"SIS_FEEDS": "x"}

    @pytest.mark.parametrize("text", ["", "7", "x"])
    def test_anything_else_is_refused(self, text: str) -> None:
        with pytest.raises(SettingsError, match="settings are not"):
            settings_in(text)
