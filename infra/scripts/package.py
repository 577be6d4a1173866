# ruff: noqa: INP001 - a script, run by path
"""Build the deployment package: what git keeps and `.funcignore` lets through, and nothing else.

    python infra/scripts/package.py dist/sis-sync.zip

The layout is that of a remote build: the platform installs `requirements.txt` by itself. The same
commit gives the same bytes. Prints the size and how long an interpreter takes to import the app.
"""

import argparse
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OLDEST = (1980, 1, 1, 0, 0, 0)
"""The one date of every entry, the first that a zip can hold."""

SETTINGS = {
    "SIS_FEEDS": '[{"name": "northwind", "target": "classic", "profileId": "p"}]',
    "SIS_STORAGE": "UseDevelopmentStorage=true",
    "SIS_LANDING_CONTAINER": "sis-landing",
    "SIS_RESULTS_CONTAINER": "sis-results",
    "SIS_RESULTS_QUEUE": "sync-results",
}
"""Just enough for the app to be indexed."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("package", type=Path, help="the zip to write")
    package = parser.parse_args(arguments).package
    names = build(package)
    sys.stdout.write(f"{package}: {len(names)} files, {package.stat().st_size:,} bytes\n")
    sys.stdout.write(f"cold start imports the app in {import_seconds():.2f} s\n")
    return 0


def build(package: Path, root: Path = ROOT) -> list[str]:
    """Write the package; the names in it, in order."""
    names = deployed_files(root)
    package.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in names:
            entry = zipfile.ZipInfo(name, OLDEST)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, (root / name).read_bytes())
    return names


def deployed_files(root: Path = ROOT) -> list[str]:
    """What goes to the cloud: git knows both its own files and the language of `.funcignore`."""
    kept = _git(root, "ls-files", "--cached", "-z")
    left_out = _git(root, "ls-files", "--cached", "--ignored", "-z", "--exclude-from=.funcignore")
    return sorted(name for name in kept - left_out if (root / name).is_file())


def import_seconds(root: Path = ROOT, python: str = sys.executable) -> float:
    """How long a fresh interpreter takes until the app can be indexed; the best of three."""
    return min(_import_once(root, python) for _ in range(3))


def _import_once(root: Path, python: str) -> float:
    environment = {**os.environ, **SETTINGS}
    begun = time.perf_counter()
    command = [python, "-c", "import function_app; function_app.app.get_functions()"]
    subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True)  # noqa: S603 - our own app
    return time.perf_counter() - begun


def _git(root: Path, *arguments: str) -> set[str]:
    command = ["git", "-C", str(root), *arguments]
    listing = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - git itself
    return set(filter(None, listing.stdout.split("\0")))


if __name__ == "__main__":
    sys.exit(main())
