"""Storage and Microsoft Graph for a host that you start with the example settings."""

import time
from pathlib import Path

from rich.console import Console

from local.cloud import LocalCloud
from local.folders import claimed
from local.graph.control import GraphSimulator
from local.storage import Azurite, Ports

STORAGE = Ports(blob=10000, queue=10001, table=10002)
"""The ports of the connection string `UseDevelopmentStorage=true`."""

GRAPH_PORT = 10080
IDENTITY_HEADER = "local-simulator"
PROFILE = "86904b1e-c7d0-4ead-b13a-98f11fc400ee"


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
        graph.create_profile(PROFILE)
        console.print(
            f"Storage on {storage.blob_url}, Microsoft Graph on {graph.graph_root}. Start the host"
            " in another terminal; Ctrl-C ends both."
        )
        while True:
            time.sleep(1)
