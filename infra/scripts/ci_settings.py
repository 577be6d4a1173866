# ruff: noqa: INP001 - a script, run with -m from the top of the repository
"""Hand every setting of a deployment to the later steps of a workflow of GitHub.

    python -m infra.scripts.ci_settings

SIS_DEPLOYMENT holds them all as one JSON object, as `azd env get-values --output json` prints it,
so that nothing that was set with `azd env set` is lost in a build. What azd makes by itself in
there is left out. Writes to the file that GITHUB_ENV names.
https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#multiline-strings
"""

import json
import os
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path

from infra.scripts.check_settings import READ, ROOT

LAYERS = ("main", "graph")
"""The layers whose parameters people set; the others read what the first one gave."""


class WrongSettingsError(Exception):
    """SIS_DEPLOYMENT is wrong. The message says why, and what to do."""


def main() -> int:
    try:
        found = settings_in(os.environ.get("SIS_DEPLOYMENT", ""))
    except WrongSettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    text = "".join(_assignment(name, value) for name, value in found.items())
    with Path(os.environ["GITHUB_ENV"]).open("a", encoding="utf-8") as file:
        file.write(text)
    sys.stdout.write(f"Settings of this deployment: {', '.join(found)}\n")
    return 0


def settings_in(text: str) -> Mapping[str, str]:
    """The settings that people set, by name. Raises WrongSettingsError."""
    advice = (
        "Set the repository's variable SIS_DEPLOYMENT to what"
        " `azd env get-values --output json` prints, without SIS_ALERT_WEBHOOK."
    )
    try:
        document = json.loads(text)
    except ValueError:
        raise WrongSettingsError(f"SIS_DEPLOYMENT is not JSON. {advice}") from None
    if not isinstance(document, dict):
        raise WrongSettingsError(f"SIS_DEPLOYMENT is not a JSON object. {advice}")
    if document.get("SIS_ALERT_WEBHOOK"):
        raise WrongSettingsError(
            "SIS_DEPLOYMENT holds SIS_ALERT_WEBHOOK, which everybody who reads the repository's"
            " variables could post to. Make it a secret of the environment production instead."
        )
    wanted = [name for layer in LAYERS for name in _read_by(layer)]
    found = {name: document[name] for name in wanted if name in document}
    if wrong := [name for name, value in found.items() if not isinstance(value, str)]:
        raise WrongSettingsError(f"SIS_DEPLOYMENT: {', '.join(wrong)} must be texts. {advice}")
    if missing := {"AZURE_ENV_NAME", "AZURE_LOCATION", "SIS_FEEDS"} - found.keys():
        raise WrongSettingsError(f"SIS_DEPLOYMENT lacks {', '.join(sorted(missing))}. {advice}")
    return found


def _read_by(layer: str) -> list[str]:
    text = (ROOT / "infra" / f"{layer}.bicepparam").read_text(encoding="utf-8")
    return [name for _, name, _ in READ.findall(text) if name != "SIS_ALERT_WEBHOOK"]


def _assignment(name: str, value: str) -> str:
    mark = f"end-{uuid.uuid4().hex}"
    return f"{name}<<{mark}\n{value}\n{mark}\n"


if __name__ == "__main__":
    sys.exit(main())
