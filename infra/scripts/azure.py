# ruff: noqa: INP001 - used by the scripts beside it
"""Azure Resource Manager and azd's environment, as the person who is signed in to azd.

Needs azd, which runs the hooks, and neither the Azure CLI nor a package. `SIS_ARM_ENDPOINT` names
the resource manager of another cloud than the public one.
"""

import json
import os
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PUBLIC = "https://management.azure.com"
SECONDS = 60.0
NOT_FOUND, BUSY, SERVER_FAULT = 404, 429, 500
REFUSED = (401, 403)


class AzureError(Exception):
    """A call failed, and a retry does not help. The message says what to do next."""


class NotFoundError(AzureError):
    """The resource does not exist."""


class BusyError(AzureError):
    """There is no answer yet, or one that may change within a minute. Retry."""


def ask(method: str, path: str) -> Any:
    """The JSON that the resource manager answers to a call without a body. Raises AzureError.

    https://learn.microsoft.com/rest/api/azure/
    """
    endpoint = os.environ.get("SIS_ARM_ENDPOINT", PUBLIC).rstrip("/")
    if urllib.parse.urlsplit(endpoint).scheme != "https" and not _is_local(endpoint):
        raise AzureError("SIS_ARM_ENDPOINT must be an https address. Remove or correct it.")
    request = urllib.request.Request(  # noqa: S310 - https, or this machine
        endpoint + path,
        method=method,
        headers={"Authorization": f"Bearer {_token(endpoint)}", "Content-Length": "0"},
    )
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - as above
            return json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        raise _fault(error.code, error.read().decode("utf-8", "replace"), path) from None
    except (OSError, ValueError) as error:
        raise BusyError(f"Azure did not answer: {error}.") from None


def set_variable(name: str, value: str) -> None:
    """Set a variable of azd's environment. Raises AzureError."""
    _azd("env", "set", name, value)


def _token(endpoint: str) -> str:
    text = _azd("auth", "token", "--scope", f"{endpoint}/.default", "--output", "json")
    try:
        return str(json.loads(text)["token"])
    except (ValueError, KeyError, TypeError):
        raise AzureError(
            "azd returned no token. Run `azd auth login`, then run this again."
        ) from None


def _azd(*arguments: str) -> str:
    cli = shutil.which("azd")
    if cli is None:
        raise AzureError("azd is not on the path. Install the Azure Developer CLI, or add it.")
    command = [cli, *arguments, "--cwd", str(ROOT), "--no-prompt"]
    if name := os.environ.get("AZURE_ENV_NAME"):
        command += ["--environment", name]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - azd
    if answer.returncode:
        said = answer.stderr.strip() or answer.stdout.strip()
        raise AzureError(
            f"`azd {' '.join(arguments[:2])}` failed: {said}\nIf you are not signed in, run"
            " `azd auth login`. Then run the command again."
        )
    return answer.stdout


def _fault(status: int, body: str, path: str) -> AzureError:
    try:
        document = json.loads(body)
        error = {name.lower(): value for name, value in document.get("error", document).items()}
        said = f"{error['code']}: {error['message']}"
    except (ValueError, KeyError, TypeError, AttributeError):
        said = body.strip()[:500]
    if status == BUSY or status >= SERVER_FAULT or "from host runtime" in said:
        # While the app's host starts, its own errors are passed on.
        return BusyError(f"Azure answered {status} ({said}).")
    what = f"Azure answered {status} ({said}) for {path.partition('?')[0]}."
    subscription = os.environ.get("AZURE_SUBSCRIPTION_ID", "")
    if status in REFUSED:
        return AzureError(
            f"{what} You are signed in, but have no right to do this in the subscription"
            f" {subscription}. Sign in with `azd auth login` as a Contributor of it."
        )
    if status == NOT_FOUND:
        return NotFoundError(
            f"{what} The script looked in the subscription {subscription}. Check it with"
            " `azd env get-value AZURE_SUBSCRIPTION_ID`, then run `azd provision platform`."
        )
    return AzureError(what)


def _is_local(endpoint: str) -> bool:
    return urllib.parse.urlsplit(endpoint).hostname in ("127.0.0.1", "localhost")
