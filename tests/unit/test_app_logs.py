"""What the app's process writes when it talks to storage and to Graph, as a worker runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.storage import Azurite
from tests.unit.product_kit import environment

ROOT = Path(__file__).parents[2]

REQUESTS = """
import http.server, logging, sys, threading

# As the worker does before it loads the app: its own handler, and the level of the root logger.
FORM = "%(levelname)s %(name)s %(message)s"
logging.basicConfig(stream=sys.stdout, level=sys.argv[1], format=FORM)
import function_app

class Graph(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass

graph = http.server.HTTPServer(("127.0.0.1", 0), Graph)
threading.Thread(target=graph.handle_request, daemon=True).start()

from azure.storage.blob import BlobServiceClient
from sync_core.targets.graph import Call, GraphClient

class Tokens:
    def token(self, *, renew=False):
        return "canary-of-a-token"

for _ in BlobServiceClient.from_connection_string(sys.argv[2]).list_containers():
    break
call = Call("GET", "/education", "EduAdministration.Read", "the profile")
GraphClient(f"http://127.0.0.1:{graph.server_port}", Tokens()).send(call)
function_app.log.info("run finished feed=northwind")
function_app.log.critical("it broke")
"""


WARNING = """
import logging, sys
logging.basicConfig(stream=sys.stdout, level="INFO")
import function_app
logging.getLogger(sys.argv[1]).warning("look here")
"""


def written(process: str, *arguments: str) -> list[str]:
    """The lines of a process that loads the app."""
    done = subprocess.run(
        [sys.executable, "-c", process, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment()},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout.splitlines()


def test_requests_to_storage_and_graph_are_not_logged(azurite: Azurite) -> None:
    assert written(REQUESTS, "INFO", azurite.connection_string) == [
        "INFO sis_sync run finished feed=northwind",
        "CRITICAL sis_sync it broke",
    ]


def test_an_operator_who_asks_for_every_log_gets_it_without_secrets(azurite: Azurite) -> None:
    lines = written(REQUESTS, "DEBUG", azurite.connection_string)
    for library in ("azure.core.pipeline", "httpx", "sis_sync"):
        assert [line for line in lines if f" {library}" in line], library
    assert not [line for line in lines if "canary-of-a-token" in line]


@pytest.mark.parametrize("library", ["azure", "httpx"])
def test_a_warning_of_a_library_is_still_written(library: str) -> None:
    assert written(WARNING, library) == [f"WARNING:{library}:look here"]
