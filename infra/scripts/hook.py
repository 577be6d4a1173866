# ruff: noqa: INP001 - a script, run with -m from the top of the repository
"""Run a script of this folder with the packages that it needs.

    python -m infra.scripts.hook NAME [ARGUMENT ...]

The packages are those of `requirements-deploy.txt`, checked by hash. An interpreter that has them
is used as it is; otherwise they are installed once, into `.venv-deploy` beside this checkout.
"""

import hashlib
import importlib.util
import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "requirements-deploy.txt"
FOLDER = ROOT / ".venv-deploy"
NEEDED = ("msgspec", "packaging", "pip", "rich", "typer")


def main(arguments: Sequence[str] | None = None) -> int:
    name, *rest = sys.argv[1:] if arguments is None else arguments
    try:
        python = interpreter()
    except (OSError, subprocess.CalledProcessError) as error:
        sys.stderr.write(
            f"The packages of {REQUIREMENTS.name} could not be installed into {FOLDER}: {error}."
            " Check that this machine reaches PyPI (a proxy is set with HTTPS_PROXY) and that"
            " Python has venv (Debian: python3-venv), then run the command again.\n"
        )
        return 1
    command = [python, "-m", f"infra.scripts.{name}", *rest]
    return subprocess.run(command, cwd=ROOT, check=False).returncode  # noqa: S603 - a script of ours


def interpreter() -> str:
    """A Python that has the packages: this one, or that of `.venv-deploy`."""
    if all(importlib.util.find_spec(name) for name in NEEDED):
        return sys.executable
    python = FOLDER / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = FOLDER / "installed"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        sys.stdout.write(f"Installing the packages of {REQUIREMENTS.name} (once)\n")
        sys.stdout.flush()
        venv.create(FOLDER, with_pip=True, clear=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        install += ["--require-hashes", "--only-binary=:all:", "--requirement", str(REQUIREMENTS)]
        subprocess.run(install, check=True)  # noqa: S603 - pip
        stamp.write_text(wanted, encoding="utf-8")
    return str(python)


if __name__ == "__main__":
    sys.exit(main())
