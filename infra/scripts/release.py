# ruff: noqa: INP001 - a script, run with -m from the top of the repository
"""Build a release from the tag of this commit: the package, its bill of materials, the digests.

    python -m infra.scripts.release dist/release

The tag is `v` and the version of `sync_core/__init__.py`. Refuses a commit without that tag, and a
working folder with changes: what is released is what the tag names. The bill of materials is
CycloneDX 1.6 as JSON. https://cyclonedx.org/docs/1.6/json/
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from infra.scripts import package
from sync_core import __version__

NAMESPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
"""The namespace for URLs (RFC 9562, 6.6). The same package gets the same serial number."""


class ReleaseError(Exception):
    """Nothing was released. The message says why, and what to do next."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where to write")
    parser.add_argument("--bill-only", action="store_true", help="only sis-sync.cdx.json")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    try:
        if options.bill_only:
            _write(options.folder / "sis-sync.cdx.json", bill_of_materials(_locked()))
            return 0
        check(package.ROOT)
        written = release(options.folder)
    except (ReleaseError, package.PackageError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("".join(f"{path}\n" for path in written))
    return 0


def check(root: Path) -> None:
    """Raise ReleaseError unless this is the clean commit of the version's tag."""
    tag = f"v{__version__}"
    if _git(root, "status", "--porcelain"):
        raise ReleaseError("There are changes that are not committed. Commit or remove them.")
    if tag not in _git(root, "tag", "--points-at", "HEAD").split():
        raise ReleaseError(
            f"This commit has no tag {tag}. Set __version__ in sync_core/__init__.py, move what is"
            f" under Unreleased in CHANGELOG.md to {__version__}, commit, then: git tag {tag}"
        )
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    if f"## {__version__}" not in text:
        raise ReleaseError(f"CHANGELOG.md has no section {__version__}. Add it before the tag.")


def release(folder: Path) -> list[Path]:
    """Write the files of a release; SHA256SUMS comes last and names the others."""
    path = folder / f"sis-sync-{__version__}.zip"
    with tempfile.TemporaryDirectory() as place:
        found = package.wheels(package.ROOT, Path(place), package.python_version())
        package.build(path, found)
    bill = folder / f"sis-sync-{__version__}.cdx.json"
    _write(bill, bill_of_materials(_locked()))
    sums = folder / "SHA256SUMS"
    lines = [
        f"{hashlib.sha256(each.read_bytes()).hexdigest()}  {each.name}" for each in (path, bill)
    ]
    sums.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return [path, bill, sums]


def bill_of_materials(locked: Iterable[str]) -> dict[str, Any]:
    """The bill of materials of the package: each line of the lock is a component."""
    components = []
    for line in locked:
        name, _, version = line.split()[0].partition("==")
        purl = f"pkg:pypi/{name}@{version}"
        component = {"type": "library", "bom-ref": purl, "name": name, "version": version}
        components.append({**component, "purl": purl})
    app = f"pkg:generic/sis-sync@{__version__}"
    number = uuid.uuid5(NAMESPACE, json.dumps([app, *(each["purl"] for each in components)]))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{number}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": app,
                "name": "sis-sync",
                "version": __version__,
                "licenses": [{"license": {"id": "MIT"}}],
            }
        },
        "components": components,
        "dependencies": [{"ref": app, "dependsOn": [each["bom-ref"] for each in components]}],
    }


def _locked() -> list[str]:
    text = (package.ROOT / "requirements.txt").read_text(encoding="utf-8")
    return list(package.pinned(text, package.target(package.python_version())))


def _write(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())
