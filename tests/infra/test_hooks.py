"""The hooks of azure.yaml, run as azd runs them, for somebody who only ran `azd auth login`."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Parser

from infra.scripts import await_webhook
from infra.scripts.check_settings import faults_in, variables
from tests.infra.azd import (
    AZURE,
    NAMES,
    NOT_SIGNED_IN,
    ROOT,
    Azd,
    ResourceManager,
    layer_hook,
    resource_manager,
)
from tests.infra.deployments import DEPLOYMENTS, MINIMAL

INFRA = ROOT / "infra"
STATE = await_webhook.STATE
CALLED = (
    "https://func-test.example/runtime/webhooks/blobs?functionName=Host.Functions.export_landed"
)
TODAY = f"{CALLED}&code=key%2Fof%3Dtoday"


@pytest.fixture
def azd(tmp_path: Path) -> Azd:
    return Azd(tmp_path)


@pytest.fixture
def manager() -> Iterator[ResourceManager]:
    with resource_manager() as running:
        yield running


class TestAwaitingTheWebhook:
    def run(
        self, azd: Azd, manager: ResourceManager, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        hook = layer_hook("events")
        hook["posix"]["run"] += " --pause 0"
        given = NAMES | {"SIS_ARM_ENDPOINT": manager.address} | azd.variables | variables
        return azd.hook(hook, INFRA, **given)

    def test_a_key_that_is_there_is_noted_and_nothing_asks_az(
        self, azd: Azd, manager: ResourceManager
    ) -> None:
        answer = self.run(azd, manager)
        assert answer.returncode == 0, answer.stderr
        assert set(azd.variables) == {STATE}
        assert azd.az_calls == ""
        assert f"/subscriptions/{NAMES['AZURE_SUBSCRIPTION_ID']}/" in manager.asked[0]

    def test_the_variable_is_set_in_the_environment_that_is_deployed(
        self, azd: Azd, manager: ResourceManager
    ) -> None:
        self.run(azd, manager)
        set_call = azd.read("calls")[-1]
        assert set_call[:3] == ["env", "set", STATE]
        assert set_call[-2:] == ["--environment", "northwind"]

    def test_neither_the_key_nor_the_token_is_printed_or_kept(
        self, azd: Azd, manager: ResourceManager
    ) -> None:
        answer = self.run(azd, manager)
        shown = answer.stdout + answer.stderr + json.dumps(azd.read("calls"))
        assert "key/of=today" not in shown
        assert "a-token" not in shown

    def test_it_is_waited_for_while_the_host_starts(
        self, azd: Azd, manager: ResourceManager
    ) -> None:
        manager.starting = 3
        assert self.run(azd, manager).returncode == 0
        assert sum("listkeys" in call for call in manager.asked) == 4

    def test_without_the_key_waiting_ends_with_the_last_answer_and_what_to_do(
        self, azd: Azd, manager: ResourceManager
    ) -> None:
        manager.keys = {"durabletask_extension": "x"}
        answer = self.run(azd, manager)
        assert answer.returncode == 1
        for part in ("func-test", "durabletask_extension", "log stream", "azd provision events"):
            assert part in answer.stderr
        assert azd.variables == {}

    def test_the_real_error_is_shown_where_the_host_never_starts(
        self, azd: Azd, manager: ResourceManager
    ) -> None:
        manager.starting = 1_000
        answer = self.run(azd, manager)
        assert answer.returncode == 1
        assert "(ServiceUnavailable) from host runtime" in answer.stderr

    def test_not_signed_in_stops_at_once(self, azd: Azd, manager: ResourceManager) -> None:
        azd.write(signed_in=False)
        answer = self.run(azd, manager)
        assert answer.returncode == 1
        assert NOT_SIGNED_IN in answer.stderr
        assert "run `azd auth login`" in answer.stderr
        assert len(azd.read("calls")) == 1
        assert manager.asked == []

    def test_another_subscription_stops_at_once_and_is_named(
        self, azd: Azd, manager: ResourceManager
    ) -> None:
        other = "99999999-0000-0000-0000-000000000009"
        answer = self.run(azd, manager, AZURE_SUBSCRIPTION_ID=other)
        assert answer.returncode == 1
        assert "SubscriptionNotFound" in answer.stderr
        assert f"in the subscription {other}" in answer.stderr
        assert len(manager.asked) == 1

    def test_an_app_that_is_not_there_stops_at_once(
        self, azd: Azd, manager: ResourceManager
    ) -> None:
        answer = self.run(azd, manager, SIS_APP_NAME="func-other")
        assert (answer.returncode, len(manager.asked)) == (1, 1)
        assert "azd provision platform" in answer.stderr

    def test_a_refusal_stops_at_once(self, azd: Azd, manager: ResourceManager) -> None:
        manager.refused = 403
        answer = self.run(azd, manager)
        assert (answer.returncode, len(manager.asked)) == (1, 1)
        assert "AuthorizationFailed" in answer.stderr
        assert "Contributor" in answer.stderr

    def test_without_azd_on_the_path_it_says_so(self, azd: Azd, manager: ResourceManager) -> None:
        (azd.folder / "azd").unlink()
        answer = self.run(azd, manager)
        assert answer.returncode == 1
        assert "azd is not on the path" in answer.stderr

    def test_before_the_first_layer_it_names_what_is_missing(
        self, azd: Azd, manager: ResourceManager
    ) -> None:
        answer = self.run(azd, manager, SIS_TOPIC="")
        assert answer.returncode == 1
        assert "lacks SIS_TOPIC" in answer.stderr

    def test_the_keyless_way_asks_for_no_key(self, azd: Azd, manager: ResourceManager) -> None:
        assert self.run(azd, manager, SIS_INTAKE="queue").returncode == 0
        assert not [call for call in manager.asked if "listkeys" in call]
        assert STATE in azd.variables

    def test_an_address_that_would_show_the_token_is_refused(
        self, azd: Azd, manager: ResourceManager
    ) -> None:
        answer = self.run(azd, manager, SIS_ARM_ENDPOINT="http://management.example")
        assert answer.returncode == 1
        assert "https" in answer.stderr


class AzdState:
    """How azd decides whether a layer is deployed.

    It is left alone where the last deployment succeeded and the hashes of the template and of the
    parameters are the same; of what was deleted in Azure since, only resource groups are noticed.
    `deploymentState` in cli/azd/pkg/infra/provisioning/bicep/bicep_provider.go, public at
    https://github.com/Azure/azure-dev
    """

    def __init__(self) -> None:
        self.last: str | None = None

    def deploys(self, variables: dict[str, str]) -> bool:
        found = hashlib.sha256(json.dumps(variables, sort_keys=True).encode()).hexdigest()
        is_new, self.last = found != self.last, found
        return is_new


class TestTheEventsLayer:
    """azd's own decision, over what the hook leaves in the environment."""

    @pytest.fixture
    def provision(self, azd: Azd, manager: ResourceManager) -> Any:
        state = AzdState()

        def provision() -> bool:
            answer = TestAwaitingTheWebhook().run(azd, manager)
            assert answer.returncode == 0, answer.stderr
            deployed = state.deploys(NAMES | azd.variables)
            if deployed:
                key = manager.keys["blobs_extension"].replace("/", "%2F").replace("=", "%3D")
                manager.called = f"{CALLED}&code={key}"
            return deployed

        return provision

    def test_what_has_not_changed_is_left_alone(self, provision: Any) -> None:
        assert [provision(), provision(), provision()] == [True, False, False]

    def test_a_new_key_makes_the_subscription_anew(
        self, provision: Any, manager: ResourceManager
    ) -> None:
        provision()
        manager.keys = {"blobs_extension": "another"}
        assert [provision(), provision()] == [True, False]
        assert manager.called == f"{CALLED}&code=another"

    def test_a_deleted_subscription_is_made_anew(
        self, provision: Any, manager: ResourceManager, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        provision()
        manager.called = None
        _wait_for_another_second()
        assert [provision(), provision()] == [True, False]
        assert manager.called == TODAY

    @pytest.mark.parametrize(
        "called", [f"{CALLED}&code=old", TODAY.replace("export_landed", "other")]
    )
    def test_a_subscription_that_calls_something_else_is_made_anew(
        self, provision: Any, manager: ResourceManager, called: str
    ) -> None:
        provision()
        manager.called = called
        _wait_for_another_second()
        assert [provision(), provision()] == [True, False]


def _wait_for_another_second() -> None:
    # The mark of a new subscription holds the second in which it was asked for.
    import time

    time.sleep(1.1)


class TestCheckingTheSettings:
    def run(self, azd: Azd, **variables: str) -> subprocess.CompletedProcess[str]:
        return azd.hook(layer_hook("platform"), INFRA, **variables)

    @pytest.mark.parametrize("deployment", list(DEPLOYMENTS))
    def test_deployments_that_the_compiler_takes_pass(self, azd: Azd, deployment: str) -> None:
        answer = self.run(azd, **DEPLOYMENTS[deployment])
        assert (answer.returncode, answer.stderr) == (0, "")

    @pytest.mark.parametrize(
        ("feeds", "said"),
        [
            ('[{"target": "classic", "profileId": "p1", "format": "sds-v1"}]', "name"),
            ("[{northwind}]", "JSON"),
            ('[{"name": "northwind", "target": "classic", "format": "sds-v1"}]', "profileId"),
        ],
    )
    def test_wrong_feeds_are_reported_in_the_words_of_the_app(
        self, azd: Azd, feeds: str, said: str
    ) -> None:
        answer = self.run(azd, **MINIMAL | {"SIS_FEEDS": feeds})
        assert answer.returncode == 1
        assert "SIS_FEEDS" in answer.stderr
        assert said in answer.stderr
        assert "Nothing was created" in answer.stderr

    @pytest.mark.parametrize(
        ("name", "value", "said"),
        [
            ("SIS_ALERT_EMAILS", "it@northwind.example", "JSON"),
            ("SIS_ALERT_EMAILS", "[it@northwind.example]", "PowerShell"),
            ("SIS_ALERT_EMAILS", '"it@northwind.example"', "a JSON array"),
            ("SIS_ALLOWED_IP_RANGES", "[1]", "a JSON array of texts"),
            ("SIS_INTAKE", "pull", "one of webhook, queue"),
            ("SIS_INSTANCE_MEMORY_MB", "1024", "one of 512, 2048, 4096"),
            ("SIS_MAXIMUM_INSTANCES", "4", "at least 40 and at most 1000"),
            ("SIS_LOG_RETENTION_DAYS", "ninety", "a whole number"),
            ("SIS_KEEP_DURABLE_READY", "yes", "true or false"),
            ("SIS_RESULTS_RETENTION_DAYS", "3", "at least 30 and at most 3650"),
            ("AZURE_LOCATION", "", "must be set"),
        ],
    )
    def test_a_wrong_one_is_named_before_anything_is_created(
        self, azd: Azd, name: str, value: str, said: str
    ) -> None:
        answer = self.run(azd, **MINIMAL | {name: value})
        assert answer.returncode == 1
        assert name in answer.stderr
        assert said in answer.stderr
        assert "Nothing was created" in answer.stderr
        assert azd.read("calls") == []

    def test_a_variable_that_is_missing_is_named(self, azd: Azd) -> None:
        given = {name: value for name, value in MINIMAL.items() if name != "SIS_ALERT_EMAILS"}
        answer = self.run(azd, **given)
        assert "azd env set SIS_ALERT_EMAILS" in answer.stderr

    def test_every_fault_is_reported_at_once(self, azd: Azd) -> None:
        wrong = {"SIS_INTAKE": "pull", "SIS_MAXIMUM_INSTANCES": "4"}
        lines = self.run(azd, **MINIMAL | wrong).stderr.splitlines()
        assert [line.partition(" ")[0] for line in lines[:2]] == list(wrong)


class TestReadingTheParameterFile:
    GIVEN = """using 'main.bicep'
param name = readEnvironmentVariable('A_NAME')
var asked = int(readEnvironmentVariable('DAYS', '3'))
param isLong = asked > 30
param days = asked
var address = readEnvironmentVariable('ADDRESS', '')
param useAddress = !empty(address)
param hook = startsWith(address, 'https://') ? address : fail('no')
"""
    TEMPLATE = """@minLength(1)
param name string
param isLong bool = false
@description('Days.')
@minValue(2)
@maxValue(9)
param days int = 3
param useAddress bool = false
@secure()
param hook string = ''
"""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        (tmp_path / "infra").mkdir()
        (tmp_path / "infra" / "main.bicepparam").write_text(self.GIVEN)
        (tmp_path / "infra" / "main.bicep").write_text(self.TEMPLATE)
        return tmp_path

    @pytest.mark.parametrize(
        ("given", "faults"),
        [
            ({"A_NAME": "x"}, []),
            ({}, ["A_NAME is not set. Set it: azd env set A_NAME VALUE"]),
            (
                {"A_NAME": "x", "DAYS": "10"},
                ["DAYS must be a whole number, at least 2 and at most 9. It is: '10'."],
            ),
        ],
    )
    def test_what_the_template_declares_is_what_is_checked(
        self, folder: Path, given: dict[str, str], faults: list[str]
    ) -> None:
        assert list(faults_in(given, variables(folder))) == faults

    def test_a_secret_is_known_by_the_parameter_that_it_ends_up_in(self, folder: Path) -> None:
        secret = {each.name for each in variables(folder) if each.is_secret}
        assert secret == {"ADDRESS"}

    def test_every_variable_of_the_parameter_file_is_found(self) -> None:
        text = (INFRA / "main.bicepparam").read_text(encoding="utf-8")
        names = set(re.findall(r"readEnvironmentVariable\('(\w+)'", text))
        assert {each.name for each in variables()} == names


class TestTheShells:
    """What differs between systems is how Python is found; everything else is one script."""

    HOOKS = (
        layer_hook("platform"),
        layer_hook("events"),
        AZURE["services"]["sync"]["hooks"]["prepackage"],
    )

    @pytest.mark.parametrize("hook", HOOKS)
    def test_windows_runs_what_posix_runs(self, hook: dict[str, Any]) -> None:
        posix, windows = hook["posix"], hook["windows"]
        assert (posix["shell"], windows["shell"]) == ("sh", "pwsh")
        assert windows["run"] == posix["run"].replace("sh ", "& ./", 1).replace("k.sh", "k.ps1")

    @pytest.mark.parametrize(
        "script",
        [
            (INFRA / "scripts" / "hook.ps1").read_text(encoding="utf-8"),
            *(hook["windows"]["run"] for hook in HOOKS),
            *re.findall(
                r"```powershell\n(.*?)```",
                (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8"),
                re.DOTALL,
            ),
        ],
    )
    def test_what_windows_runs_is_powershell(self, script: str) -> None:
        # As azd writes it to a file: cli/azd/pkg/tools/powershell/powershell.go.
        parser = Parser(Language(tree_sitter_powershell.language()))
        ends = "if ((Test-Path -LiteralPath variable:\\LASTEXITCODE)) { exit $LASTEXITCODE }"
        text = f"$ErrorActionPreference = 'Stop'\n\n{script}\n{ends}\n"
        assert not parser.parse(text.encode()).root_node.has_error
        assert parser.parse(f"{text}foreach (".encode()).root_node.has_error

    def test_both_look_for_the_same_interpreters_in_the_same_order(self) -> None:
        posix = (INFRA / "scripts" / "hook.sh").read_text(encoding="utf-8")
        windows = (INFRA / "scripts" / "hook.ps1").read_text(encoding="utf-8")
        in_posix = re.findall(
            r"\bpython[\d.]*(?= |;)", posix.split("for python in ")[1].split("do")[0]
        )
        in_windows = re.findall(r'"(python[\d.]*)"', windows)
        assert (
            in_windows
            == in_posix
            == ["python3.13", "python3.12", "python3.11", "python3", "python"]
        )
        check = re.compile(r"sys\.exit\(not [^'\"]+\)")
        assert check.findall(posix) == check.findall(windows)
        assert posix.count("Python is missing: ") == windows.count("Python is missing: ") == 1

    def test_without_a_supported_python_it_says_what_to_install(self, tmp_path: Path) -> None:
        scripts = tmp_path / "infra" / "scripts"
        scripts.mkdir(parents=True)
        shutil.copy(INFRA / "scripts" / "hook.sh", scripts)
        (tmp_path / "bin").mkdir()
        for name in ("sh", "dirname"):
            (tmp_path / "bin" / name).symlink_to(str(shutil.which(name)))
        answer = subprocess.run(
            ["sh", str(scripts / "hook.sh"), "package"],
            env={"PATH": str(tmp_path / "bin")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert answer.returncode == 1
        assert "install Python 3.11, 3.12 or 3.13" in answer.stderr

    def test_a_script_that_fails_fails_the_hook(self, azd: Azd) -> None:
        answer = azd.hook({"posix": {"run": "sh scripts/hook.sh no_such_script"}}, INFRA)
        assert answer.returncode == 1


@pytest.mark.slow
def test_a_python_without_packages_installs_them_by_hash_and_once(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for name in ("infra/scripts/hook.py", "requirements-deploy.txt", "sync_core/__init__.py"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    (copy / "infra" / "scripts" / "show.py").write_text(
        "import sys, msgspec, packaging, rich, typer; print(sys.prefix)"
    )
    python = sys._base_executable  # type: ignore[attr-defined]
    # Without site-packages it has nothing, whatever the machine has.
    command = [python, "-S", "-m", "infra.scripts.hook", "show"]
    runs = [
        subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
        for _ in range(2)
    ]
    assert [run.returncode for run in runs] == [0, 0], runs[0].stderr
    assert [run.stdout.count("Installing") for run in runs] == [1, 0]
    assert runs[1].stdout.strip() == str(copy / ".venv-deploy")
    lock = copy / "requirements-deploy.txt"
    lock.write_text(re.sub(r"sha256:\w+", "sha256:" + "0" * 64, lock.read_text()))
    changed = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert changed.returncode == 1
    assert "could not be installed" in changed.stderr
