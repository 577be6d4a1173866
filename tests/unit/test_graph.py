"""The HTTP client for Microsoft Graph: which answer is which error, and where the token goes."""

import json
import logging
import socketserver
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sync_core.model.errors import (
    AccessDeniedError,
    AccessPendingError,
    AnswerLostError,
    ServiceBusyError,
    ServiceUnreachableError,
    SisSyncError,
    TargetNotFoundError,
    UnexpectedAnswerError,
)
from sync_core.targets.graph import Call, GraphAnswer, GraphClient, retry_after

ROOT = "https://graph.example"
READ = Call("GET", "/beta/x", "EduAdministration.Read.All", "the state of profile p1")
START = Call(
    "POST", "/beta/x/start", "EduAdministration.ReadWrite.All", "the start of profile p1", False
)
EACH_CALL = pytest.mark.parametrize("call", [READ, START], ids=["read", "start"])
TOKEN = "canary-token-"
BODY = b'{"error": {"code": "x", "message": "Ann Example of class 7b"}}'


class CountedTokens:
    """Tokens that tell how often one was asked for, and how."""

    def __init__(self) -> None:
        self.asked: list[bool] = []

    def token(self, *, renew: bool = False) -> str:
        self.asked.append(renew)
        return f"{TOKEN}{len(self.asked)}"


class Wire:
    """The outermost edge: gives the answers in turn, or raises them, and keeps the requests."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.requests: list[httpx.Request] = []
        self.tokens = CountedTokens()
        self._answers = list(answers)
        self.client = GraphClient(ROOT, self.tokens, httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def answer(status: int, body: bytes = BODY, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, content=body, headers=named)


def fault(call: Call, *answers: httpx.Response | Exception) -> SisSyncError:
    wire = Wire(*answers)
    with pytest.raises(SisSyncError) as caught:
        wire.client.send(call)
    assert len(wire.requests) == len(answers)
    return caught.value


class TestCalls:
    def test_a_call_goes_below_the_root_with_a_bearer_token(self) -> None:
        wire = Wire(answer(200, b'{"state": "provisioned"}'))
        given = wire.client.send(READ._replace(headers={"Prefer": "more"}))
        assert given == GraphAnswer(200, {"state": "provisioned"}, empty=False)
        (request,) = wire.requests
        assert (request.method, str(request.url)) == ("GET", f"{ROOT}/beta/x")
        assert request.headers["Authorization"] == f"Bearer {TOKEN}1"
        assert request.headers["Prefer"] == "more"
        assert request.content == b""

    @pytest.mark.parametrize(
        ("body", "decoded", "empty"),
        [
            (b"", None, True),
            (b"null", None, False),
            (b"[]", [], False),
            (b"<html>", None, False),
            (b'"\xff', None, False),
            (b"[" * 100_000, None, False),
        ],
    )
    def test_a_body_that_is_no_json_is_no_body_but_not_an_empty_one(
        self, body: bytes, decoded: object, empty: bool
    ) -> None:
        assert Wire(answer(200, body)).client.send(READ) == GraphAnswer(200, decoded, empty)

    @pytest.mark.parametrize(
        ("body", "decoded"),
        [
            (rb'"a \ud800 b"', "a \ufffd b"),
            (rb'"a \uDFFF b"', "a \ufffd b"),
            (rb'"\ud800\ud800\udc00\udc00"', "\ufffd\U00010000\ufffd"),
            (rb'"\\ud800 \\\ud800 \ud83d"', "\\ud800 \\\ufffd \ufffd"),
            (rb'"\ud83d\ude00"', "\U0001f600"),
            (b'"a \xed\xa0\x80 b"', "a \ufffd\ufffd\ufffd b"),
            (b'"a \xff b"', "a \ufffd b"),
        ],
    )
    def test_a_character_that_is_cut_in_half_costs_itself_alone(
        self, body: bytes, decoded: str
    ) -> None:
        assert Wire(answer(200, body)).client.send(READ).body == decoded

    @given(st.text(st.characters(codec=None)))
    def test_every_text_that_json_can_hold_is_read(self, text: str) -> None:
        body = json.dumps({"value": text}).encode()
        read = Wire(answer(200, body)).client.send(READ).body["value"]
        assert read == text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def test_which_statuses_are_answers_is_the_callers_to_say(self) -> None:
        wire = Wire(answer(400, b"[]"))
        assert wire.client.send(START, expected=frozenset({200, 400})).status == 400


class TestRefusals:
    @EACH_CALL
    def test_a_refused_token_is_replaced_once(self, call: Call) -> None:
        wire = Wire(answer(401), answer(200, b"{}"))
        assert wire.client.send(call).body == {}
        assert [request.headers["Authorization"] for request in wire.requests] == [
            f"Bearer {TOKEN}1",
            f"Bearer {TOKEN}2",
        ]
        assert wire.tokens.asked == [False, True]

    @EACH_CALL
    def test_a_token_that_is_refused_again_is_not_replaced_again(self, call: Call) -> None:
        found = fault(call, answer(401), answer(401))
        assert isinstance(found, AccessDeniedError)
        assert "401" in str(found)
        assert "GRAPH_ROOT" in str(found)

    @EACH_CALL
    def test_after_a_new_token_the_answer_is_weighed_as_any_other(self, call: Call) -> None:
        assert isinstance(fault(call, answer(401), answer(429)), ServiceBusyError)

    @EACH_CALL
    def test_a_missing_permission_is_named(self, call: Call) -> None:
        found = fault(call, answer(403))
        assert isinstance(found, AccessPendingError)
        assert call.permission in str(found)
        assert "admin consent" in str(found)
        assert "up to a day" in str(found)

    @EACH_CALL
    def test_a_missing_profile_is_named(self, call: Call) -> None:
        found = fault(call, answer(404))
        assert isinstance(found, TargetNotFoundError)
        assert "profile p1" in str(found)
        assert "SIS_FEEDS" in str(found)

    @EACH_CALL
    @pytest.mark.parametrize("status", [409, 429])
    def test_later_means_later_with_the_services_own_time(self, call: Call, status: int) -> None:
        found = fault(call, answer(status, Retry_After="2.128"))
        assert isinstance(found, ServiceBusyError)
        assert found.retry_after == 2.128

    @pytest.mark.parametrize("status", [500, 501, 502, 503, 504, 509, 599])
    def test_a_failing_service_may_be_sent_what_does_no_harm_again(self, status: int) -> None:
        found = fault(READ, answer(status, Retry_After="7"))
        assert isinstance(found, ServiceBusyError)
        assert found.retry_after == 7

    @pytest.mark.parametrize("status", [500, 501, 502, 503, 504, 509, 599])
    def test_a_failing_service_may_have_started_all_the_same(self, status: int) -> None:
        assert isinstance(fault(START, answer(status, Retry_After="7")), AnswerLostError)

    @pytest.mark.parametrize("status", [201, 203, 206])
    def test_a_good_answer_that_is_not_documented_may_have_started_too(self, status: int) -> None:
        assert isinstance(fault(START, answer(status)), AnswerLostError)
        assert isinstance(fault(READ, answer(status)), UnexpectedAnswerError)

    def test_a_request_that_timed_out_over_there_may_have_started_too(self) -> None:
        assert isinstance(fault(START, answer(408)), AnswerLostError)
        assert isinstance(fault(READ, answer(408)), ServiceBusyError)

    @EACH_CALL
    @pytest.mark.parametrize("status", [400, 402, 405, 406, 410, 412, 415, 422, 451])
    def test_what_is_not_documented_is_not_guessed_at(self, call: Call, status: int) -> None:
        found = fault(call, answer(status))
        assert isinstance(found, UnexpectedAnswerError)
        assert str(status) in str(found)

    @EACH_CALL
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirect_is_not_followed(self, call: Call, status: int) -> None:
        found = fault(call, answer(status, Location="https://elsewhere.example/"))
        assert isinstance(found, UnexpectedAnswerError)
        assert "elsewhere" not in str(found)

    @EACH_CALL
    @pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 409, 429, 500])
    def test_no_message_holds_the_token_or_the_body(
        self, call: Call, status: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        found = fault(call, *[answer(status)] * (2 if status == 401 else 1))
        for text in (str(found), repr(found), caplog.text):
            assert TOKEN not in text
            assert "Ann" not in text
        assert found.__cause__ is None


class TestRetryAfter:
    @pytest.mark.parametrize(
        ("value", "seconds"),
        [
            ("5", 5.0),
            ("0", 0.0),
            ("2.128", 2.128),
            ("-3", 0.0),
            ("", None),
            ("soon", None),
            ("inf", None),
            ("Infinity", None),
            ("-inf", None),
            ("nan", None),
            ("1e999", None),
            ("Wed, 21 Oct 2026 07:28:30 GMT", 30.0),
            ("Wed, 21 Oct 2026 07:28:30 -0000", 30.0),
            ("Wed, 21 Oct 2026 09:28:30 +0200", 30.0),
            ("Wednesday, 21-Oct-26 07:28:30 GMT", 30.0),
            ("Wed, 21 Oct 2026 07:27:00 GMT", 0.0),
            ("Wed, 21 Oct 99999999999999999999 07:28:00 GMT", None),
            ("Wed, 21 Oct 2026 07:28:00 +99999999999999999999", None),
        ],
    )
    def test_seconds_fractions_and_dates_are_read_and_the_rest_is_nothing(
        self, value: str, seconds: float | None
    ) -> None:
        given = answer(429, Retry_After=value, Date="Wed, 21 Oct 2026 07:28:00 GMT")
        assert retry_after(given) == seconds

    def test_without_the_header_there_is_no_time(self) -> None:
        assert retry_after(answer(429)) is None

    def test_a_date_is_held_against_our_clock_where_the_service_returns_none(self) -> None:
        assert retry_after(answer(429, Retry_After="Fri, 01 Jan 2010 00:00:00 GMT")) == 0.0
        later = retry_after(answer(429, Retry_After="Fri, 01 Jan 2100 00:00:00 GMT"))
        assert later is not None
        assert later > 0

    def test_a_services_clock_that_cannot_be_read_leaves_no_time(self) -> None:
        given = answer(429, Retry_After="Fri, 01 Jan 2100 00:00:00 GMT", Date="today")
        assert retry_after(given) is None

    @given(
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60),
    )
    @example("Mon, 01 Jan 0001 00:00:00 +2300", "Mon, 01 Jan 0001 00:00:00 -2300")
    def test_no_header_breaks_the_reading(self, value: str, date: str) -> None:
        seconds = retry_after(answer(429, Retry_After=value, Date=date))
        assert seconds is None or 0 <= seconds < float("inf")


NOT_SENT = [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout]
LOST = [
    httpx.ReadError,
    httpx.ReadTimeout,
    httpx.WriteError,
    httpx.WriteTimeout,
    httpx.CloseError,
    httpx.RemoteProtocolError,
    httpx.LocalProtocolError,
    httpx.DecodingError,
]


class TestBrokenConnections:
    @EACH_CALL
    @pytest.mark.parametrize("kind", NOT_SENT)
    def test_what_never_left_can_be_sent_again(
        self, call: Call, kind: type[httpx.TransportError]
    ) -> None:
        found = fault(call, kind(f"{TOKEN} sent to 10.0.0.1"))
        assert isinstance(found, ServiceUnreachableError)
        assert TOKEN not in str(found)

    @pytest.mark.parametrize("kind", LOST)
    def test_a_question_without_an_answer_can_be_retried(
        self, kind: type[httpx.RequestError]
    ) -> None:
        found = fault(READ, kind(f"{TOKEN} cut off"))
        assert isinstance(found, ServiceUnreachableError)
        assert TOKEN not in str(found)

    @pytest.mark.parametrize("kind", LOST)
    def test_a_start_without_an_answer_is_an_open_question(
        self, kind: type[httpx.RequestError]
    ) -> None:
        found = fault(START, kind(f"{TOKEN} cut off"))
        assert isinstance(found, AnswerLostError)
        assert TOKEN not in str(found)

    def test_an_answer_that_cannot_be_unpacked_is_none(self) -> None:
        broken = httpx.Response(200, stream=_Garbled(), headers={"Content-Encoding": "gzip"})
        assert isinstance(fault(START, broken), AnswerLostError)


class _Garbled(httpx.SyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        yield b"this was never gzip"


class TestOverRealConnections:
    @EACH_CALL
    def test_a_refused_connection_means_that_nothing_was_sent(
        self, call: Call, dead_port: int
    ) -> None:
        client = GraphClient(f"http://127.0.0.1:{dead_port}", CountedTokens())
        with pytest.raises(ServiceUnreachableError, match="could not be reached"):
            client.send(call)

    def test_a_server_that_hangs_up_may_have_started(self) -> None:
        with _serving(_HangUp) as root:
            client = GraphClient(root, CountedTokens())
            with pytest.raises(AnswerLostError):
                client.send(START)
            with pytest.raises(ServiceUnreachableError):
                client.send(READ)

    @pytest.mark.usefixtures("dead_proxies")
    def test_no_proxy_of_the_environment_sees_a_token(self) -> None:
        with _serving(_Ports) as root:
            assert isinstance(GraphClient(root, CountedTokens()).send(READ).body, int)

    def test_every_call_has_a_connection_of_its_own(self) -> None:
        # One that the far side has closed in between would make a start's fate unknown for nothing.
        with _serving(_Ports) as root:
            client = GraphClient(root, CountedTokens())
            assert client.send(READ).body != client.send(READ).body


class _HangUp(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        while self.rfile.readline().strip():
            pass


class _Ports(BaseHTTPRequestHandler):
    """Answers with the port that the caller came from."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = str(self.client_address[1]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base has it
        """Quiet."""


class _serving:  # noqa: N801 - reads as the verb it is
    """A server on a free port of this machine; gives its address."""

    def __init__(self, handler: Callable[..., socketserver.BaseRequestHandler]) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> str:
        self._thread.start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
