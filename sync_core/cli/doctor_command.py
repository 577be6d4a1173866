"""`sis-sync doctor`: runs the checks of `sync_core.cli.doctor` and prints them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from sync_core.model.errors import SettingsError

MARKS = {"ok": "ok     ", "failed": "FAILED ", "skipped": "skipped"}
AZD_HELP = "Get the deployment from azd, and check its event subscription too."
SETTINGS_HELP = (
    "The app's settings as JSON: what `az functionapp config appsettings list` prints, a"
    " local.settings.json, or a plain object; - reads standard input. Default: the environment."
)


def doctor(
    settings: Annotated[str | None, typer.Option(help=SETTINGS_HELP)] = None,
    app: Annotated[str | None, typer.Option(help="The app's address: https://HOST.")] = None,
    azd: Annotated[bool, typer.Option("--azd", help=AZD_HELP)] = False,
) -> None:
    """Check a deployment, or the local cloud, step by step. Exits with 1 if a step failed."""
    # Imported here: the other commands do not need storage, identity and HTTP.
    from sync_core.cli.doctor import examine
    from sync_core.cli.doctor_steps import DoctorEnvironment

    try:
        given = settings_in(settings_text(settings)) if settings else {}
        if azd:
            given = settings_of_azd(_azd_values()) | given
            app = app or _app_of(given)
    except (SettingsError, OSError) as error:
        typer.echo(f"{error}", err=True)
        raise typer.Exit(2) from None
    # The identity library reads the endpoint only from the environment of the process.
    os.environ.update({name: each for name, each in given.items() if name.startswith("IDENTITY_")})
    around = DoctorEnvironment({**os.environ, **given}, app, _credential({**os.environ, **given}))
    failed = False
    for step in examine(around):
        typer.echo(f"{MARKS[step.state]}  {step.name}: {step.detail}")
        failed |= step.state == "failed"
    raise typer.Exit(int(failed))


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
