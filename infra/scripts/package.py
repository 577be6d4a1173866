# ruff: noqa: INP001 - a script, run with -m from the top of the repository
"""Build the deployment package: the app, and its packages for the Python that Azure runs.

    python -m infra.scripts.package dist/sis-sync.zip [--folder dist/app]

The app is what git keeps and `.funcignore` lets through. Its packages are the wheels of
`requirements.txt` for Linux and the Python of `infra/main.bicep`, checked by hash and unpacked into
`.python_packages/lib/site-packages`, so the result is the same on every operating system and
nothing is built in the cloud. The same commit gives the same bytes. Prints size and SHA-256.
https://learn.microsoft.com/azure/azure-functions/python-build-options
"""

import argparse
import contextlib
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
OLDEST = (1980, 1, 1, 0, 0, 0)
"""The date of every entry: the earliest that a zip can have."""

PACKAGES = ".python_packages/lib/site-packages"
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux2014_x86_64", "manylinux_2_17_x86_64")
"""What the Linux of Azure Functions runs; the newest glibc that is asked for is 2.28 of 2018."""

IMPORTED = ("purelib", "platlib")
"""The parts of a wheel's .data folder that are imported: the others are commands and headers.
https://packaging.python.org/en/latest/specifications/binary-distribution-format/"""


class PackageError(Exception):
    """The package was not built. The message says why, and what to do next."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("package", type=Path, help="the zip to write")
    parser.add_argument("--folder", type=Path, help="unpack it here too, in place of what is there")
    parser.add_argument("--python", help="for this version, not that of infra/main.bicep")
    options = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as folder:
            found = wheels(ROOT, Path(folder), options.python or python_version())
            names = build(options.package, found)
    except PackageError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if options.folder:
        shutil.rmtree(options.folder, ignore_errors=True)
        with zipfile.ZipFile(options.package) as archive:
            archive.extractall(options.folder)
    digest = hashlib.sha256(options.package.read_bytes()).hexdigest()
    size = options.package.stat().st_size
    sys.stdout.write(f"{options.package}: {len(names)} files, {size:,} bytes\nsha256 {digest}\n")
    return 0


def build(package: Path, packages: Sequence[Path], root: Path = ROOT) -> list[str]:
    """Write the package of the app and these wheels; the names in it, in order."""
    package.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        read: dict[str, Callable[[], bytes]] = {
            name: (root / name).read_bytes for name in deployed_files(root)
        }
        for wheel in packages:
            opened = stack.enter_context(zipfile.ZipFile(wheel))
            for member in opened.namelist():
                if name := _imported_as(member):
                    read[f"{PACKAGES}/{name}"] = partial(opened.read, member)
        archive = stack.enter_context(zipfile.ZipFile(package, "w"))
        for name, content in sorted(read.items()):
            entry = zipfile.ZipInfo(name, OLDEST)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content(), zipfile.ZIP_DEFLATED, compresslevel=6)
    return sorted(read)


def deployed_files(root: Path = ROOT) -> list[str]:
    """The app: git knows both its own files and the language of `.funcignore`."""
    kept = _git(root, "ls-files", "--cached", "-z")
    left_out = _git(root, "ls-files", "--cached", "--ignored", "-z", "--exclude-from=.funcignore")
    return sorted(name for name in kept - left_out if (root / name).is_file())


def python_version(root: Path = ROOT) -> str:
    """The version of Python that the template deploys, such as 3.13."""
    template = (root / "infra" / "main.bicep").read_text(encoding="utf-8")
    found = re.search(r"^param pythonVersion string = '(3\.\d+)'$", template, re.MULTILINE)
    if not found:
        raise PackageError("infra/main.bicep gives pythonVersion no default. Give it one: '3.13'.")
    return found[1]


def wheels(root: Path, folder: Path, version: str) -> list[Path]:
    """Download the wheels of the lock for Azure's Linux and a version of Python into a folder."""
    lock = folder / "lock.txt"
    text = (root / "requirements.txt").read_text(encoding="utf-8")
    lock.write_text("".join(pinned(text, target(version))), encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary=:all:", "--require-hashes", "--requirement", str(lock)]
    command += ["--implementation", "cp", "--python-version", version]
    command += [part for platform in PLATFORMS for part in ("--platform", platform)]
    answer = subprocess.run(  # noqa: S603 - pip
        [*command, "--dest", str(folder / "wheels")], check=False, capture_output=True, text=True
    )
    if answer.returncode:
        raise PackageError(
            f"pip could not download the packages of requirements.txt:\n{answer.stderr.strip()}\n"
            "Check that this machine reaches PyPI, then run this again. If a hash differs, do"
            " not deploy: the package is not the one that was tested."
        )
    return sorted((folder / "wheels").iterdir())


def target(version: str) -> dict[str, str]:
    """The environment that markers are judged by: pip takes that of the machine it runs on.
    https://packaging.python.org/en/latest/specifications/dependency-specifiers/#environment-markers
    """
    return {
        "implementation_name": "cpython",
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "python_full_version": f"{version}.0",
        "python_version": version,
        "sys_platform": "linux",
    }


def pinned(lock: str, environment: Mapping[str, str]) -> Iterator[str]:
    """The lines of a lock that apply to an environment, without markers, with their hashes."""
    for line in lock.replace("\\\n", " ").splitlines():
        wanted, *hashes = re.split(r"\s+--hash=", line.strip())
        if not wanted or wanted.startswith("#"):
            continue
        if not hashes:
            raise PackageError(
                f"requirements.txt has no hash for {wanted}. Compile it again with uv."
            )
        requirement = Requirement(wanted)
        if requirement.marker is None or requirement.marker.evaluate(dict(environment)):
            marks = " ".join(f"--hash={each.strip()}" for each in hashes)
            yield f"{requirement.name}{requirement.specifier} {marks}\n"


def _imported_as(name: str) -> str | None:
    """What a file of a wheel is called where packages are imported from; None for the others."""
    top, _, rest = name.partition("/")
    if name.endswith("/"):
        return None
    if not top.endswith(".data"):
        return name
    part, _, inner = rest.partition("/")
    return inner if part in IMPORTED else None


def _git(root: Path, *arguments: str) -> set[str]:
    command = ["git", "-C", str(root), *arguments]
    try:
        listing = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError) as error:
        raise PackageError(
            f"git could not list the files of {root}: {error}. The package holds what git keeps:"
            " install git, and deploy from a clone."
        ) from None
    return set(filter(None, listing.stdout.split("\0")))


if __name__ == "__main__":
    sys.exit(main())
