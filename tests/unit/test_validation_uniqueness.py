"""The keys of SDS V2.1 as the service has them: which rows count as the same record."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.fuzz import judged
from benchmarks.oracle import judge
from tests.unit.validation_kit import CLEAN_V2_1, SDS_V2_1, check_with_v2_1

ROLES = "userSourcedId,orgSourcedId,role,grade"
KEYS = {
    "roles.csv": ROLES,
    "courses.csv": "sourcedId,orgSourcedId",
    "enrollments.csv": "classSourcedId,userSourcedId,role",
    "userFlags.csv": "userSourcedId,flag",
    "relationships.csv": "userSourcedId,relationshipUserSourcedId,relationshipRole",
}


def duplicates(name: str, header: str, *rows: str, block: int = 1 << 20) -> tuple[int, ...]:
    """The lines of duplicates, which must be the only findings."""
    validation = check_with_v2_1(name, "\n".join([header, *rows]), block=block)
    assert {each.rule for each in validation.findings} <= {"duplicate"}
    return tuple(line for each in validation.findings for line in each.rows)


@pytest.mark.parametrize("name", KEYS)
def test_the_key_is_the_one_of_the_service(name: str) -> None:
    spec = SDS_V2_1.file(name)
    assert spec
    assert [",".join(unique.columns) for unique in spec.unique] == [KEYS[name]]


@pytest.mark.parametrize("block", [20, 1 << 20])
@pytest.mark.parametrize(
    ("name", "severity"),
    [
        *((name, "Warning") for name in KEYS if name != "courses.csv"),
        ("courses.csv", "Error"),
    ],
)
def test_the_same_record_twice_is_found_with_its_key(name: str, severity: str, block: int) -> None:
    content = str(CLEAN_V2_1[name])
    second = content.splitlines()[1]
    validation = check_with_v2_1(name, content + second, block=block)
    last = content.count("\n") + 1
    assert [(each.type, each.rule, each.field, each.rows) for each in validation.findings] == [
        (severity, "duplicate", KEYS[name].replace(",", " + "), (last,))
    ]


@pytest.mark.parametrize(
    ("name", "header", "rows"),
    [
        ("roles.csv", ROLES, ["u1,N,student,09", "u1,S,student,09"]),
        ("roles.csv", ROLES, ["u1,N,student,09", "u1,N,teacher,09"]),
        ("roles.csv", ROLES, ["u1,N,student,09", "u1,N,student,10", "u1,N,student,"]),
        ("courses.csv", "sourcedId,orgSourcedId,title", ["m1,N,Maths", "m1,S,Maths"]),
        ("userFlags.csv", "userSourcedId,flag", ["u1,ell", "u1,iep", "u2,ell"]),
        ("relationships.csv", KEYS["relationships.csv"], ["u1,u2,parent", "u1,u2,guardian"]),
        ("enrollments.csv", KEYS["enrollments.csv"], ["c1,u1,student", "c1,u1,teacher"]),
    ],
)
@pytest.mark.parametrize("block", [20, 1 << 20])
def test_records_that_differ_in_one_part_of_their_key_are_different(
    name: str, header: str, rows: list[str], block: int
) -> None:
    assert duplicates(name, header, *rows, block=block) == ()


@pytest.mark.parametrize("block", [20, 1 << 20])
def test_a_blank_grade_is_a_value_of_the_key(block: int) -> None:
    rows = ["u1,N,student,", "u1,N,student,09", "u1,N,student, ", 'u1,N,student,""']
    assert duplicates("roles.csv", ROLES, *rows, block=block) == (4, 5)


def test_without_the_column_grade_the_key_has_three_columns() -> None:
    content = "userSourcedId,orgSourcedId,role\nu1,N,student\nu1,N,student\n"
    (finding,) = check_with_v2_1("roles.csv", content).findings
    assert (finding.field, finding.rows) == ("userSourcedId + orgSourcedId + role", (3,))


def test_a_role_without_a_user_is_missing_data_and_no_duplicate() -> None:
    content = f"{ROLES}\n,N,student,09\n,N,student,09\n"
    (finding,) = check_with_v2_1("roles.csv", content).findings
    assert finding.rule == "value-missing"


@pytest.mark.parametrize("block", [20, 1 << 20])
@pytest.mark.parametrize(
    ("first", "second", "is_same"),
    [
        ("student,09", "Student,9", True),
        ("student,09", "STUDENT,009", True),
        ("student,PS1", "student,ps1", True),
        ("student,0", "student,00", True),
        ("student,0", "student,", False),
        ("student,1", "student,10", False),
        ("student,K", "student,0K", False),
    ],
)
def test_codes_have_no_case_and_grades_no_leading_zeros(
    first: str, second: str, is_same: bool, block: int
) -> None:
    found = duplicates("roles.csv", ROLES, f"u1,N,{first}", f"u1,N,{second}", block=block)
    assert found == ((3,) if is_same else ())


def test_ids_in_a_key_are_compared_as_received() -> None:
    users = "sourcedId,username\nu1,a@b.example\nU1,b@b.example\n0u1,c@b.example\n"
    found = judged(
        SDS_V2_1,
        {
            "orgs.csv": b"sourcedId,name,type\nN,North,school\n",
            "users.csv": users.encode(),
            "roles.csv": f"{ROLES}\nu1,N,student,1\nU1,N,student,1\n0u1,N,student,1\n".encode(),
        },
        1 << 20,
    )
    assert found[0] == set()


def test_a_class_may_refer_to_a_course_of_two_schools() -> None:
    header = "sourcedId,orgSourcedId,title,courseSourcedId"
    content = f"{header}\nc1,N,Maths 1,m1\nc2,S,Maths 2,m1\nc3,S,Art,m9\n"
    courses = "sourcedId,orgSourcedId,title\nm1,N,Maths\nm1,S,Maths\n"
    files = {**CLEAN_V2_1, "classes.csv": content, "courses.csv": courses}
    encoded = {name: str(text).encode() for name, text in files.items()}
    for block in (20, 1 << 20):
        found, _ = judged(SDS_V2_1, encoded, block)
        assert found == {
            ("classes.csv", "reference-not-found", "courseSourcedId", "Warning", 1, (4,)),
        }


CELLS = {
    "user": st.sampled_from(["u1", "u2", "U1", ""]),
    "org": st.sampled_from(["N", "S"]),
    "role": st.sampled_from(["student", "Student", "teacher", "nonsense", "parent", ""]),
    "grade": st.sampled_from(["", " ", "1", "01", "001", "0", "00", "K", "k", "10"]),
    "flag": st.sampled_from(["ell", "ELL", "iep", " "]),
}
ROWS = {
    "roles.csv": (ROLES, ("user", "org", "role", "grade")),
    "courses.csv": ("sourcedId,orgSourcedId,title,grade", ("user", "org", "flag", "grade")),
    "userFlags.csv": ("userSourcedId,flag", ("user", "flag")),
    "relationships.csv": (KEYS["relationships.csv"], ("user", "user", "role")),
    "enrollments.csv": (KEYS["enrollments.csv"], ("org", "user", "role")),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ROWS)
@settings(deadline=None, max_examples=25)
@given(data=st.data(), block=st.sampled_from([7, 30, 1 << 20]))
def test_the_engine_agrees_with_the_oracle_on_generated_rows(
    name: str, data: st.DataObject, block: int
) -> None:
    header, kinds = ROWS[name]
    rows = data.draw(st.lists(st.tuples(*(CELLS[kind] for kind in kinds)), max_size=10))
    content = "\n".join([header, *(",".join(row) for row in rows)])
    spec = SDS_V2_1.file(name)
    assert spec
    referred = {each.to_file: CLEAN_V2_1[each.to_file] for each in spec.references}
    files = {**referred, name: content}
    encoded = {file: str(text).encode() for file, text in files.items()}
    assert judged(SDS_V2_1, encoded, block) == judge(SDS_V2_1, encoded)


def test_every_combination_of_a_role_is_a_record_of_its_own() -> None:
    rows = list(product(["u1", "u2"], ["N", "S"], ["student", "teacher"], ["", "01", "2", "K"]))
    written = [",".join(row) for row in rows]
    assert duplicates("roles.csv", ROLES, *written) == ()
    again = duplicates("roles.csv", ROLES, *written, *written)
    assert again == tuple(range(len(rows) + 2, 2 * len(rows) + 2))
