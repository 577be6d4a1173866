"""The sweep, over real storage: which feeds have something that nobody has started on."""

import asyncio
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from azure.storage.queue import QueueServiceClient

from local.storage import Azurite
from sync_core.activities import Services
from sync_core.intake.sweep import (
    EVENTS_TAKE_SECONDS,
    HOST_EVENTS,
    QUEUED_EVENTS_TAKE_SECONDS,
    EventQueues,
    feeds_to_start,
    start_feeds,
)
from sync_core.landing import LandedBlob
from sync_core.landing.reading import Landing
from sync_core.model.errors import UnexpectedAnswerError
from sync_core.model.outcomes import Outcome
from sync_core.orchestration.steps import Verdict
from sync_core.storage import queue_service
from tests.unit.product_kit import ActivityHarness, feed_setting, settings_of


class Known(EventQueues):
    """Queues of which a test knows whether they hold something; `asked` counts the questions."""

    def __init__(self, *, holding: bool = False) -> None:
        super().__init__({}, None)
        self._holding, self.asked = holding, 0

    def may_hold_events(self) -> bool:
        self.asked += 1
        return self._holding


def swept(
    harness: ActivityHarness, *, after: float = EVENTS_TAKE_SECONDS, holding: bool = False
) -> list[str]:
    """What the sweep starts, so many seconds after the newest file has landed."""
    return feeds_to_start(harness.services, harness.newest() + after, Known(holding=holding))


def test_where_nothing_has_landed_nothing_is_started(harness: ActivityHarness) -> None:
    assert swept(harness) == []


def test_a_feed_with_an_export_is_started_complete_or_not(harness: ActivityHarness) -> None:
    harness.land(files={"school.csv": "x"})
    assert swept(harness) == ["northwind"]


def test_an_export_is_left_to_its_events_for_as_long_as_they_take(harness: ActivityHarness) -> None:
    harness.land()
    assert swept(harness, after=0) == []
    assert swept(harness, after=EVENTS_TAKE_SECONDS - 1) == []
    assert swept(harness, after=EVENTS_TAKE_SECONDS) == ["northwind"]


def test_the_marker_has_an_event_too(harness: ActivityHarness) -> None:
    harness.land(files={"school.csv": "x", "_READY": ""})
    marked = max(blob.modified for blob in harness.services.landing.listing("northwind"))

    class Marked(Landing):
        """As if the marker had come ten minutes after the file."""

        def listing(self, feed: str | None = None) -> list[LandedBlob]:
            return [
                blob._replace(modified=marked + 600) if blob.name.endswith("_READY") else blob
                for blob in super().listing(feed)
            ]

    harness.services.landing = Marked(harness.landing)
    at = marked + EVENTS_TAKE_SECONDS
    assert feeds_to_start(harness.services, at, Known()) == []
    assert feeds_to_start(harness.services, at + 600, Known()) == ["northwind"]


def test_while_events_are_queued_only_an_old_export_is_started(harness: ActivityHarness) -> None:
    harness.land()
    assert swept(harness, holding=True) == []
    assert swept(harness, after=QUEUED_EVENTS_TAKE_SECONDS - 1, holding=True) == []
    assert swept(harness, after=QUEUED_EVENTS_TAKE_SECONDS, holding=True) == ["northwind"]


@pytest.mark.parametrize("after", [0.0, QUEUED_EVENTS_TAKE_SECONDS])
def test_the_queues_are_not_asked_where_it_changes_nothing(
    harness: ActivityHarness, after: float
) -> None:
    harness.land()
    queues = Known()
    feeds_to_start(harness.services, harness.newest() + after, queues)
    assert queues.asked == 0


def test_a_feed_whose_newest_export_has_its_result_is_left_alone(harness: ActivityHarness) -> None:
    harness.land("n1/")
    harness.land("n2/")
    harness.publish(harness.landed_set("n2"), Verdict(outcome=Outcome.STARTED, sent=True))
    assert swept(harness) == []
    harness.land("n3/")
    assert swept(harness) == ["northwind"]


def test_a_zip_that_cannot_be_opened_is_something_to_look_at(harness: ActivityHarness) -> None:
    harness.land(files={"export.zip": "PK"})
    assert swept(harness) == ["northwind"]


def test_a_zip_that_changes_while_it_is_looked_at_is_left_to_its_event(
    harness: ActivityHarness,
) -> None:
    harness.land(files={"export.zip": b"no zip" * 99})

    class Busy(Landing):
        def listing(self, feed: str | None = None) -> list[LandedBlob]:
            found = super().listing(feed)
            harness.landing.upload_blob("northwind/export.zip", b"anew", overwrite=True)
            return found

    at = harness.newest() + EVENTS_TAKE_SECONDS + 60
    calm = harness.services.landing
    harness.services.landing = Busy(harness.landing)
    assert feeds_to_start(harness.services, at, Known()) == []
    harness.services.landing = calm
    assert feeds_to_start(harness.services, at, Known()) == ["northwind"]


def test_each_feed_is_looked_at_by_itself(harness: ActivityHarness) -> None:
    settings = settings_of(
        *(feed_setting(name, profileId=name) for name in ("east", "northwind", "west")),
        **harness.storage_settings,
    )
    harness.land()
    harness.landing.upload_blob("west/n1/school.csv", b"x")
    services = Services(settings, lambda feed, settings: harness.target)
    at = harness.newest() + EVENTS_TAKE_SECONDS + 60
    assert feeds_to_start(services, at, Known()) == ["northwind", "west"]


def test_a_feed_that_cannot_be_looked_at_keeps_no_other_from_its_start(
    harness: ActivityHarness, caplog: pytest.LogCaptureFixture
) -> None:
    settings = settings_of(
        *(feed_setting(name, profileId=name) for name in ("east", "northwind")),
        **harness.storage_settings,
    )
    harness.land()

    class Broken(Landing):
        def listing(self, feed: str | None = None) -> list[LandedBlob]:
            if feed == "east":
                raise ValueError("sentinel")
            return super().listing(feed)

    services = Services(settings, lambda feed, settings: harness.target)
    services.landing = Broken(harness.landing)
    at = harness.newest() + EVENTS_TAKE_SECONDS + 60
    assert feeds_to_start(services, at, Known()) == ["northwind"]
    (told,) = (one for one in caplog.records if one.levelname == "ERROR")
    assert "feed east" in told.getMessage()
    assert "sentinel" not in caplog.text


def test_the_runbook_says_how_long_the_sweep_waits() -> None:
    text = (Path(__file__).parents[2] / "docs" / "operate.md").read_text(encoding="utf-8")
    section = text.partition("## The sweep")[2].partition("\n## ")[0]
    hours, minutes = QUEUED_EVENTS_TAKE_SECONDS / 3600, EVENTS_TAKE_SECONDS / 60
    assert f"its events for {minutes:.0f} minutes" in section
    assert f"starts {minutes:.0f} to {minutes + 10:.0f} minutes after" in section
    assert f"landed {hours:.0f} hours\n  ago" in section
    assert f"{HOST_EVENTS}*" in section


def test_a_storage_that_is_not_there_is_said(
    new_harness: Callable[..., ActivityHarness],
) -> None:
    harness = new_harness()
    harness.landing.delete_container()
    with pytest.raises(UnexpectedAnswerError, match="SIS_STORAGE"):
        feeds_to_start(harness.services, 0.0, Known())


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An account of its own: the host's queues are found by the beginning of their name."""
    folder = tmp_path_factory.mktemp("queues")
    with Azurite(folder) as storage:
        yield storage.connection_string


@pytest.mark.emulator
class TestTheQueuesOfEvents:
    @pytest.fixture
    def service(self, connection: str) -> Iterator[QueueServiceClient]:
        with QueueServiceClient.from_connection_string(connection) as service:
            yield service
            for queue in service.list_queues():
                service.delete_queue(queue.name)

    @pytest.fixture
    def queues(self, connection: str) -> EventQueues:
        both = {"AzureWebJobsStorage": connection, "SIS_STORAGE": connection}
        return EventQueues(both, "sis-landed")

    @pytest.mark.parametrize("name", ["azure-webjobs-blobtrigger-myapp", "sis-landed"])
    def test_a_message_counts_also_while_somebody_has_it_in_hand(
        self, queues: EventQueues, service: QueueServiceClient, name: str
    ) -> None:
        for each in ("azure-webjobs-blobtrigger-myapp", "sis-landed"):
            service.create_queue(each)
        assert not queues.may_hold_events()
        with service.get_queue_client(name) as queue:
            queue.send_message("event")
            assert queues.may_hold_events()
            taken = next(iter(queue.receive_messages(visibility_timeout=600)))
            assert queues.may_hold_events()
            queue.delete_message(taken)
        assert not queues.may_hold_events()

    @pytest.mark.parametrize(
        "name", ["webjobs-blobtrigger-poison", "azure-webjobs-blobtrigger-myapp-poison", "others"]
    )
    def test_messages_that_nobody_handles_and_other_queues_do_not_count(
        self, queues: EventQueues, service: QueueServiceClient, name: str
    ) -> None:
        service.create_queue("sis-landed")
        service.create_queue(name).send_message("old")
        assert not queues.may_hold_events()

    def test_without_a_queue_of_events_only_the_hosts_is_asked(
        self, connection: str, service: QueueServiceClient
    ) -> None:
        assert not EventQueues({"AzureWebJobsStorage": connection}, None).may_hold_events()

    @pytest.mark.parametrize(
        "storage",
        ["", "nonsense", "AccountName=a;AccountKey=no-base64;QueueEndpoint=http://127.0.0.1:9/a"],
    )
    def test_where_nobody_can_count_events_may_be_queued(
        self, storage: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        assert EventQueues({"AzureWebJobsStorage": storage}, None).may_hold_events()
        assert "their events may still arrive" in caplog.text
        assert "no-base64" not in caplog.text

    def test_a_queue_that_is_not_there_is_one_that_nobody_can_count(
        self, queues: EventQueues, service: QueueServiceClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        assert queues.may_hold_events()
        assert "ResourceNotFoundError" in caplog.text

    @pytest.mark.parametrize(
        ("setting", "value"),
        [
            ("AzureWebJobsStorage__queueServiceUri", "https://hosting.queue.core.windows.net"),
            ("AzureWebJobsStorage__accountName", "hosting"),
        ],
    )
    def test_the_identity_of_the_app_opens_an_account(self, setting: str, value: str) -> None:
        environment = {setting: value, "AzureWebJobsStorage__clientId": "id"}
        with queue_service(environment, "AzureWebJobsStorage") as service:
            assert service.account_name == "hosting"
            assert type(service.credential).__name__ == "ManagedIdentityCredential"


class TestStarting:
    def test_each_feed_is_started_once_and_reported_without_a_claim_about_events(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        client = Client(running={"sync-west"})
        asyncio.run(start_feeds(client, ["east", "west"]))
        assert client.started == ["sync-east"]
        (told,) = [record for record in caplog.records if record.levelname == "WARNING"]
        assert told.getMessage() == (
            "feed east: started by the sweep, because an export that landed more than 15 minutes"
            " ago has no result, or was approved"
        )

    def test_a_feed_that_cannot_be_started_keeps_no_other_from_its_start(self) -> None:
        client = Client(running=set(), refusing={"sync-east"})
        asyncio.run(start_feeds(client, ["east", "west"]))
        assert client.started == ["sync-west"]


class Client:
    """What the starter needs of the SDK's client."""

    def __init__(self, running: AbstractSet[str], refusing: AbstractSet[str] = frozenset()) -> None:
        self._running, self._refusing = running, refusing
        self.started = list[str]()

    async def get_status(self, instance: str) -> Any:
        name = "Running" if instance in self._running else "Completed"
        return SimpleNamespace(runtime_status=SimpleNamespace(name=name))

    async def start_new(self, _name: str, instance: str, _given: Any) -> None:
        if instance in self._refusing:
            raise ConnectionError("Refused.")
        self.started.append(instance)
