"""`sis-sync doctor`: runs the checks of `sync_core.cli.doctor.checks` and prints them."""

import logging
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import typer

from sync_core.cli.exit_codes import CANNOT, FOUND, OK
from sync_core.cli.options import AsJson
from sync_core.cli.printing import echo, fail, print_json
from sync_core.model.documents import Document
from sync_core.model.errors import SettingsError

MARKS = {"ok": "ok     ", "failed": "FAILED ", "skipped": "skipped"}
SKIPPED_HELP = "Exit with 0 even if a vital step was skipped, such as the app's permissions."
AZD_HELP = "Get the deployment from azd, and check its event subscription too."
SETTINGS_HELP = (
    "The app's settings as JSON: what `az functionapp config appsettings list` prints, a"
    " local.settings.json, or a plain object; - reads standard input. Default: the environment."
)


class DoctorDocument(Document, frozen=True, kw_only=True):
    """What `--json` prints. `skipped_vital` names the skipped steps without which `passed` is
    false, unless --allow-skipped is given.
    """

    version: Literal[1] = 1
    passed: bool
    summary: str
    skipped_vital: tuple[str, ...]
    steps: tuple[Any, ...]


def doctor(
    *,
    settings: Annotated[str | None, typer.Option(metavar="FILE", help=SETTINGS_HELP)] = None,
    app: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="The app's address: https://HOST.")
    ] = None,
    azd: Annotated[bool, typer.Option("--azd", help=AZD_HELP)] = False,
    allow_skipped: Annotated[bool, typer.Option("--allow-skipped", help=SKIPPED_HELP)] = False,
    as_json: AsJson = False,
) -> None:
    """Check a deployment, or the local cloud, step by step.

    Exits with 0 if every step is all right, with 1 if one failed or a vital one was skipped, and
    with 2 if the settings cannot be read.
    """
    # Imported here: the other commands do not need storage, identity and HTTP.
    from sync_core.cli.doctor.checks import examine
    from sync_core.cli.doctor.steps import DoctorEnvironment

    # The SDK writes warnings about identities and retries where nobody has set up logging.
    for library in ("azure", "msal"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    try:
        given = settings_in(settings_text(settings)) if settings else {}
        if azd:
            given = settings_of_azd(_azd_values()) | given
            app = app or _app_of(given)
    except (SettingsError, OSError) as error:
        fail(error, CANNOT, as_json=as_json)
    # The identity library reads the endpoint only from the environment of the process.
    os.environ.update({name: each for name, each in given.items() if name.startswith("IDENTITY_")})
    around = DoctorEnvironment({**os.environ, **given}, app, _credential({**os.environ, **given}))
    steps = []
    for step in examine(around):
        steps.append(step)
        if not as_json:
            echo(f"{MARKS[step.state]}  {step.name}: {step.detail}")
    vital = tuple(step.name for step in steps if step.state == "skipped" and step.vital)
    states = Counter[str](step.state for step in steps)
    passed = not states["failed"] and (allow_skipped or not vital)
    summary = _summary(states, () if allow_skipped else vital)
    if as_json:
        print_json(
            DoctorDocument(passed=passed, summary=summary, skipped_vital=vital, steps=tuple(steps))
        )
    else:
        echo(f"\n{summary}")
    raise typer.Exit(OK if passed else FOUND)


def _summary(states: Mapping[str, int], vital: Sequence[str]) -> str:
    counts = f"{states['ok']} ok, {states['failed']} failed, {states['skipped']} skipped"
    if states["failed"]:
        return f"FAILED: {counts}. Start with the first step that failed."
    if vital:
        return (
            f"NOT COMPLETE: {counts}. Not checked although needed: {', '.join(vital)}. If that is"
            " intended, add --allow-skipped."
        )
    return f"OK: {counts}."


def settings_in(text: str) -> dict[str, str]:
    """Settings by name, from any format that Azure's tools write. Raises SettingsError."""
    try:
        document: Any = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise SettingsError(
            f"The settings are not JSON: {error}. Pass the output of az unchanged."
        ) from None
    if isinstance(document, dict):
        document = document.get("Values", document)
    if isinstance(document, list):
        document = {each["name"]: each["value"] for each in document if "name" in each}
    if not isinstance(document, dict):
        raise SettingsError("The settings are not an object of names and values.")
    return {str(name): str(value) for name, value in document.items()}


def settings_text(source: str) -> str:
    """The content of a file, or of standard input for `-`."""
    return sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")


def _credential(environment: Mapping[str, str]) -> Any:
    """The operator's sign-in, if there is neither a connection string nor the app's identity."""
    if environment.get("SIS_STORAGE") or environment.get("IDENTITY_ENDPOINT"):
        return None
    from azure.identity import (
        AzureCliCredential,
        AzureDeveloperCliCredential,
        ChainedTokenCredential,
    )

    return ChainedTokenCredential(AzureDeveloperCliCredential(), AzureCliCredential())


def settings_of_azd(values: Mapping[str, str]) -> dict[str, str]:
    """The app's settings, derived as in the templates from azd's variables of the deployment."""
    account = values.get("SIS_DATA_STORAGE")
    if not account:
        raise SettingsError("azd has no deployment here. Run azd up first.")
    return {
        "SIS_STORAGE__blobServiceUri": f"https://{account}.blob.core.windows.net",
        "SIS_STORAGE__queueServiceUri": f"https://{account}.queue.core.windows.net",
        "SIS_RESULTS_CONTAINER": "sis-results",
        "SIS_RESULTS_QUEUE": "sync-results",
        **values,
    }


def _app_of(values: Mapping[str, str]) -> str | None:
    name = values.get("SIS_APP_NAME")
    return f"https://{name}.azurewebsites.net" if name else None


def _azd_values() -> dict[str, str]:
    """The variables of the deployment from azd.

    https://learn.microsoft.com/azure/developer/azure-developer-cli/reference#azd-env-get-values
    """
    cli = shutil.which("azd")
    if cli is None:
        raise SettingsError("azd is not on the path. Install it, or omit --azd.")
    command = [cli, "env", "get-values", "--output", "json", "--no-prompt"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - azd
    if answer.returncode:
        said = answer.stderr.strip() or answer.stdout.strip()
        raise SettingsError(
            f"azd env get-values failed: {said}. Run this in the folder of azure.yaml."
        )
    return settings_in(answer.stdout)
