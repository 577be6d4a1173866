"""What a build machine runs: the settings of a deployment, a release, and `make deploy`."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from infra.scripts import ci_settings, package, release
from sync_core import __version__
from tests.infra.azd import AZURE, ROOT
from tests.infra.deployments import DEPLOYMENTS, MINIMAL


class TestTheSettings:
    def run(self, tmp_path: Path, deployment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "infra.scripts.ci_settings"],
            cwd=ROOT,
            env={"SIS_DEPLOYMENT": deployment, "GITHUB_ENV": str(tmp_path / "env")},
            capture_output=True,
            text=True,
            check=False,
        )

    def test_every_setting_is_kept_with_its_quotes_and_lines(self, tmp_path: Path) -> None:
        given = dict(DEPLOYMENTS["everything"])
        del given["SIS_ALERT_WEBHOOK"]
        given["SIS_FEEDS"] = given["SIS_FEEDS"].replace(", ", ",\n")
        answer = self.run(tmp_path, json.dumps(given))
        assert answer.returncode == 0, answer.stderr
        assert parsed((tmp_path / "env").read_text()) == given

    def test_what_azd_makes_by_itself_is_left_out(self, tmp_path: Path) -> None:
        outputs = {"SIS_APP_NAME": "func", "AZURE_SUBSCRIPTION_ID": "s", "PATH": "/tmp"}  # noqa: S108
        assert self.run(tmp_path, json.dumps(MINIMAL | outputs)).returncode == 0
        assert parsed((tmp_path / "env").read_text()) == MINIMAL

    @pytest.mark.parametrize(
        ("deployment", "said"),
        [
            ("", "is not JSON"),
            ("[]", "is not a JSON object"),
            (json.dumps({"AZURE_ENV_NAME": "n"}), "lacks AZURE_LOCATION, SIS_FEEDS"),
            (json.dumps(MINIMAL | {"SIS_LOG_RETENTION_DAYS": 90}), "SIS_LOG_RETENTION_DAYS must"),
        ],
    )
    def test_wrong_ones_stop_the_build(self, tmp_path: Path, deployment: str, said: str) -> None:
        answer = self.run(tmp_path, deployment)
        assert answer.returncode == 1
        assert said in answer.stderr
        assert not (tmp_path / "env").exists()

    def test_a_secret_among_them_is_refused_and_not_shown(self, tmp_path: Path) -> None:
        secret = MINIMAL | {"SIS_ALERT_WEBHOOK": "https://hooks.example/signature"}
        answer = self.run(tmp_path, json.dumps(secret))
        assert answer.returncode == 1
        assert "secret of the environment production" in answer.stderr
        assert "signature" not in answer.stdout + answer.stderr

    def test_every_variable_that_people_set_is_among_them(self) -> None:
        main = set(ci_settings._read_by("main"))
        assert MINIMAL.keys() <= main
        assert "SIS_TARGETS" in ci_settings._read_by("graph")


def parsed(text: str) -> dict[str, str]:
    """What GitHub makes of the file of GITHUB_ENV, by its documented form."""
    found: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        name, _, mark = line.partition("<<")
        value: list[str] = []
        for inner in lines:
            if inner == mark:
                break
            value.append(inner)
        found[name] = "\n".join(value)
    return found


class TestARelease:
    @pytest.fixture
    def checkout(self, tmp_path: Path) -> Path:
        (tmp_path / "CHANGELOG.md").write_text(f"## {__version__}\n")
        self.git(tmp_path, "init", "--quiet")
        self.git(tmp_path, "add", ".")
        self.git(tmp_path, "commit", "--quiet", "--message", "x")
        self.git(tmp_path, "tag", f"v{__version__}")
        return tmp_path

    def git(self, folder: Path, *arguments: str) -> None:
        who = ["-c", "user.name=a", "-c", "user.email=a@northwind.example"]
        subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True)

    def test_the_clean_commit_of_the_tag_passes(self, checkout: Path) -> None:
        release.check(checkout)

    def test_changes_are_refused(self, checkout: Path) -> None:
        (checkout / "new.py").touch()
        with pytest.raises(release.ReleaseError, match="not committed"):
            release.check(checkout)

    def test_another_tag_is_refused(self, checkout: Path) -> None:
        self.git(checkout, "tag", "--delete", f"v{__version__}")
        self.git(checkout, "tag", "v9.9.9")
        with pytest.raises(release.ReleaseError, match=f"no tag v{__version__}"):
            release.check(checkout)

    def test_a_change_log_without_the_version_is_refused(self, checkout: Path) -> None:
        (checkout / "CHANGELOG.md").write_text("## Unreleased\n")
        self.git(checkout, "commit", "--all", "--quiet", "--message", "y")
        self.git(checkout, "tag", "--force", f"v{__version__}")
        with pytest.raises(release.ReleaseError, match="has no section"):
            release.check(checkout)


class TestTheBillOfMaterials:
    def test_it_lists_the_lock_of_the_python_that_is_deployed(self) -> None:
        bill = release.bill_of_materials(release._locked())
        found = {(each["name"], each["version"]) for each in bill["components"]}
        target = package.target(package.python_version())
        text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
        expected = {tuple(line.split()[0].split("==")) for line in package.pinned(text, target)}
        assert found == expected
        assert bill["metadata"]["component"]["version"] == __version__
        assert bill["dependencies"][0]["dependsOn"] == [each["purl"] for each in bill["components"]]

    def test_the_same_packages_give_the_same_document(self) -> None:
        lines = ["one==1.0 --hash=sha256:aa\n"]
        first = release.bill_of_materials(lines)
        assert first == release.bill_of_materials(lines)
        assert first["components"][0]["purl"] == "pkg:pypi/one@1.0"
        other = release.bill_of_materials(["one==1.1 --hash=sha256:aa\n"])
        assert other["serialNumber"] != first["serialNumber"]


class TestMakeDeploy:
    def run(self, tmp_path: Path, *asked: str, fails: str = "") -> tuple[int, list[str]]:
        azd = tmp_path / "azd"
        azd.write_text(
            '#!/bin/sh\necho "$*" >> "$(dirname "$0")/calls"\n'
            f'case "$*" in {fails or "never"}*) exit 1;; esac\n'
        )
        azd.chmod(0o755)
        answer = subprocess.run(
            [str(shutil.which("make")), "deploy", *asked],
            cwd=ROOT,
            env={"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "CI": "true"},
            capture_output=True,
            check=False,
        )
        return answer.returncode, (tmp_path / "calls").read_text().splitlines()

    def test_a_package_is_deployed_in_the_steps_of_azd_up(self, tmp_path: Path) -> None:
        code, calls = self.run(tmp_path, "PACKAGE=dist/sis-sync.zip")
        steps = [step["azd"] for step in AZURE["workflows"]["up"]["steps"]]
        steps[steps.index("deploy --all")] = "deploy sync --from-package dist/sis-sync.zip"
        assert (code, calls[1:]) == (0, [f"{step} --no-prompt" for step in steps])
        assert calls[0] == "config set auth.useAzCliAuth true"

    def test_a_step_that_fails_ends_it(self, tmp_path: Path) -> None:
        code, calls = self.run(tmp_path, "PACKAGE=x.zip", fails='"deploy sync"')
        assert code != 0
        assert calls[-1].startswith("deploy sync")

    def test_without_a_package_it_is_azd_up(self, tmp_path: Path) -> None:
        assert self.run(tmp_path)[1][-1] == "up --no-prompt"
