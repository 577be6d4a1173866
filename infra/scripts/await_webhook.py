# ruff: noqa: INP001 - a script, run by path
"""Wait until the deployed app has the key that Event Grid calls it with.

The key `blobs_extension` is there once the host has indexed a blob trigger, a minute or two after a
deployment; until then, listing keys fails with "service unavailable". Names come from the
environment that azd hands to its hooks. Without the Azure CLI this waits a fixed time instead.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping

KEY = "blobs_extension"
PAUSE_SECONDS = 10.0
TRIES = 18
BLIND_SECONDS = 120.0


def main(
    environment: Mapping[str, str] = os.environ, sleep: Callable[[float], None] = time.sleep
) -> int:
    if environment.get("SIS_INTAKE") == "queue":
        return 0
    cli = shutil.which("az", path=environment.get("PATH"))
    if cli is None:
        sys.stdout.write("No Azure CLI here to ask with: waiting two minutes for the app.\n")
        sleep(BLIND_SECONDS)
        return 0
    for _ in range(TRIES):
        if _has_key(cli, environment):
            return 0
        sleep(PAUSE_SECONDS)
    sys.stderr.write(
        f"The app {environment['SIS_APP_NAME']} has no system key {KEY} after three minutes: its"
        " functions were not indexed. Look at its log stream (a wrong setting is named there), then"
        " run `azd provision events`.\n"
    )
    return 1


def _has_key(cli: str, environment: Mapping[str, str]) -> bool:
    command = [cli, "functionapp", "keys", "list", "--output", "tsv"]
    command += ["--resource-group", environment["AZURE_RESOURCE_GROUP"]]
    command += ["--name", environment["SIS_APP_NAME"]]
    # Only whether it is there: the key itself is never read.
    command += ["--query", f"contains(keys(systemKeys), '{KEY}')"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - the operator's own CLI
    return answer.returncode == 0 and answer.stdout.strip().lower() == "true"


if __name__ == "__main__":
    sys.exit(main())
