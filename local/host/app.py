"""The functions of an app, as the Python worker reports them."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from local.host import python_worker
from local.host.functions import Function, functions_of
from local.host.settings import AppSettings


@dataclass(frozen=True, slots=True)
class App:
    """An indexed app: its folder and its functions by name."""

    folder: Path
    functions: Mapping[str, Function]

    def with_trigger(self, kind: str) -> list[Function]:
        return [one for one in self.functions.values() if one.trigger.type == kind]


def index(folder: Path, settings: AppSettings) -> App:
    """Load the app of a folder with the worker, once per process. Raises HostFailed."""
    with ThreadPoolExecutor(1) as beside:  # the caller's thread may run an event loop already
        reported = beside.submit(asyncio.run, python_worker.load(folder)).result()
    return App(folder, functions_of(reported, settings))
