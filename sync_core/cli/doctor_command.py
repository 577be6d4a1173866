"""`sis-sync doctor`: the checks of `sync_core.cli.doctor` on a terminal."""

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
AZD_HELP = "Ask azd where the deployment is, and check the event subscription too."
SETTINGS_HELP = (
    "The app's settings as JSON: what `az functionapp config appsettings list` prints, a"
    " local.settings.json, or a plain object; - for standard input. Without it, the environment."
)


def doctor(
    settings: Annotated[str | None, typer.Option(help=SETTINGS_HELP)] = None,
    app: Annotated[str | None, typer.Option(help="The app's address: https://HOST.")] = None,
    azd: Annotated[bool, typer.Option("--azd", help=AZD_HELP)] = False,
) -> None:
    """Check a deployment, or the local cloud, step by step. Exits with 1 where a step failed."""
    # Storage, identity and HTTP are for this command alone, among those of the command line.
    from sync_core.cli.doctor import DoctorEnvironment, examine

    try:
        given = settings_in(settings_text(settings)) if settings else {}
        if azd:
            given = settings_of_azd(_azd_values()) | given
            app = app or _app_of(given)
    except (SettingsError, OSError) as error:
        typer.echo(f"{error}", err=True)
        raise typer.Exit(2) from None
    # The identity library reads the endpoint from the process's environment alone.
    os.environ.update({name: each for name, each in given.items() if name.startswith("IDENTITY_")})
    around = DoctorEnvironment({**os.environ, **given}, app, _credential({**os.environ, **given}))
    failed = False
    for step in examine(around):
        typer.echo(f"{MARKS[step.state]}  {step.name}: {step.detail}")
        failed |= step.state == "failed"
    raise typer.Exit(int(failed))


def settings_in(text: str) -> dict[str, str]:
    """Settings by name, from any of the shapes that Azure's tools write."""
    try:
        document: Any = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise SettingsError(f"The settings are not JSON: {error}. Pass what az printed.") from None
    if isinstance(document, dict):
        document = document.get("Values", document)
    if isinstance(document, list):
        document = {each["name"]: each["value"] for each in document if "name" in each}
    if not isinstance(document, dict):
        raise SettingsError("The settings are not an object of names and values.")
    return {str(name): str(value) for name, value in document.items()}


def settings_text(source: str) -> str:
    """What a file holds, or standard input for `-`."""
    return sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")


def _credential(environment: Mapping[str, str]) -> Any:
    """The operator's own sign-in, where neither a key nor the app's identity is at hand."""
    if environment.get("SIS_STORAGE") or environment.get("IDENTITY_ENDPOINT"):
        return None
    from azure.identity import (
        AzureCliCredential,
        AzureDeveloperCliCredential,
        ChainedTokenCredential,
    )

    return ChainedTokenCredential(AzureDeveloperCliCredential(), AzureCliCredential())


def settings_of_azd(values: Mapping[str, str]) -> dict[str, str]:
    """The app's settings, as the templates make them of what azd keeps of the deployment."""
    account = values.get("SIS_DATA_STORAGE")
    if not account:
        raise SettingsError("azd knows of no deployment here. Run azd up first.")
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
    """What azd keeps of the deployment.

    https://learn.microsoft.com/azure/developer/azure-developer-cli/reference#azd-env-get-values
    """
    cli = shutil.which("azd")
    if cli is None:
        raise SettingsError("azd is not on the path. Install it, or leave --azd out.")
    command = [cli, "env", "get-values", "--output", "json", "--no-prompt"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - azd
    if answer.returncode:
        said = answer.stderr.strip() or answer.stdout.strip()
        raise SettingsError(f"azd env get-values failed: {said}. Run it where azure.yaml is.")
    return settings_in(answer.stdout)
