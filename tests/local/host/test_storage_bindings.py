"""Outputs that a function has set while the host stops."""

import pytest
from azure.functions.meta import Datum

from local.host.connections import Connections
from local.host.functions import Binding
from local.host.invoke import Outcome
from local.host.settings import AppSettings, Queues
from local.host.storage_bindings import StorageBindings
from local.worker import FunctionFailed

# Nothing gives the name of this queue a value, so the output cannot be written.
SETTINGS = {"queueName": "told-{missing}", "connection": "Storage"}
TOLD = Outcome(
    Datum("done", "string"),
    ((Binding("told", "queue", "OUT", SETTINGS), Datum("hello", "string")),),
)


@pytest.mark.parametrize("has_stopped", [False, True])
def test_an_output_that_cannot_be_written_is_logged_unless_the_host_has_stopped(
    has_stopped: bool, caplog: pytest.LogCaptureFixture
) -> None:
    storage = StorageBindings(Connections(AppSettings({})), Queues())
    if has_stopped:
        storage.close()
    with pytest.raises(FunctionFailed, match="The host stopped" if has_stopped else "ValueError"):
        storage.write(TOLD, {})
    logged = [record.getMessage() for record in caplog.records if record.name == "local.host"]
    assert logged == ([] if has_stopped else ["The output 'told' could not be written"])
