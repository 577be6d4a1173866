"""The public pages that the rules rely on."""

from sync_core.formats.rules.model import Source

_LEARN = "https://learn.microsoft.com"
_SDS = f"{_LEARN}/schooldatasync"
_EXCEL = "https://support.microsoft.com/office"

V1_PAGE = Source("SDS V1 CSV file format", f"{_SDS}/sds-v1-csv-file-format", "files-of-sds-v1")
V2_1_PAGE = Source(
    "SDS V2.1 CSV file format", f"{_SDS}/sds-v2.1-csv-file-format", "form-of-csv-files"
)
SERVICE_RULES = Source(
    "Validation rules and descriptions",
    f"{_SDS}/validation-rules-and-descriptions",
    "validation-by-the-service",
)
VALIDATION_PROCESS = Source(
    "SDS CSV file validation process",
    f"{_SDS}/sds-validation-process",
    "validation-by-the-service",
)
VALUE_LISTS = Source("Default list of values", f"{_SDS}/default-list-of-values")
START_PAGE = Source(
    "Start sync after uploading files",
    f"{_LEARN}/graph/api/educationsynchronizationprofile-start",
    "start-of-a-profile",
)
WHOLE_SETS = Source(
    "Industry data API overview",
    f"{_LEARN}/graph/api/resources/industrydata-overview",
    "whole-sets",
)
FILE_LIMITS = Source(
    "CSV files for School Data Sync", f"{_SDS}/csv-files-for-school-data-sync", "limits-of-files"
)
SYNC_ERRORS = Source("SDS errors", f"{_SDS}/sds-errors", "errors-of-a-sync")
TROUBLESHOOTING = Source(
    "School Data Sync errors and troubleshooting",
    f"{_SDS}/school-data-sync-errors-and-troubleshooting",
    "errors-of-a-sync",
)
FILE_FORMATS = Source(
    "fileFormatReferenceValue",
    f"{_LEARN}/graph/api/resources/industrydata-fileformatreferencevalue",
    "formats-of-files",
)
CLEVER_PAGE = Source(
    "Clever format CSV files", f"{_SDS}/clever-format-csv-files-for-sds", "formats-of-files"
)
CLASSIC_END = Source(
    "Transition from SDS Classic", f"{_SDS}/transition-from-sds-classic", "formats-of-files"
)
DIRECTORY_USER = Source(
    "user resource type", f"{_LEARN}/graph/api/resources/user", "limits-of-the-directory"
)
DIRECTORY_GROUP = Source(
    "group resource type", f"{_LEARN}/graph/api/resources/group", "limits-of-the-directory"
)

RFC_4180 = Source("RFC 4180", "https://www.rfc-editor.org/rfc/rfc4180")
E_164 = Source("ITU-T E.164", "https://www.itu.int/rec/T-REC-E.164")
UNICODE_MARK = Source("Unicode: byte order mark", "https://www.unicode.org/faq/utf_bom.html")
ONEROSTER = Source("OneRoster 1.2", "https://www.imsglobal.org/spec/oneroster/v1p2")

EXCEL_NUMBERS = Source(
    "Excel: leading zeros and large numbers",
    f"{_EXCEL}/keeping-leading-zeros-and-large-numbers-1bf7b935-36e1-4985-842f-5dfa51f85fe7",
)
EXCEL_DATES = Source(
    "Excel: numbers that become dates",
    f"{_EXCEL}/stop-automatically-changing-numbers-to-dates-452bd2db-cc96-47d1-81e4-72cec11c4ed8",
)
EXCEL_FILE_TYPES = Source(
    "Excel: file formats",
    f"{_EXCEL}/file-formats-that-are-supported-in-excel-0943ff2c-6014-4e8d-aaea-b83d51d46247",
)
EXCEL_TEXT_FILES = Source(
    "Excel: import or export text files",
    f"{_EXCEL}/import-or-export-text-txt-or-csv-files-5250ac4c-663c-47ce-937b-339e391393ba",
)
EXPORT_CSV = Source(
    "PowerShell: Export-Csv",
    f"{_LEARN}/powershell/module/microsoft.powershell.utility/export-csv",
)
POWERSHELL_ENCODING = Source(
    "PowerShell: character encoding",
    f"{_LEARN}/powershell/module/microsoft.powershell.core/about/about_character_encoding",
)
WINDOWS_COPY = Source(
    "Windows: copy", f"{_LEARN}/windows-server/administration/windows-commands/copy"
)
BCP = Source("SQL Server: bcp", f"{_LEARN}/sql/tools/bcp-utility")
SQLCMD = Source("SQL Server: sqlcmd", f"{_LEARN}/sql/tools/sqlcmd/sqlcmd-utility")
NOCOUNT = Source(
    "SQL Server: SET NOCOUNT", f"{_LEARN}/sql/t-sql/statements/set-nocount-transact-sql"
)
PSQL = Source("PostgreSQL: psql", "https://www.postgresql.org/docs/current/app-psql.html")
COPY = Source("PostgreSQL: COPY", "https://www.postgresql.org/docs/current/sql-copy.html")
PYTHON_CSV = Source("Python: csv", "https://docs.python.org/3/library/csv.html")
PANDAS = Source(
    "pandas: integers with missing values",
    "https://pandas.pydata.org/docs/user_guide/integer_na.html",
)
