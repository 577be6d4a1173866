"""Uploading: where pupils' data may go, and how it gets there, over real storage."""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from azure.storage.blob import ContainerClient, ContainerSasPermissions
from hypothesis import given
from hypothesis import strategies as st

from sync_core.model.errors import (
    ServiceBusyError,
    SupersededError,
    TransientError,
    UnexpectedAnswerError,
    UploadAddressError,
)
from sync_core.targets import UploadFile
from sync_core.targets.blob_upload import (
    BLOCK_BYTES,
    ChunkStream,
    Refusal,
    UploadAddressRule,
    UploadExpiredError,
    UploadRefusedError,
    _upload_blob,
    address_renewed,
    upload_blobs,
    upload_fault,
)

GLOBAL = UploadAddressRule(".blob.core.windows.net", "https://graph.microsoft.com")
SIMULATED = UploadAddressRule("127.0.0.1", "http://127.0.0.1:8080")
QUERY = "sv=2015-07-08&sr=c&si=SharedAccessPolicy_1&sig=canary%2Bsignature%3D&sp=w"


def upload_file(name: str, *blocks: bytes) -> UploadFile:
    return UploadFile(name, sum(map(len, blocks)), lambda: iter(blocks))


class TestAddressRule:
    @pytest.mark.parametrize(
        "address",
        [
            f"https://sdsstorage.blob.core.windows.net/86904b1e?{QUERY}",
            f"https://SDSStorage.Blob.Core.Windows.Net/86904b1e?{QUERY}",
            f"https://a.b.blob.core.windows.net:443/c/?{QUERY}",
            "https://a.blob.core.windows.net/$root",
        ],
    )
    def test_https_on_the_clouds_blob_service_is_let_through_unchanged(self, address: str) -> None:
        assert GLOBAL.checked(address) == address

    @pytest.mark.parametrize(
        "address",
        [
            "",
            "sdsstorage.blob.core.windows.net/c",
            "https://",
            "https:///c",
            "https://a.blob.core.windows.net",
            "https://a.blob.core.windows.net/",
            "https://a.blob.core.windows.net?sig=canary",
            "http://a.blob.core.windows.net/c?sig=canary",
            "ftp://a.blob.core.windows.net/c?sig=canary",
            "file:///a.blob.core.windows.net/c",
            "https://evil.example/c?sig=canary",
            "https://evil.example/a.blob.core.windows.net/c?sig=canary",
            "https://evil.example/?x=.blob.core.windows.net/c",
            "https://evil.example#.blob.core.windows.net/c",
            "https://a.blob.core.windows.net.evil.example/c?sig=canary",
            "https://a.blob.core.windows.net.:443/c",
            "https://ablob.core.windows.net/c?sig=canary",
            "https://evilblob.core.windows.net/c",
            "https://a.blob.core.windows.net@evil.example/c?sig=canary",
            "https://evil.example@a.blob.core.windows.net/c?sig=canary",
            "https://:canary@a.blob.core.windows.net/c",
            "https://evil.example\\.blob.core.windows.net/c?sig=canary",
            "https://evil.example\\@a.blob.core.windows.net/c?sig=canary",
            "https://evil.example\t.blob.core.windows.net/c",
            "https://a.blob.core.windows.net/c\n?sig=canary",
            " https://a.blob.core.windows.net/c",
            "https://a.blob.core.windows.net:port/c",
            "https://[::1/c?sig=canary",
            "https://[::1]/c?sig=canary",
            "https://\u0430.blob.core.windows.net/c",
            "https://127.0.0.1/c?sig=canary",
            "http://127.0.0.1:10000/devstoreaccount1/c?sig=canary",
        ],
    )
    def test_every_other_address_is_refused_and_never_quoted(self, address: str) -> None:
        with pytest.raises(UploadAddressError) as caught:
            GLOBAL.checked(address)
        message = str(caught.value)
        assert message.startswith(
            "School Data Sync named an upload address that is not an https address on"
        )
        assert "SIS_UPLOAD_SUFFIX" in message
        assert "canary" not in message
        assert "evil" not in message

    @pytest.mark.parametrize(
        "body", [None, [], "x", {}, {"value": None}, {"value": ""}, {"value": 5}, {"other": "x"}]
    )
    def test_an_answer_without_an_address_may_be_requested_again(self, body: object) -> None:
        with pytest.raises(ServiceBusyError, match="without an upload address") as caught:
            GLOBAL.named_in(body, "value")
        assert "SIS_UPLOAD_SUFFIX" not in str(caught.value)

    def test_an_address_in_an_answer_is_checked(self) -> None:
        address = "https://a.blob.core.windows.net/c"
        assert GLOBAL.named_in({"value": address}, "value") == address
        with pytest.raises(UploadAddressError):
            GLOBAL.named_in({"value": "https://evil.example/c"}, "value")

    @given(st.text(alphabet="[]:@\\/?#.%-a1 \0é", max_size=30))
    def test_no_text_breaks_the_rule(self, text: str) -> None:
        with suppress(UploadAddressError):
            GLOBAL.checked(f"https://{text}.blob.core.windows.net/c")

    def test_this_machine_is_let_through_where_graph_is_simulated_on_it(self) -> None:
        address = f"http://127.0.0.1:10000/devstoreaccount1/c?{QUERY}"
        assert SIMULATED.checked(address) == address

    def test_a_real_graph_never_sends_pupils_data_to_this_machine_in_the_clear(self) -> None:
        rule = UploadAddressRule("127.0.0.1", "https://graph.microsoft.com")
        with pytest.raises(UploadAddressError):
            rule.checked("http://127.0.0.1:10000/devstoreaccount1/c")

    def test_a_simulated_graph_may_not_send_them_elsewhere_in_the_clear(self) -> None:
        rule = UploadAddressRule(".blob.core.windows.net", "http://127.0.0.1:8080")
        with pytest.raises(UploadAddressError):
            rule.checked("http://a.blob.core.windows.net/c")


def ignore(_file: str) -> None:
    """Where nobody keeps a log."""


class TestUpload:
    def test_files_lie_under_their_names_as_block_blobs(
        self, signed: Callable[..., str], results_container: ContainerClient
    ) -> None:
        address = signed(results_container)
        large = bytes(range(256)) * (BLOCK_BYTES // 128)
        done: list[str] = []
        upload_blobs(
            address,
            [
                upload_file("school.csv", b"SIS ID,", b"Name\n"),
                upload_file("student.csv", large, b"end"),
                upload_file("teacher.csv"),
            ],
            done.append,
        )
        assert done == ["school.csv", "student.csv", "teacher.csv"]
        found = {
            blob.name: results_container.download_blob(blob.name).readall()
            for blob in results_container.list_blobs()
        }
        assert found == {
            "school.csv": b"SIS ID,Name\n",
            "student.csv": large + b"end",
            "teacher.csv": b"",
        }
        properties = results_container.get_blob_client("student.csv").get_blob_properties()
        assert properties.blob_type == "BlockBlob"

    def test_no_proxy_of_the_environment_sees_a_file(
        self,
        signed: Callable[..., str],
        results_container: ContainerClient,
        request: pytest.FixtureRequest,
    ) -> None:
        address, done = signed(results_container), list[str]()
        request.getfixturevalue("dead_proxies")
        upload_blobs(address, [upload_file("school.csv", b"SIS ID,Name\n")], done.append)
        assert done == ["school.csv"]

    def test_what_an_earlier_night_has_left_is_written_over(
        self, signed: Callable[..., str], results_container: ContainerClient
    ) -> None:
        for text in (b"first, and longer", b"second"):
            upload_blobs(signed(results_container), [upload_file("school.csv", text)], ignore)
        assert results_container.download_blob("school.csv").readall() == b"second"

    def test_an_address_that_has_expired_is_distinguished(self, signed: Callable[..., str]) -> None:
        with pytest.raises(UploadExpiredError) as caught:
            upload_blobs(signed(ends_in=-60), [upload_file("school.csv", b"x")], ignore)
        assert "sig" not in str(caught.value)

    def test_a_new_address_that_has_expired_too_is_left_for_later(
        self, signed: Callable[..., str]
    ) -> None:
        with pytest.raises(UploadExpiredError) as caught, address_renewed():
            upload_blobs(signed(ends_in=-60), [upload_file("school.csv", b"x")], ignore)
        assert caught.value.refusal.expired

    def test_a_new_address_without_the_right_to_write_is_reported_with_the_cause(
        self, signed: Callable[..., str]
    ) -> None:
        address = signed(permission=ContainerSasPermissions(read=True))
        with pytest.raises(UploadExpiredError, match="403, AuthorizationPermissionMismatch"):
            upload_blobs(address, [upload_file("school.csv", b"x")], ignore)
        with pytest.raises(UploadRefusedError) as caught, address_renewed():
            upload_blobs(address, [upload_file("school.csv", b"x")], ignore)
        assert "storage reports AuthorizationPermissionMismatch" in str(caught.value)
        assert "sig" not in str(caught.value)

    @pytest.mark.parametrize("code", ["", "AuthenticationFailed"])
    def test_what_storage_says_of_an_address_that_has_expired_may_pass(self, code: str) -> None:
        fault = upload_fault(403, "school.csv", Refusal(code))
        with pytest.raises(UploadExpiredError), address_renewed():
            raise fault

    def test_a_container_that_is_not_there_is_nothing_to_wait_for(
        self, signed: Callable[..., str], results_container: ContainerClient
    ) -> None:
        address = signed(results_container)
        results_container.delete_container()
        with pytest.raises(UnexpectedAnswerError, match=r"404 to the upload of school\.csv"):
            upload_blobs(address, [upload_file("school.csv", b"x")], ignore)

    def test_a_file_that_changes_while_it_is_uploaded_ends_the_upload(
        self, signed: Callable[..., str]
    ) -> None:
        def changing() -> Iterator[bytes]:
            yield b"x" * BLOCK_BYTES
            raise SupersededError("It has changed.")

        with pytest.raises(SupersededError):
            upload_blobs(signed(), [UploadFile("school.csv", 2 * BLOCK_BYTES, changing)], ignore)

    def test_no_log_of_any_library_holds_the_signature(
        self, signed: Callable[..., str], every_log: pytest.LogCaptureFixture
    ) -> None:
        address = signed()
        upload_blobs(address, [upload_file("school.csv", b"x")], ignore)
        signature = address.partition("sig=")[2].partition("&")[0]
        assert "sig=REDACTED" in every_log.text
        assert signature not in every_log.text

    def test_a_storage_that_cannot_be_reached_may_be_tried_again(self, dead_port: int) -> None:
        account = f"http://127.0.0.1:{dead_port}/devstoreaccount1"
        with (
            ContainerClient(account, "c", f"?{QUERY}", retry_total=0) as container,
            pytest.raises(TransientError, match=r"school\.csv was interrupted") as caught,
        ):
            _upload_blob(container, upload_file("school.csv", b"x"))
        assert "canary" not in str(caught.value)

    @pytest.mark.parametrize("status", [None, 408, 409, 429, 500, 502, 503])
    def test_what_may_pass_is_put_off(self, status: int | None) -> None:
        fault = upload_fault(status, "school.csv")
        assert type(fault) is TransientError
        assert "busy (" in str(fault)

    @pytest.mark.parametrize("status", [301, 307, 400, 404, 411, 413])
    def test_what_will_not_pass_ends_the_run(self, status: int) -> None:
        assert isinstance(upload_fault(status, "school.csv"), UnexpectedAnswerError)


class _Redirect(BaseHTTPRequestHandler):
    """Sends whoever writes to it on to another place of this server, and keeps what was asked."""

    server: "RedirectingServer"

    def do_PUT(self) -> None:
        self.server.paths.append(self.path.partition("?")[0])
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(307)
        self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere/x")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base has it
        """Quiet."""


class RedirectingServer(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Redirect)
        self.paths: list[str] = []


def test_a_redirect_does_not_carry_the_data_away() -> None:
    with RedirectingServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            address = f"http://127.0.0.1:{server.server_port}/account/c?{QUERY}"
            with pytest.raises(UnexpectedAnswerError, match="307"):
                upload_blobs(address, [upload_file("school.csv", b"x")], ignore)
        finally:
            server.shutdown()
            thread.join()
    assert server.paths == ["/account/c/school.csv"]


class TestChunkStream:
    @given(st.lists(st.binary(max_size=9), max_size=9), st.lists(st.integers(0, 9), max_size=20))
    def test_it_reads_as_a_file_of_the_same_bytes(
        self, blocks: list[bytes], sizes: list[int]
    ) -> None:
        stream, whole = ChunkStream(iter(blocks)), b"".join(blocks)
        for size in sizes:
            assert stream.read(size) == whole[:size]
            whole = whole[size:]
        assert stream.read() == whole
        assert stream.read() == b""

    def test_it_takes_no_block_before_it_is_needed(self) -> None:
        taken: list[int] = []

        def blocks() -> Iterator[bytes]:
            for number in range(9):
                taken.append(number)
                yield b"1234"

        stream = ChunkStream(blocks())
        stream.read(5)
        assert taken == [0, 1]
