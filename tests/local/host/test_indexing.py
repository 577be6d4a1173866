import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import azure.functions as func
import pytest
from azure_functions_runtime.bindings.meta import load_binding_registry
from azure_functions_runtime.functions import Registry
from azure_functions_runtime.loader import process_indexed_function

from local.host import protocol
from local.host.errors import HostFailed
from local.host.functions import functions_of
from local.host.settings import AppSettings, read_host_json

STORAGE: dict[str, Any] = {"connection": "STORAGE"}


def _wrong_context(app: df.DFApp) -> None:
    @app.orchestration_trigger(context_name="ctx")
    def run(ctx: df.DurableOrchestrationContext) -> None: ...


def _unknown_binding(app: df.DFApp) -> None:
    @app.service_bus_queue_trigger(arg_name="msg", queue_name="q", connection="BUS")
    def run(msg: func.ServiceBusMessage) -> None: ...


def _scanning_trigger(app: df.DFApp) -> None:
    @app.blob_trigger(arg_name="blob", path="c", **STORAGE)
    def run(blob: func.InputStream) -> None: ...


def _unbound_parameter(app: df.DFApp) -> None:
    @app.queue_trigger(arg_name="msg", queue_name="q", **STORAGE)
    def run(msg: str, more: str) -> None: ...


def _missing_parameter(app: df.DFApp) -> None:
    @app.queue_trigger(arg_name="msg", queue_name="q", **STORAGE)
    @app.queue_output(arg_name="out", queue_name="q", **STORAGE)
    def run(msg: str) -> None: ...


def _output_not_out(app: df.DFApp) -> None:
    @app.queue_trigger(arg_name="msg", queue_name="q", **STORAGE)
    @app.queue_output(arg_name="out", queue_name="q", **STORAGE)
    def run(msg: str, out: str) -> None: ...


def _input_as_out(app: df.DFApp) -> None:
    @app.queue_trigger(arg_name="msg", queue_name="q", **STORAGE)
    def run(msg: func.Out[str]) -> None: ...


def _wrong_type(app: df.DFApp) -> None:
    @app.queue_trigger(arg_name="msg", queue_name="q", **STORAGE)
    def run(msg: func.TimerRequest) -> None: ...


def _generic_type(app: df.DFApp) -> None:
    @app.queue_trigger(arg_name="msg", queue_name="q", **STORAGE)
    def run(msg: list[str]) -> None: ...


def _unreadable_annotation(app: df.DFApp) -> None:
    @app.queue_trigger(arg_name="msg", queue_name="q", **STORAGE)
    def run(msg: "NotImported") -> None: ...  # type: ignore[name-defined]  # noqa: F821


def _activity_with_return_binding(app: df.DFApp) -> None:
    @app.activity_trigger(input_name="order")
    @app.queue_output(arg_name="$return", queue_name="q", **STORAGE)
    def run(order: str) -> str:
        return order


def _unset_setting(app: df.DFApp) -> None:
    @app.queue_trigger(arg_name="msg", queue_name="%NOWHERE%", **STORAGE)
    def run(msg: str) -> None: ...


def _two_of_one_name(app: df.DFApp) -> None:
    for _ in range(2):

        @app.timer_trigger(arg_name="timer", schedule="0 * * * * *")
        def run(timer: func.TimerRequest) -> None: ...


@pytest.mark.parametrize(
    ("register", "reason"),
    [
        (_wrong_context, r"the run function: .*'ctx'|\"context\" parameter is expected to be"),
        (_unknown_binding, r'does not serve the binding type "serviceBusTrigger" of "msg"'),
        (_scanning_trigger, r"cannot load the run function: .* with the source EventGrid"),
        (_unbound_parameter, r"declared in Python but not in the function definition .*'more'"),
        (_missing_parameter, r"declared as bindings but are not present in Python: {'out'}"),
        (_output_not_out, r'out is declared to have the "out" direction'),
        (_input_as_out, r'msg is declared to have the "in" direction'),
        (_wrong_type, r"\"queueTrigger\" in the binding decorator do not match .* TimerRequest"),
        (_generic_type, r"has invalid non-type annotation list\[str\]"),
        (_unreadable_annotation, r"'NotImported' is not defined"),
        (_unset_setting, r'"NOWHERE" is not set'),
        (_two_of_one_name, r"does not have a unique"),
    ],
)
def test_a_function_that_azure_would_refuse_is_refused_with_the_reason(
    register: Callable[[df.DFApp], None], reason: str
) -> None:
    app = df.DFApp()
    register(app)
    load_binding_registry()
    with pytest.raises((HostFailed, NameError, RuntimeError, ValueError), match=reason):
        _load(app)


def _load(app: df.DFApp) -> None:
    """Load an app with a new registry. The worker itself has one registry per process."""
    reported, _ = process_indexed_function(protocol, Registry(), app.get_functions(), ".")
    functions_of(reported, AppSettings({}))


def test_an_app_whose_import_fails_stops_the_start_with_the_line(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text('{"version": "2.0"}')
    (tmp_path / "function_app.py").write_text("import os\nimport no_such_module\n")
    done = _start(tmp_path)
    assert done.returncode == 2
    assert "ModuleNotFoundError: No module named 'no_such_module'" in done.stderr
    assert 'function_app.py", line 2' in done.stderr
    assert done.stdout == ""


def test_a_module_without_an_app_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text('{"version": "2.0"}')
    (tmp_path / "function_app.py").write_text("")
    assert "Could not find top level function app instances" in _start(tmp_path).stderr


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "does not exist: give the folder of a Functions app"),
        ("{", "not a valid host.json"),
        ('{"version": "2.0", "extensions": {"queues": {"batchSize": "16"}}}', "batchSize"),
        ('{"version": "1.0"}', 'needs "2.0"'),
        ('{"version": "2.0", "functionTimeout": "soon"}', '"soon" where it needs a time'),
    ],
)
def test_a_wrong_host_json_is_reported(tmp_path: Path, text: str | None, reason: str) -> None:
    if text is not None:
        (tmp_path / "host.json").write_text(text)
    with pytest.raises(HostFailed, match=reason):
        read_host_json(tmp_path)


def _start(app: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "local.host", "--app", str(app), "--state", str(app / "state")]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
