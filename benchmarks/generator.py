"""Rosters of invented schools in three sizes, clean or with faults on known lines.

Deterministic: the same size and seed give the same bytes. Files are written in pieces, so that a
state of six million pupils needs no more memory than a town.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from benchmarks.faults import Injected, with_faults
from sync_core.formats import Format
from sync_core.formats.sds_v1 import SDS_V1
from sync_core.formats.sds_v2_1 import SDS_V2_1

PIECE = 20_000
ENROLLMENTS_A_PUPIL = 10
PUPILS_A_SCHOOL = 500
PUPILS_A_SECTION = 25
PUPILS_A_TEACHER = 17

SIZES = {"S": 10_000, "L": 1_000_000, "XL": 6_000_000}
"""Numbers of pupils: a town, a city, a state."""

FIRST = ("Amber", "Basil", "Clover", "Émile", "Fern", "Günther", "Hazel", "Ivo", "Jo Ann", "Kai")
LAST = ("Samplewood", "Mockingham", "Testerfield", "O'Example", "Ørsted", "Nowak", "de la Prueba")


@dataclass(frozen=True)
class Roster:
    """A set with this number of pupils, and schools, teachers and sections to match."""

    pupils: int
    seed: int = 1

    @property
    def schools(self) -> int:
        return max(2, self.pupils // PUPILS_A_SCHOOL)

    @property
    def sections(self) -> int:
        return max(4, self.pupils // PUPILS_A_SECTION)

    @property
    def teachers(self) -> int:
        return max(3, self.pupils // PUPILS_A_TEACHER)

    def student_id(self, number: int) -> str:
        """A pupil's id. Three of ten pupils have a GUID, as from another system."""
        if number % 10 < 3:
            mixed = (number * 0x9E3779B97F4A7C15F39CC0605CEDC835) & ((1 << 128) - 1)
            text = f"{mixed:032x}"
            return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
        return f"s{number:09d}"

    def section_id(self, number: int) -> str:
        return f"{number % self.schools:05d}-c{number:08d}"

    def enrolled(self) -> Iterator[tuple[str, str]]:
        """Pairs of section and pupil in random order: each pupil in ten sections, no pair twice."""
        total, at = self.pupils * ENROLLMENTS_A_PUPIL, self.seed
        step = next(step for step in range(total * 5 // 8, total) if math.gcd(step, total) == 1)
        for _ in range(total):
            at = (at + step) % total
            pupil, place = divmod(at, ENROLLMENTS_A_PUPIL)
            section = (pupil // PUPILS_A_SECTION * 7 + place * self.sections // 10) % self.sections
            yield self.section_id(section), self.student_id(pupil)


@dataclass(frozen=True)
class RosterV1(Roster):
    """The eight files of SDS V1."""

    format: ClassVar[Format] = SDS_V1

    def files(self) -> dict[str, Callable[[], Iterator[str]]]:
        """Each file's lines, the header first."""
        return {
            "school.csv": self._school_lines,
            "student.csv": self._student_lines,
            "teacher.csv": self._teacher_lines,
            "section.csv": self._section_lines,
            "studentenrollment.csv": self._enrollment_lines,
            "teacherroster.csv": self._roster_lines,
            "user.csv": self._guardian_lines,
            "guardianrelationship.csv": self._relationship_lines,
        }

    def _school_lines(self) -> Iterator[str]:
        yield "SIS ID,Name,School Number,Grade Low,Grade High,Address,City,Zip,Phone"
        for number in range(self.schools):
            address = f'"{number} Invented Way, Suite {number % 9}"'
            yield (
                f"{number:05d},School {number} of Nowhere,{number},9,12,{address},Falls,"
                f"{number % 99999:05d},555-0100"
            )

    def _student_lines(self) -> Iterator[str]:
        yield (
            "SIS ID,School SIS ID,First Name,Last Name,Username,Password,State ID,Secondary Email,"
            "Student Number,Middle Name,Grade,Status,Birthdate,Graduation Year,"
            "Mailing Address,Mailing City,Mailing Zip"
        )
        for number in range(self.pupils):
            school = number % self.schools
            first, last = FIRST[number % 10], LAST[number % 7]
            user = f"{first[0]}{last[:4]}{number}".lower().replace("'", "").replace(" ", "")
            mail = f"{user}@home.example" if number % 3 == 0 else ""
            address = f"{number % 977} Imagined Road"
            if number % 11 == 0:
                address = f'"{address}, Flat {number % 13}"'
            yield (
                f"{self.student_id(number)},{school:05d},{first},{last},{user},Pw-{number:07d},"
                f"{number},{mail},{number},,{number % 4 + 9:02d},Active,"
                f"20{number % 9 + 8:02d}-{number % 12 + 1:02d}-{number % 28 + 1:02d},"
                f"{2027 + number % 4},{address},Nowhere Falls,{number % 99999:05d}"
            )

    def _teacher_lines(self) -> Iterator[str]:
        yield "SIS ID,School SIS ID,First Name,Last Name,Username,Secondary Email,Title"
        for number in range(self.teachers):
            last = LAST[number % 7]
            yield (
                f"t{number:07d},{number % self.schools:05d},{FIRST[number % 10]},{last},"
                f"teacher{number},teacher{number}@staff.example,"
            )

    def _section_lines(self) -> Iterator[str]:
        yield (
            "SIS ID,School SIS ID,Section Name,Section Number,Term SIS ID,Term Name,"
            "Term StartDate,Term EndDate,Course SIS ID,Course Name"
        )
        for number in range(self.sections):
            yield (
                f"{self.section_id(number)},{number % self.schools:05d},Class {number},{number},"
                f"2627,Year 2026-27,2026-08-24,2027-06-11,{number % 400},Course {number % 400}"
            )

    def _enrollment_lines(self) -> Iterator[str]:
        yield "Section SIS ID,SIS ID"
        for section, pupil in self.enrolled():
            yield f"{section},{pupil}"

    def _roster_lines(self) -> Iterator[str]:
        yield "Section SIS ID,SIS ID"
        for number in range(self.sections):
            yield f"{self.section_id(number)},t{number * 31 % self.teachers:07d}"

    def _guardian_lines(self) -> Iterator[str]:
        yield "Email,First Name,Last Name,Phone,SIS ID"
        for number in range(0, self.pupils, 20):
            yield f"guardian{number}@home.example,Pat,{LAST[number % 7]},+1555{number:07d},"

    def _relationship_lines(self) -> Iterator[str]:
        yield "SIS ID,Email,Role"
        for number in range(0, self.pupils, 20):
            yield f"{self.student_id(number)},guardian{number}@home.example,Parent"


@dataclass(frozen=True)
class RosterV21(Roster):
    """The ten files of SDS V2.1."""

    format: ClassVar[Format] = SDS_V2_1

    def files(self) -> dict[str, Callable[[], Iterator[str]]]:
        """Each file's lines, the header first."""
        return {
            "orgs.csv": self._org_lines,
            "academicSessions.csv": self._session_lines,
            "users.csv": self._user_lines,
            "roles.csv": self._role_lines,
            "courses.csv": self._course_lines,
            "classes.csv": self._class_lines,
            "enrollments.csv": self._enrollment_lines,
            "demographics.csv": self._demographic_lines,
            "userFlags.csv": self._flag_lines,
            "relationships.csv": self._relationship_lines,
        }

    def _org_lines(self) -> Iterator[str]:
        yield "sourcedId,name,type,parentSourcedId"
        yield "D,District of Nowhere,district,"
        for number in range(self.schools):
            yield f"{number:05d},School {number},school,D"

    def _session_lines(self) -> Iterator[str]:
        yield "sourcedId,title,type,schoolYear,startDate,endDate"
        yield "Y27,Year 2026-27,schoolYear,2026,2026-08-24,2027-06-11"
        for number in range(1, 400):
            yield f"T{number},Term {number},term,2026,2026-08-24,2026-12-18"

    def _user_lines(self) -> Iterator[str]:
        yield "sourcedId,username,givenName,familyName,email,phone,sms"
        for number in range(self.pupils):
            first, last = FIRST[number % 10], LAST[number % 7]
            mail = f"pupil{number}@home.example" if number % 3 == 0 else ""
            phone = f"+1555{number:07d}" if number % 5 == 0 else ""
            name = f"pupil{number}@school.example"
            yield f"{self.student_id(number)},{name},{first},{last},{mail},{phone},"

    def _role_lines(self) -> Iterator[str]:
        yield "userSourcedId,orgSourcedId,role,sessionSourcedId,grade,isPrimary,roleStartDate"
        for number in range(self.pupils):
            school = number % self.schools
            yield f"{self.student_id(number)},{school:05d},student,Y27,09,true,2026-08-24"

    def _course_lines(self) -> Iterator[str]:
        yield "sourcedId,orgSourcedId,title,code,schoolYearSourcedId"
        for number in range(400):
            yield f"K{number},00000,Course {number},{number},Y27"

    def _class_lines(self) -> Iterator[str]:
        yield "sourcedId,orgSourcedId,title,sessionSourcedIds,courseSourcedId"
        for number in range(self.sections):
            school = number % self.schools
            yield f'{self.section_id(number)},{school:05d},Class {number},"Y27,T1",K{number % 400}'

    def _enrollment_lines(self) -> Iterator[str]:
        yield "classSourcedId,userSourcedId,role"
        for section, pupil in self.enrolled():
            yield f"{section},{pupil},student"

    def _demographic_lines(self) -> Iterator[str]:
        yield "userSourcedId,sex,birthDate,birthCity"
        for number in range(0, self.pupils, 3):
            yield f"{self.student_id(number)},female,2011-0{number % 9 + 1}-15,Nowhere Falls"

    def _flag_lines(self) -> Iterator[str]:
        yield "userSourcedId,flag"
        for number in range(0, self.pupils, 7):
            yield f"{self.student_id(number)},iep"

    def _relationship_lines(self) -> Iterator[str]:
        yield "userSourcedId,relationshipUserSourcedId,relationshipRole"
        for number in range(0, self.pupils - 1, 9):
            yield f"{self.student_id(number)},{self.student_id(number + 1)},guardian"


def write(roster: RosterV1 | RosterV21, folder: Path, *, faults: int = 0) -> Injected:
    """Write a set with `faults` faults of each kind. Returns their lines."""
    folder.mkdir(parents=True, exist_ok=True)
    injected: Injected = {}
    for name, lines in roster.files().items():
        spec = next(spec for spec in roster.format.files if spec.name == name)
        faulty = _ended(lines())
        if faults:
            rows = sum(1 for _ in lines())
            faulty = with_faults(spec, lines(), rows, faults, injected)
        with (folder / name).open("wb") as file:
            pieces: list[bytes] = []
            for line in faulty:
                pieces.append(line)
                if len(pieces) >= PIECE:
                    file.write(b"".join(pieces))
                    pieces.clear()
            file.write(b"".join(pieces))
    return injected


def _ended(lines: Iterator[str]) -> Iterator[bytes]:
    return (f"{line}\r\n".encode() for line in lines)
