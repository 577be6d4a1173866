"""`azure.yaml` and the workflow: the order of the steps, known keys, and no logic of their own."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.infra.outline import outline, values

ROOT = Path(__file__).resolve().parents[2]
AZURE = (ROOT / "azure.yaml").read_text(encoding="utf-8")
SCRIPTS = ROOT / "infra" / "scripts"
WORKFLOW = (ROOT / ".github" / "workflows" / "deploy.yml").read_text(encoding="utf-8")

HOOK = ("posix.shell", "posix.run", "windows.shell", "windows.run")
KNOWN = {
    "name",
    "requiredVersions.azd",
    "infra.provider",
    "infra.layers.name",
    "infra.layers.path",
    "infra.layers.module",
    "infra.layers.dependsOn",
    *(f"infra.layers.hooks.preprovision.{key}" for key in HOOK),
    "services.sync.project",
    "services.sync.language",
    "services.sync.host",
    "services.sync.remoteBuild",
    "services.sync.dist",
    *(f"services.sync.hooks.prepackage.{key}" for key in HOOK),
    "workflows.up.steps.azd",
}
"""Keys of the schema of azure.yaml, version 1.0, with the names that this project gives.
https://github.com/Azure/azure-dev/blob/main/schemas/v1.0/azure.yaml.json"""

Check = Callable[[str], bool]


def layers_are_made_around_the_code(text: str) -> bool:
    return values(text, "workflows.up.steps.azd") == [
        "provision platform",
        "provision graph",
        "deploy --all",
        "provision events",
    ]


def every_layer_is_there(text: str) -> bool:
    names, modules = values(text, "infra.layers.name"), values(text, "infra.layers.module")
    folders = values(text, "infra.layers.path")
    files = [f"{folder}/{module}" for folder, module in zip(folders, modules, strict=False)]
    return (
        names == ["platform", "graph", "events"]
        and all(
            (ROOT / f"{name}.bicep").exists() and (ROOT / f"{name}.bicepparam").exists()
            for name in files
        )
        and len(files) == len(names)
    )


def every_key_is_known(text: str) -> bool:
    paths = {entry.path for entry in outline(text)}
    above = {key.rsplit(".", count)[0] for key in KNOWN for count in range(1, key.count(".") + 1)}
    return paths == KNOWN | above


def azd_is_new_enough(text: str) -> bool:
    # 1.25.0 brought dependsOn; 1.25.3 shows what a hook prints under `azd up`:
    # https://github.com/Azure/azure-dev/blob/main/cli/azd/CHANGELOG.md
    (wanted,) = values(text, "requiredVersions.azd")
    version = re.fullmatch(r">= (\d+)\.(\d+)\.(\d+)", wanted)
    return version is not None and tuple(map(int, version.groups())) >= (1, 25, 3)


def the_service_is_the_function_app(text: str) -> bool:
    return (
        values(text, "services.sync.project"),
        values(text, "services.sync.language"),
        values(text, "services.sync.host"),
        values(text, "services.sync.remoteBuild"),
    ) == (["."], ["py"], ["function"], ["false"])


def what_is_deployed_is_the_built_package(text: str) -> bool:
    # A hook of a service runs in its folder, and `dist` is what azd zips:
    # https://github.com/Azure/azure-dev/blob/main/cli/azd/pkg/project/framework_service_python.go
    (folder,) = values(text, "services.sync.dist")
    runs = [
        entry.value
        for entry in outline(text)
        if re.fullmatch(r"services\.sync\.hooks\.prepackage\.\w+\.run", entry.path)
    ]
    built = f" package dist/sis-sync.zip --folder {folder}"
    return len(runs) == 2 and all(run.endswith(built) for run in runs)


def hooks_run_files_that_are_there(text: str) -> bool:
    found = [entry for entry in outline(text) if entry.path.endswith(".run")]
    for path, run in found:
        # Hooks of a layer run in its folder, those of the service in the project's.
        folder = ROOT / "infra" if path.startswith("infra.") else ROOT
        shell, script = run.removeprefix("sh ").removeprefix("& ").split()[:2]
        if not (folder / shell).is_file() or not (SCRIPTS / f"{script}.py").is_file():
            return False
    return len(found) == 6


def every_step_is_a_target_of_the_makefile(text: str) -> bool:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^(\w+):", makefile, re.MULTILINE))
    runs = [entry.value for entry in outline(text) if entry.path.endswith(".run")]
    return bool(runs) and all(run.startswith("make ") and run.split()[1] in targets for run in runs)


def the_preview_is_for_pull_requests_and_the_deployment_for_main(text: str) -> bool:
    return (
        values(text, "on.push.branches") == ["main"]
        and values(text, "jobs.preview.if")[0].startswith("github.event_name == 'pull_request'")
        and values(text, "jobs.deploy.if")
        == ["github.event_name == 'push' && github.ref == 'refs/heads/main'"]
        and values(text, "jobs.deploy.environment") == ["production"]
        and values(text, "jobs.preview.needs") == values(text, "jobs.deploy.needs") == ["check"]
    )


def it_signs_in_without_a_secret(text: str) -> bool:
    # The address of a webhook is none of Azure's; a deployment without it would turn the cards off.
    secrets = re.findall(r"secrets\.(\w+)", text)
    given = values(text, "jobs.deploy.steps.env.SIS_ALERT_WEBHOOK")
    return (
        secrets == ["SIS_ALERT_WEBHOOK"]
        and len(given) == 1
        and values(text, "jobs.preview.permissions.id-token") == ["write"]
        and values(text, "jobs.deploy.permissions.id-token") == ["write"]
        and values(text, "permissions.contents") == ["read"]
        and "jobs.check.permissions.id-token" not in {entry.path for entry in outline(text)}
    )


def every_action_is_pinned_to_a_commit(text: str) -> bool:
    # https://docs.github.com/actions/reference/security/secure-use#using-third-party-actions
    uses = re.findall(r"uses: (.+)", text)
    return bool(uses) and all(
        re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each) for each in uses
    )


def what_was_tested_is_what_is_deployed(text: str) -> bool:
    runs = values(text, "jobs.check.steps.run")
    deploys = values(text, "jobs.deploy.steps.run")
    return (
        runs.index("make test") < runs.index("make package") < runs.index("make bill")
        and "make audit" in runs
        and values(text, "jobs.check.steps.with.path") == ["dist/sis-sync.*"]
        and values(text, "jobs.deploy.steps.with.path") == ["dist"]
        and deploys == ["make settings", "make deploy PACKAGE=dist/sis-sync.zip"]
    )


def every_setting_has_one_place(text: str) -> bool:
    named = set(re.findall(r"vars\.(\w+)", text))
    return {name for name in named if name.startswith("SIS_")} == {"SIS_DEPLOYMENT"} and all(
        "make settings" in values(text, f"jobs.{job}.steps.run") for job in ("preview", "deploy")
    )


CHECKS: list[tuple[Check, str, list[tuple[str, str]]]] = [
    (
        layers_are_made_around_the_code,
        AZURE,
        [
            ("deploy --all\n      - azd: provision events", "provision events"),
            ("provision platform\n", "provision\n"),
        ],
    ),
    (
        every_layer_is_there,
        AZURE,
        [("module: events", "module: event"), ("name: graph", "name: g")],
    ),
    (
        every_key_is_known,
        AZURE,
        [
            ("remoteBuild: false", "remoteBuilt: false"),
            ("dependsOn:\n        - platform\n      hooks", "after:\n      hooks"),
        ],
    ),
    (azd_is_new_enough, AZURE, [(">= 1.25.3", ">= 1.24.0"), (">= 1.25.3", "1.25.3")]),
    (
        the_service_is_the_function_app,
        AZURE,
        [("host: function", "host: appservice"), ("remoteBuild: false", "remoteBuild: true")],
    ),
    (
        what_is_deployed_is_the_built_package,
        AZURE,
        [
            ("dist: dist/app", "dist: dist"),
            ("k.sh package dist/sis-sync.zip", "k.sh package x.zip"),
        ],
    ),
    (
        hooks_run_files_that_are_there,
        AZURE,
        [
            ("sh scripts/hook.sh await", "sh infra/scripts/hook.sh await"),
            ("hook.ps1 check_settings", "hook.ps1 check"),
        ],
    ),
    (
        every_step_is_a_target_of_the_makefile,
        WORKFLOW,
        [
            ("run: make deploy PACKAGE", "run: azd up PACKAGE"),
            ("run: make preview", "run: make what-if"),
        ],
    ),
    (
        the_preview_is_for_pull_requests_and_the_deployment_for_main,
        WORKFLOW,
        [
            ("if: github.event_name == 'push'", "if: github.event_name == 'pull'"),
            ("environment: production", "environment: test"),
            ("branches: [main]", "branches: [develop]"),
        ],
    ),
    (
        it_signs_in_without_a_secret,
        WORKFLOW,
        [
            ("vars.AZURE_PREVIEW_CLIENT_ID", "secrets.AZURE_PREVIEW_CLIENT_ID"),
            ("permissions:\n  contents: read\n\nconc", "permissions:\n  contents: write\n\nconc"),
            ("secrets.SIS_ALERT_WEBHOOK", "secrets.AZURE_CREDENTIALS"),
        ],
    ),
    (
        every_action_is_pinned_to_a_commit,
        WORKFLOW,
        [
            ("Azure/setup-azd@0b7e3a35ab00f2eee7080c845eb39c3f0ebfa553 # v2.4.0", "a/b@v2"),
            ("# v8.0.1", "# v8"),
        ],
    ),
    (
        what_was_tested_is_what_is_deployed,
        WORKFLOW,
        [
            ("make deploy PACKAGE=dist/sis-sync.zip", "make deploy"),
            ("      - run: make audit\n", ""),
        ],
    ),
    (
        every_setting_has_one_place,
        WORKFLOW,
        [("      - run: make settings\n      - run: make preview", "      - run: make preview")],
    ),
]


@pytest.mark.parametrize(("check", "text"), [case[:2] for case in CHECKS])
def test_the_file_holds(check: Check, text: str) -> None:
    assert check(text)


@pytest.mark.parametrize(
    ("check", "text", "old", "new"),
    [(check, text, *change) for check, text, changes in CHECKS for change in changes],
)
def test_a_broken_copy_is_noticed(check: Check, text: str, old: str, new: str) -> None:
    assert text.count(old) == 1
    assert not check(text.replace(old, new))
