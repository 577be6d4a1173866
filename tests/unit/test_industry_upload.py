"""Uploading to a session: the protocol and the session's rules, over a simulated Data Lake."""

import functools
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from azure.core.exceptions import ServiceResponseError

from local.graph.control import GraphSimulator
from local.storage import Azurite
from sync_core.model.errors import (
    AccessPendingError,
    ServiceBusyError,
    SupersededError,
    TransientError,
    UnexpectedAnswerError,
    UploadAddressError,
)
from sync_core.model.feeds import Feed
from sync_core.targets import UploadFile
from sync_core.targets.blob_upload import BLOCK_BYTES, UploadExpiredError, UploadRefusedError
from sync_core.targets.industry_data.upload import upload_files
from tests.unit.classic_kit import answered
from tests.unit.industry_kit import (
    FLOW_CALL,
    SESSION_CALL,
    IndustryService,
    OneToken,
    flow_answer,
    ignore,
    industry_target,
    upload_file,
)
from tests.unit.product_kit import InMemoryUploadLog

SET = {"orgs.csv": b"sourcedId,name\n", "users.csv": b"sourcedId\n", "roles.csv": b"role\n"}


@pytest.fixture(scope="module")
def simulator(azurite: Azurite) -> Iterator[GraphSimulator]:
    with GraphSimulator.start(azurite.connection_string) as running:
        yield running


class Tenant:
    """A flow of the simulator, with an adapter of its own."""

    def __init__(self, simulator: GraphSimulator) -> None:
        simulator.reset()
        simulator.change_identity(
            roles=["IndustryData-InboundFlow.Read.All", "IndustryData-DataConnector.Upload"]
        )
        self.graph = simulator
        self.flow, self.connector = simulator.create_inbound_flow()
        self.token = _new_token(simulator)
        feed = Feed(name="northwind", target="industry-data", inbound_flow_id=self.flow)
        self.target = industry_target(feed, simulator.graph_root, OneToken(self.token))

    @property
    def uploaded(self) -> dict[str, bytes]:
        return self.graph.uploaded(self.connector)

    @property
    def sessions(self) -> list[str]:
        """What was asked for in the way of sessions, in order."""
        entries = self.graph.journal("get_upload_session")
        return [entry.path.partition("?resetSession=")[2] for entry in entries]

    @property
    def created(self) -> list[str]:
        """The files that were begun, in order."""
        entries = self.graph.journal("lake_create")
        return [entry.path.partition("?")[0].rpartition("/")[2] for entry in entries]

    def upload(
        self, log: InMemoryUploadLog, *, meanwhile: Callable[[], None] = lambda: None
    ) -> None:
        """Upload the set; `meanwhile` happens once, when the second file is about to be sent."""
        pending = iter([meanwhile])

        def chunks(name: str) -> Iterator[bytes]:
            if name == "users.csv":
                next(pending, lambda: None)()
            yield SET[name]

        files = [
            UploadFile(name, len(text), functools.partial(chunks, name))
            for name, text in SET.items()
        ]
        self.target.upload(files, log)


def _new_token(simulator: GraphSimulator) -> str:
    answer = httpx.get(
        simulator.identity_endpoint,
        params={"api-version": "2019-08-01", "resource": "https://graph.microsoft.com"},
        headers={"X-IDENTITY-HEADER": simulator.identity_header},
        trust_env=False,
    )
    return str(answer.json()["access_token"])


@pytest.fixture
def tenant(simulator: GraphSimulator) -> Tenant:
    return Tenant(simulator)


class TestSession:
    def test_a_first_upload_goes_to_a_new_and_empty_session(self, tenant: Tenant) -> None:
        tenant.upload(InMemoryUploadLog())
        log = InMemoryUploadLog()
        tenant.upload(log)
        assert tenant.uploaded == SET
        assert log.files == list(SET)
        assert log.place
        assert tenant.sessions == ["true", "true"]

    def test_what_was_begun_continues_with_what_is_not_there_yet(self, tenant: Tenant) -> None:
        log = InMemoryUploadLog()
        tenant.upload(log)
        place = log.place
        log.files.remove("users.csv")
        tenant.upload(log)
        assert tenant.sessions == ["true", "false"]
        assert tenant.created == [*SET, "users.csv"]
        assert tenant.uploaded == SET
        assert (log.place, sorted(log.files)) == (place, sorted(SET))

    def test_what_was_begun_elsewhere_is_begun_anew(self, tenant: Tenant) -> None:
        log = InMemoryUploadLog()
        tenant.upload(log)
        elsewhere = InMemoryUploadLog()
        tenant.upload(elsewhere)
        log.files.remove("users.csv")
        tenant.upload(log)
        assert tenant.sessions == ["true", "true", "false", "true"]
        assert tenant.created == [*SET] * 3
        assert tenant.uploaded == SET
        assert log.files == list(SET)
        assert log.place != elsewhere.place

    @pytest.mark.parametrize(
        "lifetimes",
        [
            {"session_seconds": 60.0, "container_seconds": 600.0},
            {"session_seconds": 600.0, "container_seconds": 60.0},
        ],
        ids=["the address", "the container"],
    )
    def test_what_expires_on_the_way_is_replaced_and_every_file_sent_again(
        self, tenant: Tenant, lifetimes: Any
    ) -> None:
        tenant.graph.change_inbound_flow(tenant.flow, **lifetimes)
        log = InMemoryUploadLog()
        tenant.upload(log, meanwhile=lambda: tenant.graph.advance_clock(90))
        assert tenant.sessions == ["true", "true"]
        assert tenant.created == ["orgs.csv", "users.csv", *SET]
        assert tenant.uploaded == SET
        assert log.files == list(SET)

    def test_what_was_begun_and_has_expired_is_replaced_as_well(self, tenant: Tenant) -> None:
        log = InMemoryUploadLog()
        tenant.upload(log)
        log.files.remove("users.csv")
        tenant.graph.fault("lake_create", status=403)
        tenant.upload(log)
        assert tenant.sessions == ["true", "false", "true"]
        assert tenant.uploaded == SET
        assert log.files == list(SET)

    @pytest.mark.parametrize("status", [403, 404])
    def test_it_is_replaced_once_and_then_left_for_later(self, tenant: Tenant, status: int) -> None:
        tenant.graph.fault("lake_create", times=9, status=status)
        log = InMemoryUploadLog()
        with pytest.raises(UploadExpiredError) as caught:
            tenant.upload(log)
        assert tenant.sessions == ["true", "true"]
        assert log.files == []
        assert str(status) in str(caught.value)
        assert "sig" not in str(caught.value)

    @pytest.mark.parametrize("body", ["", "null", "<html>", '{"sessionUrl": "https://sds'])
    def test_an_answer_without_a_session_may_be_requested_again_and_changes_nothing(
        self, tenant: Tenant, body: str
    ) -> None:
        log = InMemoryUploadLog()
        tenant.upload(log)
        place = log.place
        log.files.remove("users.csv")
        tenant.graph.fault("get_upload_session", status=200, body=body)
        with pytest.raises(ServiceBusyError):
            tenant.upload(log)
        assert (log.place, len(log.files)) == (place, 2)
        tenant.upload(log)
        assert tenant.sessions == ["true", "false", "false"]
        assert tenant.uploaded == SET

    def test_what_a_new_session_is_refused_for_is_reported(self, tenant: Tenant) -> None:
        code = {"x-ms-error-code": "AuthorizationFailure"}
        tenant.graph.fault("lake_create", times=9, status=403, headers=code)
        with pytest.raises(UploadRefusedError, match="AuthorizationFailure"):
            tenant.upload(InMemoryUploadLog())
        assert tenant.sessions == ["true", "true"]

    def test_it_needs_the_uploading_permission(self) -> None:
        service = IndustryService({FLOW_CALL: [flow_answer()], SESSION_CALL: [httpx.Response(403)]})
        with pytest.raises(AccessPendingError, match=r"IndustryData-DataConnector\.Upload"):
            service.target.upload([], InMemoryUploadLog())

    @pytest.mark.parametrize(
        "body",
        [
            {"sessionUrl": "cut"},
            {"sessionUrl": "https://evil.example/tenant/c?sig=canary"},
            {"sessionUrl": "http://sds.dfs.core.windows.net/tenant/c?sig=canary"},
        ],
    )
    def test_without_an_address_that_is_allowed_nothing_is_read(self, body: object) -> None:
        read: list[str] = []
        file = UploadFile("orgs.csv", 1, lambda: iter(read.append("orgs.csv") or ()))  # type: ignore[func-returns-value]
        service = IndustryService({FLOW_CALL: [flow_answer()], SESSION_CALL: [answered(body)]})
        with pytest.raises(UploadAddressError) as caught:
            service.target.upload([file], InMemoryUploadLog())
        assert "canary" not in str(caught.value)
        assert read == []

    def test_no_log_and_no_storage_holds_the_signature_or_the_token(
        self, tenant: Tenant, every_log: pytest.LogCaptureFixture
    ) -> None:
        address = tenant.target._new_session(InMemoryUploadLog())
        tenant.graph.fault("lake_create", status=403)
        tenant.upload(InMemoryUploadLog())
        assert "sig=REDACTED" in every_log.text
        assert address.partition("sig=")[2].partition("&")[0] not in every_log.text
        assert re.search(r"sig=(?!REDACTED)", every_log.text) is None
        assert tenant.token not in every_log.text
        assert tenant.graph.leaks() == []


class TestFiles:
    @pytest.fixture
    def address(self, tenant: Tenant) -> str:
        return tenant.target._new_session(InMemoryUploadLog())

    def test_a_large_file_goes_in_pieces_and_arrives_whole(
        self, tenant: Tenant, address: str
    ) -> None:
        block = bytes(range(251)) * (BLOCK_BYTES // 251)
        done: list[str] = []
        upload_files(address, [upload_file("users.csv", block, block, b"end")], done.append)
        assert tenant.uploaded == {"users.csv": block + block + b"end"}
        assert tenant.graph.count("lake_append") > 1
        assert tenant.graph.count("lake_flush") == 1
        assert done == ["users.csv"]

    def test_no_proxy_of_the_environment_sees_a_file(
        self, address: str, request: pytest.FixtureRequest
    ) -> None:
        done: list[str] = []
        request.getfixturevalue("dead_proxies")
        upload_files(address, [upload_file("users.csv", b"sourcedId\n")], done.append)
        assert done == ["users.csv"]

    def test_files_keep_the_spelling_of_their_names(self, tenant: Tenant, address: str) -> None:
        names = ["academicSessions.csv", "userFlags.csv", "studentenrollment.csv"]
        done: list[str] = []
        upload_files(address, [upload_file(name, b"x") for name in names], done.append)
        assert sorted(tenant.uploaded) == sorted(names)
        assert done == names

    def test_what_a_broken_off_upload_has_left_is_written_over(
        self, tenant: Tenant, address: str
    ) -> None:
        for text in (b"first, and longer", b"second"):
            upload_files(address, [upload_file("orgs.csv", text)], ignore)
        assert tenant.uploaded == {"orgs.csv": b"second"}

    @pytest.mark.parametrize("call", ["lake_create", "lake_append", "lake_flush"])
    @pytest.mark.parametrize(
        ("status", "fault"), [(409, TransientError), (400, UnexpectedAnswerError)]
    )
    def test_a_file_that_was_refused_is_not_noted_as_there(
        self, tenant: Tenant, address: str, call: str, status: int, fault: type[Exception]
    ) -> None:
        tenant.graph.fault(call, status=status)
        done: list[str] = []
        with pytest.raises(fault, match=r"orgs\.csv") as caught:
            upload_files(address, [upload_file("orgs.csv", b"x")], done.append)
        assert type(caught.value) is fault
        assert done == []
        assert "sig" not in str(caught.value)

    @pytest.mark.parametrize("blocks", [0, 2])
    def test_a_file_that_changes_while_it_is_uploaded_ends_the_upload(
        self, tenant: Tenant, address: str, blocks: int
    ) -> None:
        def changing() -> Iterator[bytes]:
            yield from [b"x" * BLOCK_BYTES] * blocks
            raise SupersededError("It has changed.")

        with pytest.raises(SupersededError):
            upload_files(address, [UploadFile("orgs.csv", 3 * BLOCK_BYTES, changing)], ignore)
        assert tenant.uploaded == {}

    def test_a_connection_that_breaks_off_may_be_tried_again(self, address: str) -> None:
        def broken() -> Iterator[bytes]:
            yield b"x"
            raise ServiceResponseError("canary")

        with pytest.raises(TransientError, match=r"orgs\.csv was interrupted") as caught:
            upload_files(address, [UploadFile("orgs.csv", 2, broken)], ignore)
        assert "canary" not in str(caught.value)
