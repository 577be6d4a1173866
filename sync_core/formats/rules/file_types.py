"""Rules for files that are missing, empty, or of another type or format."""

from sync_core.formats.rules.model import Rule

FILE_TYPE_RULES = (
    Rule(
        "file-missing",
        "Error",
        "When trying to validate required file {file} encountered RequiredFileNotFound error."
        "{hint}",
        "Export this file too, under exactly this name. School Data Sync deactivates everyone who"
        " is missing from a set.",
        adjustable=False,
    ),
    Rule(
        "file-empty",
        "Error",
        "The file is empty",
        "Export the file again. Even a file without rows needs a header.",
        adjustable=False,
    ),
    Rule(
        "workbook",
        "Error",
        "The file is {hint}, not CSV",
        'In Excel, save the file as "CSV UTF-8", or have the student information system export'
        " CSV. Renaming a workbook to .csv does not convert it.",
        adjustable=False,
    ),
    Rule(
        "compressed",
        "Error",
        "The file is {hint}, not CSV",
        "Deliver the CSV files themselves, or all of them in one zip archive whose name ends in"
        " .zip.",
        adjustable=False,
    ),
    Rule(
        "pdf",
        "Error",
        "The file is {hint}, not CSV",
        "Choose CSV as the output format of the report in the student information system.",
        adjustable=False,
    ),
    Rule(
        "markup",
        "Error",
        "The file is {hint}, not CSV",
        "Open the file in a text editor. A web page is often the sign-in or error page of the"
        " system that the file was downloaded from. For XML or JSON, choose CSV as the output"
        " format.",
        adjustable=False,
    ),
    Rule(
        "utf-16",
        "Error",
        "The file is UTF-16, not UTF-8",
        'Export as UTF-8. In Excel, choose "CSV UTF-8", not "Unicode Text". In PowerShell, use'
        " -Encoding utf8.",
        adjustable=False,
    ),
    Rule(
        "not-text",
        "Error",
        "The file is not text: it starts with a NUL character",
        "Choose CSV as the output format and export the file again.",
        adjustable=False,
    ),
    Rule(
        "oneroster",
        "Error",
        "The file is {hint}, not {format} (recognised by its header)",
        "Choose an SDS format in the student information system, or convert the files. School Data"
        " Sync reads OneRoster through its API, not from files.",
        adjustable=False,
    ),
    Rule(
        "clever",
        "Error",
        "The file is in the {hint} format, not {format} (recognised by its header)",
        "Choose an SDS format in the student information system. School Data Sync no longer reads"
        " Clever files.",
        adjustable=False,
    ),
    Rule(
        "sds-v2",
        "Error",
        "The file is {hint}, retired in 2022, not {format} (recognised by its header)",
        "Choose SDS V2.1 in the student information system. In SDS V2.1, roles are in roles.csv.",
        adjustable=False,
    ),
    Rule(
        "other-format",
        "Error",
        "The file is {hint}, not {format} (recognised by its header)",
        'Set the "format" of the feed to the format of the files, or export the format that the'
        " feed expects.",
        adjustable=False,
    ),
)
