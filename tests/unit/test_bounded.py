"""Bounds of a call to Microsoft Graph, over real connections: how long, and how large."""

import gzip
import json
import socketserver
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sync_core.model.errors import (
    AnswerLostError,
    ServiceBusyError,
    ServiceUnreachableError,
    UnexpectedAnswerError,
)
from sync_core.targets.bounded import Bounds
from sync_core.targets.graph import Call, GraphClient

READ = Call("GET", "/beta/x", "EduAdministration.Read.All", "the state of profile p1")
START = Call("POST", "/beta/x/start", "EduAdministration.ReadWrite.All", "the start of p1", False)
EACH_CALL = pytest.mark.parametrize("call", [READ, START], ids=["read", "start"])
MEGABYTE = 1024 * 1024
ROOT = Path(__file__).parents[2]


class OneToken:
    """The same token for ever."""

    def token(self, *, renew: bool = False) -> str:
        return "token"


class Script(socketserver.ThreadingTCPServer):
    """Answers every request with these bytes, piece by piece, with a pause after each."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, pieces: list[bytes], pause: float) -> None:
        super().__init__(("127.0.0.1", 0), _Played)
        self.pieces, self.pause = pieces, pause
        self.over = threading.Event()


class _Played(socketserver.StreamRequestHandler):
    server: Script

    def handle(self) -> None:
        while self.rfile.readline().strip():
            pass
        try:
            for piece in self.server.pieces:
                self.wfile.write(piece)
                self.wfile.flush()
                if self.server.over.wait(self.server.pause):
                    return
        except OSError:
            """The caller has hung up, as it should."""


@contextmanager
def serving(*pieces: bytes, pause: float = 0.0) -> Iterator[str]:
    """The address of a server that gives this answer."""
    with Script(list(pieces), pause) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.over.set()
            server.shutdown()
            thread.join()


def head(status: int = 200, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status} Told", *headers, "", ""]).encode()


def whole(body: bytes, *headers: str, status: int = 200) -> bytes:
    return head(status, f"Content-Length: {len(body)}", *headers) + body


def client(
    root: str, *, seconds: float = 20.0, size: int = MEGABYTE, entries: int = 100
) -> GraphClient:
    return GraphClient(root, OneToken(), bounds=Bounds(seconds, size, entries))


class TestTime:
    @pytest.mark.parametrize(
        ("pieces", "begun"),
        [
            ([b"H", *[b"T"] * 100], False),
            ([b"HTTP/1.1 200 OK\r\n", *[b"X-More: 1\r\n"] * 100], False),
            ([head(200, "Content-Length: 1000"), *[b"1"] * 1000], True),
            ([head(200, "Transfer-Encoding: chunked"), *[b"1\r\n1\r\n"] * 1000], True),
            ([head(200, "Connection: close"), b"[", *[b"1"] * 1000], True),
        ],
        ids=["status line", "headers", "body", "chunks", "body up to the end"],
    )
    def test_an_answer_that_trickles_is_given_up_in_all(
        self, pieces: list[bytes], begun: bool
    ) -> None:
        for call, kind in ((READ, ServiceUnreachableError), (START, AnswerLostError)):
            with serving(*pieces, pause=0.05) as root:
                began = time.monotonic()
                with pytest.raises(kind):
                    client(root, seconds=0.6).send(call)
                assert 0.5 <= time.monotonic() - began < 3

    def test_the_time_of_one_call_is_not_the_next_ones(self) -> None:
        with serving(whole(b"{}")) as root:
            asking = client(root, seconds=2.0)
            for _ in range(3):
                assert asking.send(READ).body == {}
                time.sleep(0.8)


class TestSize:
    BOMB = gzip.compress(b'"' + b" " * 4 * MEGABYTE + b'"')
    LARGE = b'"' + b" " * 4 * MEGABYTE + b'"'

    @pytest.mark.parametrize(
        "answer",
        [
            whole(LARGE),
            head(200, "Connection: close") + LARGE,
            whole(BOMB, "Content-Encoding: gzip"),
            whole(zlib.compress(LARGE), "Content-Encoding: deflate"),
            whole(gzip.compress(BOMB), "Content-Encoding: gzip, gzip"),
        ],
        ids=["as it is", "without a length", "gzip", "deflate", "twice"],
    )
    def test_more_than_is_read_is_no_answer(self, answer: bytes) -> None:
        with serving(answer) as root:
            with pytest.raises(UnexpectedAnswerError, match="1 MB") as caught:
                client(root).send(READ)
            assert "profile p1" in str(caught.value)
            with pytest.raises(AnswerLostError):
                client(root).send(START)

    @pytest.mark.parametrize("entry", [b"{}", b"[]"])
    def test_small_answers_of_very_many_entries_are_no_answers_either(self, entry: bytes) -> None:
        with serving(whole(b"[" + b",".join([entry] * 1_001) + b"]")) as root:
            with pytest.raises(UnexpectedAnswerError, match="1,000 entries"):
                client(root, entries=1_000).send(READ)
            with pytest.raises(AnswerLostError):
                client(root, entries=1_000).send(START)
            assert len(client(root, entries=1_002).send(READ).body) == 1_001

    def test_a_refusal_is_known_by_its_status_however_large_it_is(self) -> None:
        large = whole(self.BOMB, "Content-Encoding: gzip", status=503)
        with serving(large) as root, pytest.raises(ServiceBusyError):
            client(root).send(READ)

    @pytest.mark.parametrize(
        ("encoding", "pack"),
        [("gzip", gzip.compress), ("x-gzip", gzip.compress), ("deflate", zlib.compress)],
    )
    def test_what_is_packed_and_small_enough_is_unpacked(self, encoding: str, pack: object) -> None:
        body = json.dumps(["x" * 1000] * 900).encode()
        packed = pack(body)  # type: ignore[operator]
        with serving(whole(packed, f"Content-Encoding: {encoding}")) as root:
            assert client(root).send(READ).body == ["x" * 1000] * 900

    @pytest.mark.parametrize(
        "answer",
        [
            whole(gzip.compress(b"[1, 2, 3]")[:-9], "Content-Encoding: gzip"),
            whole(b"[1, 2, 3]", "Content-Encoding: gzip"),
            whole(b"[1, 2, 3]", "Content-Encoding: br"),
        ],
        ids=["cut", "not packed", "not asked for"],
    )
    def test_what_cannot_be_unpacked_is_no_answer(self, answer: bytes) -> None:
        with serving(answer) as root:
            with pytest.raises(ServiceUnreachableError):
                client(root).send(READ)
            with pytest.raises(AnswerLostError):
                client(root).send(START)

    def test_an_empty_answer_is_empty_whatever_it_is_packed_with(self) -> None:
        with serving(whole(b"", "Content-Encoding: gzip")) as root:
            assert client(root).send(READ).empty


MEASURE = """
import sys
from pathlib import Path
from sync_core.model.errors import SisSyncError
from sync_core.targets.graph import Call, GraphClient

class OneToken:
    def token(self, *, renew=False):
        return "token"

def largest():
    # Not getrusage: its maximum is that of the starting process, where that one was larger.
    line = next(x for x in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in x)
    return int(line.split()[1])

call = Call("GET", "/beta/x", "p", "x")
asking = GraphClient(sys.argv[1], OneToken())
before = largest()
try:
    asking.send(call)
except SisSyncError as error:
    print(type(error).__name__)
print((largest() - before) // 1024)
"""


def a_packed_gigabyte(wbits: int) -> bytes:
    """1,024 times the same packed megabyte, which is packed once. The check sum is missing."""
    packer = zlib.compressobj(9, wbits=wbits)
    head = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    megabyte = packer.compress(bytes(MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + megabyte * 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="measured by Linux's /proc")
@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_packed_answer_of_a_gigabyte_takes_no_more_memory_than_the_bound(encoding: str) -> None:
    packed = a_packed_gigabyte(31 if encoding == "gzip" else 15)
    assert len(packed) < 1.1 * MEGABYTE
    with serving(whole(packed, f"Content-Encoding: {encoding}")) as root:
        told = subprocess.run(
            [sys.executable, "-c", MEASURE, root],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout.split()
    kind, grown = told
    assert kind == UnexpectedAnswerError.__name__
    assert int(grown) < 64
