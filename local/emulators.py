"""Storage and Microsoft Graph for a host that you start with the example settings."""

import time
from pathlib import Path

from msgspec import convert
from rich.console import Console

from local.cloud import LocalCloud
from local.folders import claimed
from local.graph.control import GraphSimulator
from local.graph.industry_documents import FileFormat
from local.storage import Azurite, Ports
from sync_core.targets.industry_data.enums import FORMAT_CODES
from sync_core.targets.permissions import PERMISSIONS

STORAGE = Ports(blob=10000, queue=10001, table=10002)
"""The ports of the connection string `UseDevelopmentStorage=true`."""

GRAPH_PORT = 10080
IDENTITY_HEADER = "local-simulator"
FLOW = "cab49be8-a9f1-4b2a-8a7d-0c3f5d1f0a6e"
"""The inbound flow that the example settings name."""


def emulate(folder: Path, console: Console) -> None:
    """Serve on the ports of local.settings.json.example until Ctrl-C."""
    options = ("--port", str(GRAPH_PORT), "--identity-header", IDENTITY_HEADER)
    with (
        claimed(folder),
        Azurite(folder / "storage", STORAGE) as storage,
        GraphSimulator.start(storage.connection_string, *options) as graph,
    ):
        # Creates the containers and the queue, which the app expects to exist.
        LocalCloud(storage, graph, folder)
        graph.change_identity(roles=[each.name for each in PERMISSIONS["industry-data"]])
        graph.create_inbound_flow(FLOW, file_format=convert(FORMAT_CODES["sds-v2.1"], FileFormat))
        console.print(
            f"Storage on {storage.blob_url}, Microsoft Graph on {graph.graph_root}. Start the host"
            " in another terminal; Ctrl-C ends both."
        )
        while True:
            time.sleep(1)
