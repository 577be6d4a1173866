"""The templates as a whole: every text below `infra/`, and `azure.yaml`, by its path."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.infra.reading import Declaration, Template, read

ROOT = Path(__file__).resolve().parents[2]
READ = ("*.bicep", "*.bicepparam", "*.kql", "*.json")


class Found(NamedTuple):
    """A resource or module, and the file that it stands in."""

    path: str
    it: Declaration

    @property
    def label(self) -> str:
        return f"{self.path}: {self.it.symbol}"


class Project(NamedTuple):
    """The texts by path. A broken copy is one with another text."""

    texts: Mapping[str, str]

    def broken(self, path: str, old: str, new: str) -> "Project":
        """A copy with one text changed, at its one place."""
        text = self.texts[path]
        assert text.count(old) == 1, f"{path} holds {old!r} {text.count(old)} times, not once"
        return Project({**self.texts, path: text.replace(old, new)})

    def templates(self) -> Iterator[tuple[str, Template]]:
        for path, text in self.texts.items():
            if path.endswith(".bicep"):
                yield path, read(text)

    def template(self, name: str) -> Template:
        return read(self.texts[f"infra/{name}.bicep"])

    def resources(self, kind: str, *, existing: bool = False) -> list[Found]:
        """Every resource of a type, whatever its version."""
        return [
            Found(path, resource)
            for path, template in self.templates()
            for resource in template.resources
            if resource.type.partition("@")[0] == kind and resource.existing is existing
        ]

    def module(self, name: str, symbol: str) -> Declaration:
        return next(each for each in self.template(name).modules if each.symbol == symbol)

    def resource(self, name: str, symbol: str) -> Declaration:
        return next(each for each in self.template(name).resources if each.symbol == symbol)

    def variable(self, name: str, variable: str) -> Any:
        return self.template(name).variables.get(variable)


def real_project() -> Project:
    paths = [path for pattern in READ for path in (ROOT / "infra").rglob(pattern)]
    names = ["azure.yaml", *(path.relative_to(ROOT).as_posix() for path in paths)]
    return Project({name: (ROOT / name).read_text(encoding="utf-8") for name in sorted(names)})
