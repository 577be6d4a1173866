# ruff: noqa: INP001 - a script, run with -m from the top of the repository
"""Check every variable of a deployment before anything is created.

    python -m infra.scripts.check_settings

The allowed values come from `infra/main.bicepparam`, which reads the variables, and from
`infra/main.bicep`, which declares the parameters. The feeds are checked as by `sis-sync feeds
check`. Conditions between two variables are checked by the parameter file instead. Nothing is
changed, and no value of a secret is quoted.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
READ = re.compile(
    r"(?:(json|int|bool)\()?readEnvironmentVariable\('(\w+)'(?:, '((?:[^']|'')*)')?\)"
)
ASSIGNED = re.compile(r"^(param|var) (\w+) = ", re.MULTILINE)
DECLARED = re.compile(
    r"((?:^@[^\n]*\n(?:  [^\n]*\n|\]\)\n)*)*)^param (\w+) ([\w\[\]]+)", re.MULTILINE
)


class Variable(NamedTuple):
    """One variable: how it is read, its default, and how the template declares its parameter."""

    name: str
    read_as: str
    default: str | None
    type: str
    decorators: str

    @property
    def is_secret(self) -> bool:
        return "@secure()" in self.decorators


class WrongValueError(ValueError):
    """A value is wrong. The message says what it must be."""


def main() -> int:
    faults = [*faults_in(os.environ, variables()), *_feeds_fault(os.environ)]
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    if faults:
        sys.stderr.write(
            "Nothing was created. Correct the settings with `azd env set`, then run this again.\n"
        )
    return int(bool(faults))


def variables(root: Path = ROOT) -> list[Variable]:
    """Every variable that the first layer reads, with the parameter that gets its value."""
    given = (root / "infra" / "main.bicepparam").read_text(encoding="utf-8")
    template = (root / "infra" / "main.bicep").read_text(encoding="utf-8")
    declared = {name: (kind, above) for above, name, kind in DECLARED.findall(template)}
    starts = [*ASSIGNED.finditer(given)]
    ends = [each.start() for each in starts[1:]] + [len(given)]
    assigned = {
        start[2]: (start[1], given[start.end() : end])
        for start, end in zip(starts, ends, strict=True)
    }
    found: list[Variable] = []
    for word, (kind, text) in assigned.items():
        for read_as, name, default in READ.findall(text):
            users = [word] if kind == "param" else _users(word, assigned)
            kinds = [declared[user] for user in users]
            type_, above = next((each for each in kinds if _fits(read_as, each[0])), kinds[0])
            above = "@secure()" if any("@secure()" in each[1] for each in kinds) else above
            with_default = default if f"'{name}', '" in given else None
            found.append(Variable(name, read_as, with_default, type_, above))
    return found


def _users(name: str, assigned: Mapping[str, tuple[str, str]]) -> list[str]:
    """The parameters that use a variable of the parameter file."""
    uses = re.compile(rf"\b{name}\b")
    return [
        each for each, (kind, text) in assigned.items() if kind == "param" and uses.search(text)
    ]


def _fits(read_as: str, declared: str) -> bool:
    kinds = {"int": "int", "bool": "bool", "": "string"}
    return declared == kinds.get(read_as, declared if declared.endswith("[]") else "")


def faults_in(environment: Mapping[str, str], wanted: list[Variable]) -> Iterator[str]:
    """A sentence about each variable that is wrong."""
    for variable in wanted:
        text = environment.get(variable.name, variable.default)
        if text is None:
            yield f"{variable.name} is not set. Set it: azd env set {variable.name} VALUE"
            continue
        try:
            _check(variable, text)
        except WrongValueError as error:
            shown = "" if variable.is_secret else f" It is: {text!r}."
            yield f"{variable.name} must be {error}.{shown}{_advice(variable)}"


def _check(variable: Variable, text: str) -> None:
    value = _read(variable, text)
    if allowed := re.search(r"@allowed\(\[(.*?)\]\)", variable.decorators, re.DOTALL):
        choices = [each.strip(" '") for each in re.split(r"[,\n]", allowed[1]) if each.strip()]
        if str(value) not in choices:
            raise WrongValueError(f"one of {', '.join(choices)}")
    if isinstance(value, int) and not isinstance(value, bool):
        least = re.search(r"@minValue\((\d+)\)", variable.decorators)
        most = re.search(r"@maxValue\((\d+)\)", variable.decorators)
        if (least and value < int(least[1])) or (most and value > int(most[1])):
            bounds = [f"at least {least[1]}"] if least else []
            bounds += [f"at most {most[1]}"] if most else []
            raise WrongValueError(f"a whole number, {' and '.join(bounds)}")
    if re.search(r"@minLength\([1-9]", variable.decorators) and not text.strip():
        raise WrongValueError("set, and is empty")


def _read(variable: Variable, text: str) -> object:
    """The value as the parameter file reads it."""
    if "bool" in (variable.read_as, variable.type):
        if text.lower() not in ("true", "false"):
            raise WrongValueError("true or false")
        return text.lower() == "true"
    if variable.read_as == "int" or variable.type == "int":
        try:
            return int(text)
        except ValueError:
            raise WrongValueError("a whole number") from None
    if variable.read_as != "json":
        return text
    try:
        value = json.loads(text)
    except ValueError:
        raise WrongValueError("JSON") from None
    if variable.type.endswith("[]") and not isinstance(value, list):
        raise WrongValueError("a JSON array")
    if variable.type == "string[]" and not all(isinstance(each, str) for each in value):
        raise WrongValueError("a JSON array of texts")
    return value


def _advice(variable: Variable) -> str:
    if variable.read_as != "json":
        return ""
    return (
        f" Quote it for your shell: azd env set {variable.name} '[\"…\"]' (docs/deploy.md has the"
        " form for PowerShell)."
    )


def _feeds_fault(environment: Mapping[str, str]) -> Iterator[str]:
    feeds = environment.get("SIS_FEEDS", "").strip()
    # Feeds in a blob are checked before they are put there; a missing SIS_FEEDS is named above.
    if not feeds or feeds.startswith("blob:"):
        return
    command = [sys.executable, "-m", "sync_core.cli", "feeds", "check", "-"]
    answer = subprocess.run(  # noqa: S603 - our own command
        command, cwd=ROOT, input=feeds, check=False, capture_output=True, text=True
    )
    if answer.returncode:
        said = answer.stderr.strip() or answer.stdout.strip()
        yield f"SIS_FEEDS: {said.removeprefix('standard input: ')}"


if __name__ == "__main__":
    sys.exit(main())
