# ruff: noqa: INP001 - a script, run by path
"""Wait until the deployed app has the key that Event Grid calls it with.

The key `blobs_extension` is there once the host has indexed a blob trigger, a minute or two after a
deployment; until then, listing keys fails with "service unavailable". Names come from the
environment that azd hands to its hooks. Without the Azure CLI this waits a fixed time instead.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time

KEY = "blobs_extension"
PAUSE_SECONDS = 10.0
TRIES = 18
"""With the pauses between them, three minutes; without the CLI, two thirds of that."""


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--pause", type=float, default=PAUSE_SECONDS, help="seconds between tries")
    pause: float = parser.parse_args().pause
    if os.environ.get("SIS_INTAKE") == "queue":
        return 0
    cli = shutil.which("az")
    if cli is None:
        sys.stdout.write("No Azure CLI here to ask with: waiting two minutes for the app.\n")
        time.sleep(pause * TRIES * 2 / 3)
        return 0
    for _ in range(TRIES):
        if _has_key(cli):
            return 0
        time.sleep(pause)
    sys.stderr.write(
        f"The app {os.environ['SIS_APP_NAME']} still has no system key {KEY}: its functions were"
        " not indexed. Look at its log stream, where a wrong setting is named, then run"
        " `azd provision events`.\n"
    )
    return 1


def _has_key(cli: str) -> bool:
    command = [cli, "functionapp", "keys", "list", "--output", "tsv"]
    command += ["--resource-group", os.environ["AZURE_RESOURCE_GROUP"]]
    command += ["--name", os.environ["SIS_APP_NAME"]]
    # Only whether it is there: the key itself is never read.
    command += ["--query", f"contains(keys(systemKeys), '{KEY}')"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - the operator's own CLI
    return answer.stdout.strip().lower() == "true"


if __name__ == "__main__":
    sys.exit(main())
