# ruff: noqa: INP001 - a script, run with -m from the top of the repository
"""Check every variable of a deployment before anything is created.

    python -m infra.scripts.check_settings

What a variable may be is read from `infra/main.bicepparam`, which says how it is read, and from
`infra/main.bicep`, which says what is allowed. The feeds are checked by `sis-sync feeds check`.
Nothing is changed, and no value of a secret is quoted.
"""

import ipaddress
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
READ = re.compile(
    r"(?:(json|int|bool)\()?readEnvironmentVariable\('(\w+)'(?:, '((?:[^']|'')*)')?\)"
)
ASSIGNED = re.compile(r"^param (\w+) = ", re.MULTILINE)
DECLARED = re.compile(
    r"((?:^@[^\n]*\n(?:  [^\n]*\n|\]\)\n)*)*)^param (\w+) ([\w\[\]]+)", re.MULTILINE
)
SUBNETS_NEED = 25
"""The network is cut into subnets: a longer prefix has no room for them."""


class Variable(NamedTuple):
    """One variable: how it is read, its default, and what the template declares of it."""

    name: str
    read_as: str
    default: str | None
    type: str
    decorators: str

    @property
    def is_secret(self) -> bool:
        return "@secure()" in self.decorators


class WrongValueError(ValueError):
    """What a value must be."""


def main() -> int:
    faults = [*faults_in(os.environ, variables()), *_feeds_fault(os.environ)]
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    if faults:
        sys.stderr.write("Nothing was created. Correct them with `azd env set`, then repeat.\n")
    return int(bool(faults))


def variables(root: Path = ROOT) -> list[Variable]:
    """Every variable that the first layer reads."""
    given = (root / "infra" / "main.bicepparam").read_text(encoding="utf-8")
    template = (root / "infra" / "main.bicep").read_text(encoding="utf-8")
    declared = {name: (kind, above) for above, name, kind in DECLARED.findall(template)}
    starts = [*ASSIGNED.finditer(given)]
    ends = [each.start() for each in starts[1:]] + [len(given)]
    found: list[Variable] = []
    for start, end in zip(starts, ends, strict=True):
        kind, above = declared[start[1]]
        for read_as, name, default in READ.findall(given[start.end() : end]):
            has_default = f"'{name}', '" in given
            found.append(Variable(name, read_as, default if has_default else None, kind, above))
    return found


def faults_in(environment: Mapping[str, str], wanted: list[Variable]) -> Iterator[str]:
    """What is wrong, a sentence for each variable."""
    values: dict[str, object] = {}
    for variable in wanted:
        text = environment.get(variable.name, variable.default)
        if text is None:
            yield f"{variable.name} is not set. Set it: azd env set {variable.name} VALUE"
            continue
        try:
            values[variable.name] = _value(variable, text)
        except WrongValueError as error:
            shown = "" if variable.is_secret else f" It is: {text!r}."
            yield f"{variable.name} must be {error}.{shown}{_advice(variable)}"
    for check in _TOGETHER:
        if fault := check(values):
            yield fault


def _value(variable: Variable, text: str) -> object:
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
    return value


def _read(variable: Variable, text: str) -> object:
    """The value as the parameter file reads it."""
    if variable.read_as == "bool":
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


def _retention(values: Mapping[str, object]) -> str | None:
    landed = values.get("SIS_LANDED_RETENTION_DAYS")
    results = values.get("SIS_RESULTS_RETENTION_DAYS")
    if isinstance(landed, int) and isinstance(results, int) and results <= landed:
        return (
            f"SIS_RESULTS_RETENTION_DAYS ({results}) must be more than SIS_LANDED_RETENTION_DAYS"
            f" ({landed}): a file set that outlives its result would be run again."
        )
    return None


def _prefix(values: Mapping[str, object]) -> str | None:
    if not values.get("SIS_USE_VIRTUAL_NETWORK"):
        return None
    text = str(values.get("SIS_NETWORK_ADDRESS_PREFIX"))
    try:
        if ipaddress.IPv4Network(text).prefixlen <= SUBNETS_NEED:
            return None
    except ValueError:
        pass
    return (
        f"SIS_NETWORK_ADDRESS_PREFIX must be an IPv4 network of /{SUBNETS_NEED} or larger, such as"
        f" 10.80.0.0/24. It is: {text!r}."
    )


_TOGETHER: tuple[Callable[[Mapping[str, object]], str | None], ...] = (_retention, _prefix)


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
        yield f"SIS_FEEDS: {answer.stderr.strip() or answer.stdout.strip()}"


if __name__ == "__main__":
    sys.exit(main())
