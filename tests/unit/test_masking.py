"""A message of the service keeps its wording and its names, and loses whatever may be a cell."""

import time
from string import Formatter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_core.formats import FORMATS
from sync_core.model.masking import MASK, NOT_SHOWN, kept, kept_code, kept_role, masked, names_of
from sync_core.model.masking.known import CODES, WORDINGS, Wording
from sync_core.model.messages import Finding, VerificationMessage, severity

V1, V21 = names_of("sds-v1"), names_of("sds-v2.1")
CANARY = "Zqxcanary"
CELL = st.builds(
    "{}{}{}".format, st.just(CANARY), st.text(max_size=30), st.just(CANARY)
) | st.builds(
    # Cells that hold pieces of the wordings themselves.
    " ".join,
    st.lists(
        st.sampled_from([CANARY, *(piece for one in WORDINGS for piece in one.text.split())]),
        min_size=1,
        max_size=8,
    ).map(lambda words: [CANARY, *words]),
)
GRADE = "The value {} in {} for {} isn{}t found in {}. Correct source system"
NOT_THERE = (
    "Unable to find {} in the path: {}. Please check the path of {} to ensure {} exists or the name"
    " of the file is {} and rerun sync."
)
UNMATCHED = (
    "{0} cannot be updated as no matching entry in Active Directory was found for {0}.  Verify the"
    " identity matching criteria for the profile."
)
SLOTS = {slot for one in WORDINGS for _, slot, *_ in Formatter().parse(one.text) if slot}


def said(
    text: str, *, kind: str = "Error", file: str = "student.csv", code: str | None = None
) -> VerificationMessage:
    return VerificationMessage(type=kind, file_name=file, description=text, code=code)


def told(text: str, **fields: str) -> str:
    return masked(said(text, **fields), V1).description


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            GRADE.format(6, "GradeLevelCode", "3110_10", "'", "RefGradeLevel") + ".",
            GRADE.format(MASK, "GradeLevelCode", MASK, "'", "RefGradeLevel") + ".",
        ),
        (
            GRADE.format(6, "Grade", "ann", "\u2019", "RefSecret"),
            GRADE.format(MASK, "Grade", MASK, "'", MASK),
        ),
        (
            "5 row(s) have missing data for the field - Nickname of Ann",
            "5 row(s) have missing data for the field - …",
        ),
        (
            "When trying to validate required file ann.csv encountered AnnBell error.",
            "When trying to validate required file … encountered … error.",
        ),
        (
            "There was an application error when trying to process: ann",
            "There was an application error when trying to process: …",
        ),
        (
            "The operation has been canceled with the message: ann.",
            "The operation has been canceled with the message: ….",
        ),
        (
            NOT_THERE.format("Student.csv", "/x/ann", "Ann", "student.csv", "ann.csv"),
            NOT_THERE.format("student.csv", MASK, MASK, "student.csv", MASK),
        ),
        (UNMATCHED.format("Ann"), UNMATCHED.format(MASK)),
    ],
)
def test_a_known_text_keeps_its_wording_and_loses_what_may_be_a_cell(
    text: str, expected: str
) -> None:
    assert told(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "5 row(s) have missing data for the field - SIS ID",
        "5 row(s) have an invalid format for the field - SIS ID",
        "3 duplicates found in column Username which requires values to be Unique.",
        "125 row(s) have referenced data not found in source. Field - Section SIS ID",
        UNMATCHED.format("Student"),
        "One or more of the files found below don't match the expected format",
    ],
)
def test_a_documented_text_that_holds_no_cell_is_reported_as_it_is(text: str) -> None:
    assert told(text) == text


@pytest.mark.parametrize(("kind", "doing"), [("Required", "required file"), ("Optional", "file")])
def test_the_documented_sample_of_industry_data_is_reported_as_it_is(kind: str, doing: str) -> None:
    code = f"{kind}FileNotFound"
    text = f"When trying to validate {doing} orgs.csv encountered {code} error."
    message = said(text, file="orgs.csv", code=code)
    assert masked(message, V21) == message


@pytest.mark.parametrize("text", ["Ann Bell", "row(s) have missing data", "5 row(s) have ann"])
def test_an_unknown_text_is_not_shown(text: str) -> None:
    assert told(text) == NOT_SHOWN


def test_a_message_without_a_text_has_none_to_look_up() -> None:
    assert told("") == ""


@pytest.mark.parametrize(
    ("file", "expected"),
    [("student.csv", "student.csv"), ("STUDENT.csv", "student.csv"), ("", ""), ("ann", MASK)],
)
def test_a_file_is_named_only_where_the_format_has_it(file: str, expected: str) -> None:
    assert masked(said("x", file=file), V1).file_name == expected


def test_each_format_has_its_own_files_and_columns() -> None:
    text = "5 row(s) have missing data for the field - sourcedId"
    assert masked(said(text), V21).description == text
    assert MASK in told(text)
    assert masked(said(text, file="orgs.csv"), V1).file_name == MASK
    assert masked(said(text), names_of("of-a-later-version")).file_name == MASK
    for known in FORMATS.values():
        for spec in known.files:
            assert masked(said("x", file=spec.name.upper()), names_of(known.name)).file_name == (
                spec.name
            )


@pytest.mark.parametrize("kind", ["Error", "warning", "INFORMATION"])
def test_a_documented_type_stays_and_any_other_is_masked_and_still_an_error(kind: str) -> None:
    assert masked(said("x", kind=kind), V1).type == kind
    other = masked(said("x", kind=f"{kind} of Ann"), V1)
    assert (other.type, severity(other)) == (MASK, "error")


@pytest.mark.parametrize(
    ("code", "expected"),
    [("RequiredFileNotFound", "RequiredFileNotFound"), ("AnnBell", MASK), (None, None), ("", "")],
)
def test_a_code_stays_only_where_it_is_documented(code: str | None, expected: str | None) -> None:
    assert masked(said("x", code=code), V1).code == expected


def test_words_codes_and_roles_stay_only_where_they_are_documented() -> None:
    assert [kept(word, {"a"}) for word in ("a", "b", "")] == ["a", MASK, ""]
    assert [kept_code(code) for code in ("BadRequest", "None", "Ann")] == [
        "BadRequest",
        "None",
        MASK,
    ]
    assert [kept_role(role) for role in ("student", "Teacher", "Ann")] == [
        "student",
        "Teacher",
        MASK,
    ]
    assert not {code for code in CODES if " " in code}


def test_a_finding_of_our_own_is_reported_as_it_is() -> None:
    finding = Finding(type="Error", file_name="odd.csv", description="Column 3 is odd.", rule="r")
    assert masked(finding, V1) is finding


@pytest.mark.parametrize(
    ("count", "expected"),
    [("7", "7"), ("999999999", "999999999"), ("1234567890", MASK), ("١٢", MASK), ("-1", MASK)],
)
def test_a_count_is_a_short_number_in_ascii_digits(count: str, expected: str) -> None:
    rest = " row(s) have missing data for the field - SIS ID"
    assert told(count + rest) == expected + rest


def with_cells(wording: Wording) -> st.SearchStrategy[str]:
    """A wording with a cell in each of its slots."""
    cells = st.fixed_dictionaries(dict.fromkeys(_slots(wording), CELL))
    return cells.map(lambda found: wording.text.format(**found))


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(st.sampled_from(WORDINGS).flatmap(with_cells), CELL, st.sampled_from([".", ""]))
def test_no_cell_is_reported_in_whatever_part_or_field_it_is(
    text: str, cell: str, stop: str
) -> None:
    for names in (V1, V21):
        found = masked(said(text + stop, kind=cell, file=cell, code=cell), names)
        assert CANARY not in str(found)


@pytest.mark.parametrize("wording", WORDINGS, ids=lambda wording: wording.text[:40])
def test_every_wording_is_found_again(wording: Wording) -> None:
    plain = wording.text.format(**dict.fromkeys(SLOTS, CANARY))
    assert told(plain) == wording.text.format(**dict.fromkeys(SLOTS, MASK))
    assert wording.source


@given(st.text(), CELL, st.text())
def test_no_cell_of_an_unknown_text_is_reported(before: str, cell: str, after: str) -> None:
    assert CANARY not in told(f"{before}{cell}{after}")


@pytest.mark.parametrize("wording", WORDINGS, ids=lambda wording: wording.text[:40])
def test_a_text_of_a_megabyte_takes_linear_time(wording: Wording) -> None:
    """Every way of repeating a wording's own parts, which is what a search could go back over."""
    fixed = [literal for literal, *_ in Formatter().parse(wording.text)]
    inner = "".join(literal or " " for literal in fixed)
    hostile = [
        fixed[0] + part * (1_000_000 // len(part)) + end
        for part in (inner, " in ", *filter(None, fixed), "a", " ")
        for end in ("", fixed[-1])
    ]
    began = time.process_time()
    for text in hostile:
        told(text)
    each = (time.process_time() - began) / len(hostile)
    # 1 MB takes some milliseconds; a search that goes back takes minutes at the least.
    assert each < 0.25


def _slots(wording: Wording) -> list[str]:
    return [slot for _, slot, *_ in Formatter().parse(wording.text) if slot]
