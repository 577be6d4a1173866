"""The UK variant of SDS V1: the same files and rules with other headers.

Source: Microsoft's sample files of the "UK Format". Only the classic service accepted them.
"""

import msgspec

from sync_core.formats.model import FileSpec, Format
from sync_core.formats.sds_v1 import SDS_V1, sds_v1_entities

_SOURCE = "UK samples"

_PEOPLE = {"SIS ID": "ID", "School SIS ID": "School DfE Number"}
_MEMBERSHIP = {"Section SIS ID": "Section ID", "SIS ID": "ID"}

_RENAMED = {
    "school.csv": {"SIS ID": "DfE Number", "Zip": "Postal Code"},
    "student.csv": _PEOPLE,
    "teacher.csv": _PEOPLE,
    "section.csv": _PEOPLE,
    "studentenrollment.csv": _MEMBERSHIP,
    "teacherroster.csv": _MEMBERSHIP,
}


def _in_the_uk(spec: FileSpec) -> FileSpec:
    names = _RENAMED[spec.name]
    return msgspec.structs.replace(
        spec,
        columns=tuple(
            msgspec.structs.replace(column, name=names[column.name], source=_SOURCE)
            if column.name in names
            else column
            for column in spec.columns
        ),
        unique=tuple(
            msgspec.structs.replace(
                unique, columns=tuple(names.get(name, name) for name in unique.columns)
            )
            for unique in spec.unique
        ),
        references=tuple(
            msgspec.structs.replace(
                reference,
                column=names.get(reference.column, reference.column),
                to_column=_RENAMED[reference.to_file].get(reference.to_column, ""),
            )
            for reference in spec.references
        ),
    )


SDS_V1_UK = Format(
    name="sds-v1-uk",
    title="SDS V1, UK variant",
    files=tuple(_in_the_uk(spec) for spec in SDS_V1.files if spec.name in _RENAMED),
    entities=sds_v1_entities(
        id="ID", school_id="DfE Number", school="School DfE Number", section="Section ID"
    ),
)
