"""The functions of an app, indexed as the Python worker does it: import, find the app, ask it."""

import importlib
import inspect
import json
import sys
import traceback
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import azure.functions as func

from local.host import rules
from local.host.errors import IndexingFailed
from local.host.functions import Binding, Function
from local.host.settings import AppSettings

MODULE = "function_app"


@dataclass(frozen=True, slots=True)
class App:
    """An indexed app: its folder and its functions by name."""

    folder: Path
    functions: Mapping[str, Function]

    def with_trigger(self, kind: str) -> list[Function]:
        return [one for one in self.functions.values() if one.trigger.type == kind]


def index(folder: Path, settings: AppSettings) -> App:
    """Import `function_app.py` of the folder and index its functions. Raises IndexingFailed."""
    return App(folder, functions_of(_only_app(_import(folder)), settings))


def functions_of(app: func.FunctionRegister, settings: AppSettings) -> dict[str, Function]:
    """The functions that an app registers, by name. Raises IndexingFailed."""
    try:
        indexed = app.get_functions()
    except ValueError as error:
        raise IndexingFailed(f"The app cannot be indexed: {error}") from error
    functions = [_function(one, settings) for one in indexed]
    for function in functions:
        rules.check(function)
    return {one.name: one for one in functions}


def _import(folder: Path) -> ModuleType:
    """The app's module, imported by name with its folder first on the path, as on Azure."""
    if not (folder / f"{MODULE}.py").is_file():
        raise IndexingFailed(f"{folder} has no {MODULE}.py: give the folder of a Functions app.")
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(MODULE)
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        raise IndexingFailed(
            f"{MODULE}.py could not be imported: {what}\n{_where(error, folder)}"
        ) from error


def _where(error: BaseException, folder: Path) -> str:
    """The lines of the app through which an import failed."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [one for one in frames if Path(one.filename).is_relative_to(folder)]
    return "".join(traceback.format_list(own)).rstrip()


def _only_app(module: ModuleType) -> func.FunctionRegister:
    apps = [one for one in vars(module).values() if isinstance(one, func.FunctionRegister)]
    if not apps:
        raise IndexingFailed(
            f"{MODULE}.py has no app: it needs one func.FunctionApp() or df.DFApp() at its top "
            "level."
        )
    if len(apps) > 1:
        raise IndexingFailed(f"{MODULE}.py has {len(apps)} apps at its top level; keep one.")
    return apps[0]


def _function(indexed: Any, settings: AppSettings) -> Function:
    call: Callable[..., Any] = indexed.get_user_function()
    hints = _hints(indexed.get_function_name(), call)
    raw = [json.loads(one) for one in indexed.get_raw_bindings()]
    bindings = [_binding(one, hints, settings) for one in raw]
    trigger_name = indexed.get_trigger().name
    return Function(
        name=indexed.get_function_name(),
        call=call,
        trigger=next(one for one in bindings if one.name == trigger_name),
        bindings=tuple(bindings),
        parameters=frozenset(inspect.signature(call).parameters),
        hints=hints,
    )


def _hints(name: str, call: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(call)
    except NameError as error:
        raise IndexingFailed(
            f"cannot load the {name} function: {error}. Its annotations are read when it is "
            "loaded: import what they name outside of `if TYPE_CHECKING`."
        ) from error


def _binding(raw: dict[str, Any], hints: Mapping[str, Any], settings: AppSettings) -> Binding:
    name = raw["name"]
    return Binding(
        name=name,
        type=raw["type"],
        direction=raw["direction"],
        settings=settings.resolved(raw),
        hint=hints.get("return" if name == "$return" else name),
    )
