"""The sweep, over real storage: which feeds have something that nobody has started on."""

from collections.abc import Callable

import pytest

from sync_core.activities import Room
from sync_core.errors import UnexpectedAnswerError
from sync_core.landing import LandedBlob
from sync_core.landing.reading import Landing
from sync_core.outcomes import Outcome
from sync_core.steps import Verdict
from sync_core.sweep import feeds_to_start
from tests.unit.product_kit import House, feed_setting, settings_of


def test_where_nothing_has_landed_nothing_is_started(house: House) -> None:
    assert feeds_to_start(house.room) == []


def test_a_feed_with_an_export_is_started_complete_or_not(house: House) -> None:
    house.land(files={"school.csv": "x"})
    assert feeds_to_start(house.room) == ["northwind"]


def test_a_feed_whose_newest_export_has_its_result_is_left_alone(house: House) -> None:
    house.land("n1/")
    house.land("n2/")
    house.publish(house.landed_set("n2"), Verdict(outcome=Outcome.STARTED, sent=True))
    assert feeds_to_start(house.room) == []
    house.land("n3/")
    assert feeds_to_start(house.room) == ["northwind"]


def test_a_zip_that_cannot_be_opened_is_something_to_look_at(house: House) -> None:
    house.land(files={"export.zip": "PK"})
    assert feeds_to_start(house.room) == ["northwind"]


def test_a_zip_that_changes_while_it_is_looked_at_is_something_to_look_at(house: House) -> None:
    house.land(files={"export.zip": b"no zip" * 99})

    class Busy(Landing):
        def listing(self, feed: str | None = None) -> list[LandedBlob]:
            found = super().listing(feed)
            house.land(files={"export.zip": b"anew"})
            return found

    house.room.landing = Busy(house.landing)
    assert feeds_to_start(house.room) == ["northwind"]


def test_each_feed_is_looked_at_by_itself(house: House) -> None:
    settings = settings_of(
        *(feed_setting(name, profileId=name) for name in ("east", "northwind", "west")),
        SIS_STORAGE=str(house.settings.storage),
        SIS_LANDING_CONTAINER=house.landing.container_name,
        SIS_RESULTS_CONTAINER=house.results.container_name,
    )
    house.land()
    house.landing.upload_blob("west/n1/school.csv", b"x")
    room = Room(settings, lambda feed, settings: house.target)
    assert feeds_to_start(room) == ["northwind", "west"]


def test_a_storage_that_is_not_there_is_said(
    new_house: Callable[..., House],
) -> None:
    house = new_house()
    house.landing.delete_container()
    with pytest.raises(UnexpectedAnswerError, match="SIS_STORAGE"):
        feeds_to_start(house.room)
