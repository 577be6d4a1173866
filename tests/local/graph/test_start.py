"""Start: verification of the uploaded files, and its effects."""

from collections.abc import Callable, Mapping

import httpx
import pytest

from local.graph.control import GraphSimulator

Upload = Callable[[str, Mapping[str, str]], None]
Start = Callable[..., httpx.Response]


@pytest.fixture
def start(
    graph: GraphSimulator, caller: httpx.Client, upload: Upload, good_files: dict[str, str]
) -> Callable[[Mapping[str, str | None]], httpx.Response]:
    """Uploads valid files, with some replaced or (None) left out, and starts."""

    def run(changes: Mapping[str, str | None]) -> httpx.Response:
        profile_id = graph.create_profile()
        files = {**good_files, **changes}
        upload(profile_id, {name: text for name, text in files.items() if text is not None})
        return caller.post(f"/{profile_id}/start")

    return run


def messages(answer: httpx.Response) -> list[tuple[str, str, str]]:
    return [tuple(message.values()) for message in answer.json()["value"]]


def test_good_files_start_the_sync_without_a_message(graph: GraphSimulator, start: Start) -> None:
    answer = start({})
    assert answer.status_code == 200
    assert answer.json() == {
        "@odata.context": f"{graph.graph_root}/beta/$metadata#education/Collection"
        "(microsoft.graph.verificationMessage)",
        "value": [],
    }
    assert graph.count("start", effective=True) == 1


def test_errors_are_answered_with_200_and_do_not_start_the_sync(
    graph: GraphSimulator, start: Start, caller: httpx.Client
) -> None:
    answer = start({"School.csv": None})
    profile_id = answer.url.path.split("/")[-2]
    assert caller.get(f"/{profile_id}/profileStatus").json()["status"] == "success"
    assert answer.status_code == 200
    assert answer.json()["value"][0] == {
        "type": "Error",
        "fileName": "school.csv",
        "description": "File not found",
    }
    assert graph.count("start") == 1
    assert graph.count("start", effective=True) == 0


def test_a_refusal_can_be_a_400_with_the_same_body(
    graph: GraphSimulator, caller: httpx.Client
) -> None:
    profile_id = graph.create_profile(refusal_status=400)
    answer = caller.post(f"/{profile_id}/start")
    assert answer.status_code == 400
    assert [name for _, name, _ in messages(answer)] == ["school.csv", "student.csv", "teacher.csv"]


def test_warnings_alone_start_the_sync(graph: GraphSimulator, start: Start) -> None:
    twice = "SIS ID,School SIS ID,Username\nT1,S1,alan\nT1,S1,alan\nT2,S1,alan\n"
    answer = start({"Teacher.csv": twice})
    wording = "duplicates found in column {} which requires values to be Unique."
    assert messages(answer) == [
        ("Warning", "teacher.csv", "1 " + wording.format("SIS ID")),
        ("Warning", "teacher.csv", "2 " + wording.format("Username")),
    ]
    assert graph.count("start", effective=True) == 1


MISSING = "{} row(s) have missing data for the field - {}"
FORMAT = "{} row(s) have an invalid format for the field - {}"
DANGLING = "{} row(s) have referenced data not found in source. Field - {}"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "Student.csv",
            "SIS ID,School SIS ID,Username\nP1,S1,\n,S1,b\n",
            [MISSING.format(1, "SIS ID"), MISSING.format(1, "Username")],
        ),
        (
            "Section.csv",
            "SIS ID,School SIS ID,Section Name\nC1,S1,a\nC 2,S1,b\n",
            [FORMAT.format(1, "SIS ID")],
        ),
        ("School.csv", 'SIS ID,Name\nS1,"North\nside"\n', [FORMAT.format(1, "Name")]),
        (
            "Section.csv",
            "SIS ID,School SIS ID,Section Name\nC1,S9,a\n",
            [DANGLING.format(1, "School SIS ID")],
        ),
        (
            "StudentEnrollment.csv",
            "Section SIS ID,SIS ID\nC1,P1\nC9,P1\nC9,P9\n",
            [DANGLING.format(2, "Section SIS ID"), DANGLING.format(1, "SIS ID")],
        ),
        ("TeacherRoster.csv", "Section SIS ID,SIS ID\nC1,P1\n", [DANGLING.format(1, "SIS ID")]),
        ("Teacher.csv", "SIS ID,School SIS ID\nT1,S1\n", ["Header not found - Username"]),
        ("School.csv", "SIS ID,Name,Name\nS1,a,b\n", ["Header found more than once - Name"]),
        ("School.csv", 'SIS ID,Name\nS1,"a"b\n', ["File is not a CSV file in UTF-8"]),
        ("TeacherRoster.csv", None, ["File not found"]),
        ("user.csv", "Email,First Name,Last Name,Phone,SIS ID\n", ["File not found"]),
    ],
)  # fmt: skip - one case per line, as a table
def test_each_fault_in_the_files_is_counted_in_the_services_words(
    start: Start, name: str, text: str | None, expected: list[str]
) -> None:
    found = messages(start({name: text}))
    assert [description for _, _, description in found] == expected
    assert {kind for kind, _, _ in found} == {"Error"}
    said_of = "guardianrelationship.csv" if name == "user.csv" else name.lower()
    assert {file_name for _, file_name, _ in found} == {said_of}


def test_guardians_are_checked_against_students_and_users(start: Start) -> None:
    answer = start(
        {
            "user.csv": "Email,First Name,Last Name,Phone,SIS ID\na@x.example,A,B,,\n",
            "guardianrelationship.csv": "SIS ID,Email,Role\nP1,a@x.example,\nP9,b@x.example,\n",
        }
    )
    assert messages(answer) == [
        ("Error", "guardianrelationship.csv", DANGLING.format(1, "SIS ID")),
        ("Error", "guardianrelationship.csv", DANGLING.format(1, "Email")),
    ]


def test_people_alone_are_a_set(start: Start, graph: GraphSimulator) -> None:
    answer = start({"Section.csv": None, "StudentEnrollment.csv": None, "TeacherRoster.csv": None})
    assert messages(answer) == []
    assert graph.count("start", effective=True) == 1


def test_a_later_upload_of_the_same_file_counts(
    graph: GraphSimulator, caller: httpx.Client, upload: Upload, good_files: dict[str, str]
) -> None:
    profile_id = graph.create_profile()
    upload(profile_id, {**good_files, "School.csv": "nothing"})
    upload(profile_id, good_files)
    assert messages(caller.post(f"/{profile_id}/start")) == []
