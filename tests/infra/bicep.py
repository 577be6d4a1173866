"""Microsoft's Bicep CLI, asked about a copy of the templates."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

INFRA = Path(__file__).resolve().parents[2] / "infra"

CLI = shutil.which("bicep")
"""The compiler on PATH; None where there is none."""


def bicep(*arguments: str, variables: Mapping[str, str] | None = None) -> tuple[int, str]:
    """The exit code of a command, and all that it says on both streams.

    The command sees no setting of a deployment in its environment but `variables`.
    """
    assert CLI, "bicep is not on PATH"
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("SIS_", "AZURE_"))
    }
    answer = subprocess.run(
        [CLI, *arguments],
        # .NET's profile-guided optimisation costs a short command more time than it saves.
        env={**kept, "DOTNET_TieredPGO": "0", **(variables or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    )
    return answer.returncode, answer.stdout.strip()


def assert_silent(*arguments: str, variables: Mapping[str, str] | None = None) -> None:
    """A command succeeds and says nothing. Type errors are warnings with exit code 0."""
    code, said = bicep(*arguments, variables=variables)
    assert said == "", said
    assert code == 0


def copy_of_infra(folder: Path) -> Path:
    """A copy of the templates, for commands that write beside what they read."""
    return Path(shutil.copytree(INFRA, folder / "infra"))
