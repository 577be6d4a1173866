"""A file that is not CSV in its format has exactly one finding, which says what it is."""

import bz2
import gzip
import io
import lzma
import string
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from typing import ClassVar

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sync_core.cli.templates.templates import template_files
from sync_core.formats import FORMATS, FileSpec, Format, format_named
from sync_core.formats.rules import RULES
from sync_core.validation.engine import validate
from sync_core.validation.model import CsvFile
from sync_core.validation.other_headers import NO_COLUMN
from sync_core.validation.recognition import RECOGNITION_BYTES, RECOGNITION_RULES, recognise
from tests.unit.validation_kit import CLASSES, CLEAN, CLEAN_V2_1, csv_file

V1, V21 = format_named("sds-v1"), format_named("sds-v2.1")
STUDENT = "SIS ID,School SIS ID,Username\ns1,N,ann\ns2,N,bob\n"
ROWS = [line.split(",") for line in STUDENT.splitlines()]

Set = Mapping[str, str | bytes]


def zipped(*members: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for member in members:
            archive.writestr(member, STUDENT)
    return target.getvalue()


def tarred() -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        entry = tarfile.TarInfo("student.csv")
        entry.size = len(STUDENT)
        archive.addfile(entry, io.BytesIO(STUDENT.encode()))
    return target.getvalue()


def opendocument() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    return target.getvalue()


def boxed() -> str:
    edge = "+----+----+----+\n"
    header, *rows = ("| " + " | ".join(row) + " |\n" for row in ROWS)
    return f"{edge}{header}{edge}{''.join(rows)}{edge}2 rows in set (0.00 sec)\n"


def quoted(row: list[str]) -> str:
    return ",".join(f'""{value}""' for value in row)


def joined(separator: str, *, quoted: bool) -> str:
    mark = '"' if quoted else ""
    return "".join(separator.join(f"{mark}{value}{mark}" for value in row) + "\r\n" for row in ROWS)


def screen_output(dash: str, between: str) -> str:
    header, *rows = ROWS
    dashes = dash * 2 + between.join(dash * len(name) for name in header)
    lines = [" ".join(header), dashes, *(" ".join(row) for row in rows), "", "(2 rows affected)"]
    return "\r\n".join(lines)


PAGE = "<html><head><title>Sign in</title></head><body>Sign in</body></html>"

NOT_CSV: dict[str, tuple[str, str | bytes]] = {
    "a workbook": ("workbook", zipped("[Content_Types].xml", "xl/workbook.xml")),
    "a workbook of another writer": ("workbook", zipped("xl/worksheets/sheet1.xml", "_rels/.rels")),
    "an old workbook": ("workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)),
    "a zip": ("compressed", zipped("student.csv")),
    "an empty zip": ("compressed", zipped()),
    "gzip": ("compressed", gzip.compress(STUDENT.encode())),
    "bzip2": ("compressed", bz2.compress(STUDENT.encode())),
    "xz": ("compressed", lzma.compress(STUDENT.encode())),
    "tar": ("compressed", tarred()),
    "7-Zip": ("compressed", b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(40)),
    "RAR": ("compressed", b"Rar!\x1a\x07\x01\x00" + bytes(40)),
    "PDF": ("pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"),
    "a web page": ("markup", "<!DOCTYPE html>\n" + PAGE),
    "a web page below blank lines": ("markup", "\r\n\r\n  " + PAGE.upper()),
    "a web page with a mark": ("markup", b"\xef\xbb\xbf" + PAGE.encode()),
    "a web page as XML": ("markup", '<?xml version="1.0"?>\n' + PAGE),
    "XML": ("markup", '<?xml version="1.0"?><students><student id="s1"/></students>'),
    "XML without a head": ("markup", "<students>\n<student/>\n</students>"),
    "JSON rows": ("markup", '[\n  {"SIS ID": "s1"}\n]'),
    "JSON": ("markup", '{"error": "expired"}'),
    "UTF-16": ("utf-16", STUDENT.encode("utf-16")),
    "UTF-16 without a mark": ("utf-16", STUDENT.encode("utf-16-be")),
    "NUL characters": ("not-text", bytes(4096)),
    "only carriage returns below a blank line": ("header-not-found", b"\n\r\r"),
    "a blank line that ends with CR CR LF": ("line-above-header", "\r\n\r\r\n" + STUDENT),
    "CR CR LF": ("line-ends-doubled", STUDENT.replace("\n", "\r\r\n")),
    "a sep line": ("sep-line", "sep=,\r\n" + STUDENT),
    "a quoted sep line": ("sep-line", '"sep=;"\r\n' + joined(";", quoted=False)),
    "a type line": ("type-line", "#TYPE System.Data.DataRow\r\n" + joined(",", quoted=True)),
    "a quoted type line": ("type-line", '"#TYPE Selected.Pupil"\n' + joined(";", quoted=True)),
    "sqlcmd": ("print-out", screen_output("-", " ")),
    "psql": ("print-out", screen_output("-", "-+-")),
    "sqlcmd with commas": ("print-out", STUDENT.replace("\n", "\n------,-------------,----\n", 1)),
    "a comment": ("line-above-header", "# exported 2026-11-20\n" + STUDENT),
    "a comment above semicolons": (
        "line-above-header",
        "# exported 2026-11-20\n" + joined(";", quoted=False),
    ),
    "a comment above a header that lacks a column": (
        "line-above-header",
        "// pupils, all\nSIS ID,School SIS ID\ns1,N\n",
    ),
    "a title and a date": ("line-above-header", "Pupils,,\n20/11/2026,,\n\n" + STUDENT),
    "an OpenDocument spreadsheet": ("workbook", opendocument()),
    "a Numbers spreadsheet": ("workbook", zipped("Index/Document.iwa", "Index/Tables/x.iwa")),
    "LZ4": ("compressed", b"\x04\x22\x4d\x18" + bytes(range(256))),
    "a cabinet": ("compressed", b"MSCF\0\0\0\0" + bytes(range(256))),
    "a .Z archive": ("compressed", b"\x1f\x9d\x90" + bytes(range(256))),
    "part of a web page": ("markup", "<table><tr><td>SIS ID</td></tr></table>"),
    "a picture": ("not-text", b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)) * 20),
    "a database": ("not-text", b"SQLite format 3\0" + bytes(range(256)) * 20),
    "a Parquet file": ("not-text", b"PAR1" + bytes(range(256)) * 20),
    "a program": ("not-text", b"MZ\x90\x00\x03" + bytes(range(256)) * 20),
    "an encrypted file": ("not-text", b"\x85\x01\x0c\x03" + bytes(range(255, 0, -1)) * 20),
    "MySQL": ("print-out", boxed()),
    "sqlcmd below a message": (
        "print-out",
        "Changed database context to 'SIS'.\r\n" + screen_output("-", " "),
    ),
    "lines in quotes": ("line-quoted", "".join(f'"{line}"\n' for line in STUDENT.splitlines())),
    "CSV in CSV": ("line-quoted", "".join(f'"{quoted(row)}"\n' for row in ROWS)),
    "lines with semicolons in quotes": (
        "separator",
        "".join(f'"{";".join(row)}"\n' for row in ROWS),
    ),
    "no header": ("header-not-found", STUDENT.partition("\n")[2]),
    "a header in other words": (
        "header-not-found",
        "Schüler-Nr,Schul-Nr,Anmeldename\ns1,N,ann\ns2,N,bob\n",
    ),
    "the header of another file": (
        "header-not-found",
        "SIS ID,School SIS ID,Section Name\nc1,N,Maths\n",
    ),
    "an error message": ("header-not-found", "ERROR: permission denied for table students\n"),
    "a proxy's answer": ("header-not-found", "HTTP/1.1 502 Bad Gateway\r\n\r\n" + PAGE),
    "an encrypted message": (
        "header-not-found",
        "-----BEGIN PGP MESSAGE-----\n\nhQEMA3\n-----END PGP MESSAGE-----\n",
    ),
    "a pointer": ("header-not-found", "version https://git-lfs.github.com/spec/v1\nsize 123\n"),
    "a list": (
        "header-not-found",
        "\r\nSIS ID        : s1\r\nSchool SIS ID : N\r\n\r\nSIS ID        : s2\r\n",
    ),
    "a line of spaces above the header": ("line-above-header", "  \r\n" + STUDENT),
    "many lines above the header": ("header-not-found", "Report\n" * 11 + STUDENT),
    "JSON numbers": ("header-not-found", "[1,2,3]"),
    "white space": ("header-not-found", " \r\n\t\r\n"),
    "EBCDIC": ("header-not-found", STUDENT.replace("\n", "\r\n").encode("cp500")),
    "CR, and no header": ("header-not-found", STUDENT.partition("\n")[2].replace("\n", "\r")),
    "CR": ("line-ends", STUDENT.replace("\n", "\r")),
    **{
        f"{name}{' in quotes' if quoted else ''}": ("separator", joined(separator, quoted=quoted))
        for separator, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars"))
        for quoted in (False, True)
    },
}


def found(
    fmt_files: Set, *, others: Set | None = None, fmt: str = "sds-v1"
) -> list[tuple[str, str]]:
    """The file name and the rule of every finding."""
    files = [csv_file(name, content) for name, content in fmt_files.items()]
    beside = [csv_file(name, content) for name, content in (others or {}).items()]
    findings = validate(format_named(fmt), files, others=beside).findings
    return [(finding.file_name, finding.rule) for finding in findings]


@pytest.mark.parametrize("kind", NOT_CSV)
def test_a_file_that_is_not_csv_has_one_finding_and_references_into_it_have_none(kind: str) -> None:
    rule, content = NOT_CSV[kind]
    assert found({**CLEAN, **CLASSES, "student.csv": content}) == [("student.csv", rule)]


@pytest.mark.parametrize("kind", NOT_CSV)
def test_recognition_does_not_depend_on_the_block_size(kind: str) -> None:
    rule, content = NOT_CSV[kind]
    data = content.encode() if isinstance(content, str) else content
    small = validate(V1, [csv_file("student.csv", data, block=7)], block_size=16)
    assert rule in [finding.rule for finding in small.findings]


def test_every_recognition_rule_has_an_example() -> None:
    broken = {rule for rule, _ in NOT_CSV.values()}
    foreign = {"oneroster", "clever", "sds-v2", "other-format"}
    assert (broken - {"line-ends"}) | foreign == RECOGNITION_RULES
    assert set(RULES) >= RECOGNITION_RULES


def test_the_description_names_what_the_file_is() -> None:
    (finding,) = (
        one
        for one in validate(V1, [csv_file("student.csv", joined(";", quoted=True))]).findings
        if one.rule == "separator"
    )
    assert finding.description == "Fields are separated by semicolons, not commas"
    assert finding.rows == (1,)


@given(st.sampled_from(string.punctuation + "\t \x1f§¦"), st.sampled_from(V1.files + V21.files))
def test_export_csv_with_any_delimiter_is_recognised(separator: str, spec: FileSpec) -> None:
    assume(separator not in ',"_')
    fmt = V1 if spec in V1.files else V21
    header = separator.join(f'"{column.name}"' for column in spec.columns)
    recognised = recognise(f"{header}\r\n".encode(), fmt, spec.name)
    assert recognised is not None
    assert recognised.rule == "separator"
    assert separator.isspace() or separator not in recognised.hint
    typed = recognise(f"#TYPE System.Object\r\n{header}\r\n".encode(), fmt, spec.name)
    assert typed is not None
    assert typed.rule == "type-line"
    assert typed.hint == f", and fields are separated by {recognised.hint}, not commas"


@pytest.mark.parametrize(
    "content",
    [
        STUDENT,
        "\n\n" + STUDENT,
        "\ufeff" + STUDENT,
        STUDENT.replace("\n", "\r\n"),
        'SIS ID,School SIS ID,Username\n"s;1",N,"a|b\tc"\n',
        "SIS ID,School SIS ID,Username\n---,N,ann\n",
        "SIS ID,School SIS ID,Username\n",
    ],
)
def test_valid_csv_is_not_mistaken_for_something_else(content: str) -> None:
    assert recognise(content.encode(), V1, "student.csv") is None


@pytest.mark.parametrize("fmt", FORMATS.values(), ids=FORMATS)
def test_the_header_of_a_format_is_never_taken_for_another_format(fmt: object) -> None:
    own = format_named(str(getattr(fmt, "name", "")))
    for name, header in template_files(own).items():
        assert recognise(header.encode(), own, name) is None


@given(st.lists(st.text(max_size=12), min_size=1, max_size=6))
def test_the_hint_never_quotes_the_file(values: list[str]) -> None:
    start = (",".join(values) + "\n").encode(errors="replace")[:RECOGNITION_BYTES]
    recognised = recognise(start, V1, "student.csv")
    hints = {"", "JSON", "XML", "a web page", "semicolons", "tabs", "vertical bars"}
    assert (
        recognised is None
        or recognised.hint in hints | {f"line {line}" for line in range(11)}
        or recognised.hint == NO_COLUMN
        or (recognised.rule in {"compressed", "workbook", "pdf", "not-text"})
    )


class TestOtherFormats:
    ONEROSTER: ClassVar[Set] = {
        "orgs.csv": "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n"
        "N,active,2026-11-20,North,school,,\n",
        "enrollments.csv": "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,"
        "userSourcedId,role,primary,beginDate,endDate\ne1,,,c1,N,s1,student,,,\n",
        "classes.csv": "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,"
        "classType,location,schoolSourcedId\nc1,,,Maths,,,,,,N\n",
    }
    USERS_1_1 = (
        "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username\n"
        "s1,,,true,N,student,ann\n"
    )
    USERS_1_2 = (
        "sourcedId,status,dateLastModified,enabledUser,username,userMasterIdentifier,"
        "primaryOrgSourcedId\ns1,,,true,ann,,N\n"
    )
    ROLES_1_2 = (
        "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,"
        "orgSourcedId\nr1,,,s1,primary,student,,,N\n"
    )
    MANIFEST = "propertyName,value\nmanifest.version,1.0\nfile.orgs,delta\n"

    @pytest.mark.parametrize(
        "more",
        [
            {"users.csv": USERS_1_1},
            {"users.csv": USERS_1_2, "roles.csv": ROLES_1_2},
            {"users.csv": USERS_1_2},
        ],
    )
    def test_each_file_of_a_oneroster_set_has_exactly_one_finding(self, more: Set) -> None:
        files = {**self.ONEROSTER, **more}
        recognised = found(files, others={"manifest.csv": self.MANIFEST}, fmt="sds-v2.1")
        assert sorted(recognised) == sorted(
            (name, "oneroster") for name in [*files, "manifest.csv"]
        )

    def test_the_version_of_oneroster_is_recognised(self) -> None:
        for header, version in ((self.USERS_1_1, "1.1"), (self.USERS_1_2, "1.2")):
            recognised = recognise(header.encode(), V21, "users.csv")
            assert recognised is not None
            assert recognised.hint == f"OneRoster {version}"

    @pytest.mark.parametrize("separator", [";", "\t", "|"])
    def test_oneroster_with_another_separator_is_still_oneroster(self, separator: str) -> None:
        files = {**self.ONEROSTER, "users.csv": self.USERS_1_1}
        separated = {name: str(text).replace(",", separator) for name, text in files.items()}
        assert {rule for _, rule in found(separated, fmt="sds-v2.1")} == {"oneroster"}

    def test_users_of_oneroster_in_another_order_are_not_taken_for_sds_v2(self) -> None:
        header = "status,enabledUser,sourcedId,username,orgSourcedIds,role,dateLastModified\n"
        recognised = recognise(header.encode(), V21, "users.csv")
        assert recognised is not None
        assert recognised.rule == "oneroster"

    def test_an_sds_file_with_extra_oneroster_columns_is_still_sds(self) -> None:
        header = "sourcedId,name,type,parentSourcedId,status,dateLastModified\n"
        assert recognise(header.encode(), V21, "orgs.csv") is None

    def test_clever_is_recognised_even_if_only_one_file_name_is_known(self) -> None:
        recognised = found(
            {"enrollments.csv": "School_id,Student_id,Section_id\nN,s1,c1\n"},
            others={
                "schools.csv": "School_id,School_name\nN,North\n",
                "students.csv": "School_id,Student_id,Last_name\nN,s1,Alder\n",
                "readme.txt": "Hello",
            },
            fmt="sds-v2.1",
        )
        assert sorted(recognised) == [
            ("enrollments.csv", "clever"),
            ("schools.csv", "clever"),
            ("students.csv", "clever"),
        ]

    def test_sds_v2_is_recognised_by_its_users_file(self) -> None:
        files = {
            "orgs.csv": "sourcedId,name,type\nN,North,school\n",
            "users.csv": "sourcedId,orgSourcedIds,username,role\ns1,N,a@x.example,student\n",
        }
        assert found(files, fmt="sds-v2.1") == [("users.csv", "sds-v2")]
        with_roles = {
            **files,
            "roles.csv": "userSourcedId,orgSourcedId,role\ns1,N,student\n",
        }
        assert ("users.csv", "sds-v2") not in found(with_roles, fmt="sds-v2.1")

    def test_sds_v1_and_its_uk_variant_are_distinguished(self) -> None:
        for other, own in ((format_named("sds-v1-uk"), V1), (V1, format_named("sds-v1-uk"))):
            recognised = recognise(template_files(other)["school.csv"].encode(), own, "school.csv")
            assert recognised is not None
            assert (recognised.rule, recognised.hint) == ("other-format", other.title)

    def test_a_stray_file_of_another_format_beside_a_whole_set_is_ignored(self) -> None:
        others = {
            "manifest.csv": self.MANIFEST,
            "orgs.csv": "sourcedId,name,type\nN,North,school\n",
            "staff.csv": "School_id,Staff_id\nN,t1\n",
        }
        assert found({**CLEAN, **CLASSES}, others=others) == []

    def test_it_is_named_if_a_file_of_the_set_is_missing(self) -> None:
        files = {name: text for name, text in CLEAN.items() if name != "student.csv"}
        others = {"students.csv": "School_id,Student_id,Last_name\nN,s1,Alder\n"}
        assert found(files, others=others) == [("students.csv", "clever")]

    def test_its_name_is_on_one_line_and_shows_its_marks(self) -> None:
        others = {"us\n\u202e\x1b[31mers.csv": self.USERS_1_1}
        ((name, rule),) = found({}, others=others, fmt="sds-v2.1")
        assert (name, rule) == ("us\\n\\u202e\\x1b[31mers.csv", "oneroster")


@pytest.mark.parametrize("fmt", [V1, V21], ids=["sds-v1", "sds-v2.1"])
def test_the_header_of_another_file_is_named(fmt: Format) -> None:
    headers = {
        spec.name: ",".join(column.name for column in spec.columns if column.required)
        for spec in fmt.files
    }
    for spec in fmt.files:
        own = {column.name for column in spec.columns if column.required}
        for name, header in headers.items():
            if own <= set(header.split(",")) or "," not in header:
                continue
            recognised = recognise(f"{header}\n".encode(), fmt, spec.name)
            assert recognised is not None, (spec.name, name)
            assert recognised.rule == "header-not-found"
            assert headers.get(recognised.hint.rpartition(" ")[2]) == header, (spec.name, name)


@pytest.mark.parametrize("fmt", FORMATS.values(), ids=FORMATS)
def test_every_file_without_a_header_is_recognised(fmt: Format) -> None:
    sets = {"sds-v1": {**CLEAN, **CLASSES}, "sds-v2.1": CLEAN_V2_1}
    for name, content in sets.get(fmt.name, {}).items():
        rows = str(content).partition("\n")[2]
        recognised = recognise(rows.encode(), fmt, name)
        assert recognised is not None, name
        assert recognised.rule == "header-not-found"


def test_a_file_of_another_format_under_a_name_of_this_one_names_its_format() -> None:
    recognised = recognise(STUDENT.encode(), V21, "users.csv")
    assert recognised is not None
    assert (recognised.rule, recognised.hint) == ("other-format", "SDS V1")


@pytest.mark.parametrize("fmt", FORMATS.values(), ids=FORMATS)
def test_a_header_that_lacks_any_one_required_column_is_still_its_own(fmt: Format) -> None:
    for spec in fmt.files:
        names = [column.name for column in spec.columns]
        for left_out in names if len(names) > 2 else []:
            header = ",".join(name for name in names if name != left_out)
            assert recognise(f"{header}\n".encode(), fmt, spec.name) is None


def test_only_the_start_of_a_file_outside_the_format_is_read() -> None:
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield bytes(1 << 16)

    files = [csv_file(name, content) for name, content in CLEAN.items()]
    validate(V1, files, others=[CsvFile("notes.bin", endless)])
    assert read <= 2
