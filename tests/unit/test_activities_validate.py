"""The validating step, over real storage: what it decides, and what it leaves for publishing."""

import pytest

from sync_core.activities import validate_file_set
from sync_core.activities.room import folder
from sync_core.activities.validate import validated_name
from sync_core.landing import FileSet
from sync_core.outcomes import Outcome
from sync_core.steps import Ended, Through, Verdict
from tests.unit.product_kit import EXPORT, House


def landed(house: House, **changed: str) -> FileSet:
    house.land(files={**EXPORT, **{f"{name}.csv": text for name, text in changed.items()}})
    return house.landed_set()


def test_a_clean_set_goes_on_with_its_rows_counted(house: House) -> None:
    files = landed(house)
    assert house.ask(validate_file_set, files=files) == Through({"rows": 8})
    kept = house.kept(validated_name(folder(files)))
    assert kept["rows"] == {
        "school.csv": 1,
        "section.csv": 1,
        "student.csv": 2,
        "studentenrollment.csv": 2,
        "teacher.csv": 1,
        "teacherroster.csv": 1,
    }
    assert kept["findings"] == []


def test_an_error_ends_the_run_as_rejected_and_is_kept(house: House) -> None:
    files = landed(house, teacher="SIS ID,School SIS ID,Username\nt1,nowhere,cleo\n")
    answer = house.ask(validate_file_set, files=files)
    assert answer == Ended(Verdict(outcome=Outcome.REJECTED))
    (finding,) = house.kept(validated_name(folder(files)))["findings"]
    assert (finding["fileName"], finding["field"], finding["rows"]) == (
        "teacher.csv",
        "School SIS ID",
        [2],
    )
    assert "nowhere" not in str(finding)


def test_warnings_stop_nothing_and_are_kept(house: House) -> None:
    student = "SIS ID,School SIS ID,Username\ns1,N,ann\ns2,N,ann\n"
    files = landed(house, student=student)
    assert isinstance(house.ask(validate_file_set, files=files), Through)
    (finding,) = house.kept(validated_name(folder(files)))["findings"]
    assert finding["type"] == "Warning"


@pytest.mark.parametrize("change", ["rewritten", "deleted"])
def test_a_set_that_has_changed_is_not_judged(house: House, change: str) -> None:
    files = landed(house)
    if change == "rewritten":
        house.land(files={"teacherroster.csv": "broken"})
    else:
        house.landing.delete_blob("northwind/teacherroster.csv")
    assert house.ask(validate_file_set, files=files) == Ended(Verdict(outcome=Outcome.SUPERSEDED))
    assert list(house.results.list_blob_names()) == []


def test_it_asks_nothing_of_the_target(house: House) -> None:
    house.ask(validate_file_set, files=landed(house))
    assert house.target.calls == []
