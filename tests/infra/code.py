"""What the code says about itself: the other side of what the templates are held against."""

import functools
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from sync_core.model.feeds import EXAMPLE, load_settings

ROOT = Path(__file__).resolve().parents[2]

EXAMPLES: dict[str, str] = json.loads(
    (ROOT / "local.settings.json.example").read_text(encoding="utf-8")
)["Values"]

OPTIONAL = {"SIS_LANDED_QUEUE": "sis-landed", "SIS_ALERT_WEBHOOK": "https://localhost/x"}
"""Settings that turn a function on by being there."""


class Watched(Mapping[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def settings_read() -> set[str]:
    """Every setting that the code asks its environment for."""
    names = {name: value for name, value in EXAMPLES.items() if name.startswith("SIS_")}
    environment = Watched({**names, "SIS_FEEDS": EXAMPLE})
    load_settings(environment)
    return environment.asked


@functools.cache
def functions() -> dict[str, list[dict[str, Any]]]:
    """The bindings of every function of the app, by its name, with every optional one turned on."""
    environment = {**os.environ, **EXAMPLES, **OPTIONAL}
    answer = subprocess.run(
        [sys.executable, "-c", INDEX],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return msgspec.json.decode(answer.stdout, type=dict[str, list[dict[str, Any]]])


INDEX = """
import json, function_app
print(json.dumps({
    each.get_function_name(): json.loads(each.get_function_json())["bindings"]
    for each in function_app.app.get_functions()
}))
"""


def triggers(kind: str) -> list[str]:
    """The names of the functions with a trigger of that kind."""
    return [
        name
        for name, bindings in functions().items()
        if any(binding["type"] == kind for binding in bindings)
    ]


def placeholders() -> set[str]:
    """The settings that bindings name as `%NAME%`, which the host puts in."""
    text = json.dumps(functions())
    return set(re.findall(r"%(\w+)%", text))


def connections() -> set[str]:
    """The prefixes of the settings that bindings take their storage from."""
    return {
        binding["connection"]
        for bindings in functions().values()
        for binding in bindings
        if binding.get("connection")
    }
