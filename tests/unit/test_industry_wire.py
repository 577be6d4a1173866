"""What an upload to a session sends, call by call."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from sync_core.model.errors import UnexpectedAnswerError
from sync_core.targets.industry_data.upload import Folder, folder_of, upload_files
from tests.unit.industry_kit import ignore, upload_file

SIGNATURE = "sv=2023-11-03&sr=d&sdd=2&sig=canary%2Bsignature%2F%3D&sp=cw"


@pytest.mark.parametrize(
    ("address", "folder"),
    [
        (f"https://h/tenant/c/x?{SIGNATURE}", Folder("https://h", "tenant", "c/x", SIGNATURE)),
        (f"http://h:1/tenant/?{SIGNATURE}", Folder("http://h:1", "tenant", "", SIGNATURE)),
        ("https://h/tenant/a%20b/", Folder("https://h", "tenant", "a b", "")),
    ],
)
def test_an_address_is_taken_apart(address: str, folder: Folder) -> None:
    assert folder_of(address) == folder


class _Lake(BaseHTTPRequestHandler):
    """Notes what arrives, byte for byte, and answers as documented unless it is told otherwise."""

    seen: ClassVar[list[tuple[str, str, str | None]]] = []
    told: ClassVar[int | None] = None

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.seen.append((self.command, self.path, self.headers.get("Authorization")))
        self.send_response(self.told or self._usual())
        self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/away")  # type: ignore[attr-defined]
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_PUT = _answer  # noqa: N815 - the server's names
    do_PATCH = _answer  # noqa: N815
    do_GET = _answer  # noqa: N815

    def _usual(self) -> int:
        return 201 if self.command == "PUT" else 202 if "action=append" in self.path else 200

    def log_message(self, *_: object) -> None:
        """Nothing: a test says what it has to say by itself."""


@pytest.fixture
def lake() -> Iterator[tuple[type[_Lake], str]]:
    """A handler of its own, and the address where it listens."""
    handler = type("Handler", (_Lake,), {"seen": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield handler, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_the_signature_is_sent_as_it_came_and_no_token_with_it(
    lake: tuple[type[_Lake], str],
) -> None:
    handler, root = lake
    upload_files(f"{root}/tenant/c?{SIGNATURE}", [upload_file("orgs.csv", b"x")], ignore)
    assert [method for method, _, _ in handler.seen] == ["PUT", "PATCH", "PATCH"]
    for _, path, authorization in handler.seen:
        assert path.startswith("/tenant/c/orgs.csv?")
        assert SIGNATURE in path
        assert authorization is None


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_takes_the_data_nowhere(lake: tuple[type[_Lake], str], status: int) -> None:
    handler, root = lake
    handler.told = status
    with pytest.raises(UnexpectedAnswerError, match=f"{status} to the upload"):
        upload_files(f"{root}/tenant/c?{SIGNATURE}", [upload_file("orgs.csv", b"x")], ignore)
    assert [path.partition("?")[0] for _, path, _ in handler.seen] == ["/tenant/c/orgs.csv"]
