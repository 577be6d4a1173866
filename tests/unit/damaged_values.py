"""Values that were damaged on the way, with the rule that each of them breaks."""

from sync_core.formats.rules.words import ERRORS_WITHOUT_MARK, NULL_WORDS
from sync_core.model.messages import Finding

NUMBERS = ("2.02601E+11", "2,02601E+11", "2.02601e+011", "2E+11", "2.02601E11", "-1.2345E-05")
WITHOUT_PLUS = NUMBERS[-2:]
ERRORS = (
    *("#N/A", "#NV", "#N/D", "#REF!", "#BEZUG!", "#NAME?", "#¡VALOR!", "#¿NOMBRE?", "#SAYI/0!"),
    *("#DĚLENÍ_NULOU!", "#ССЫЛКА!", "#VÆRDI!", "#n/a", "########", "Err:502"),
    *(f"#{word}" for word in ERRORS_WITHOUT_MARK),
)
FORMULAS = ('="P1001"', "=P1001", '=T("7")')
INVISIBLE = ("\u200b", "\u200d", "\u2060", "\u00ad", "\u202e", "\x01", "\x1b", "\x7f", "\u0090")
FAULTS = {
    **dict.fromkeys((*NUMBERS, *ERRORS, *FORMULAS), "id-spreadsheet"),
    **dict.fromkeys(NULL_WORDS, "value-null"),
    **dict.fromkeys([f"P{hidden}1" for hidden in INVISIBLE], "invisible-character"),
    "P\ufffd1": "lost-letters",
}


def quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


def of_rule(findings: list[Finding], rule: str) -> list[tuple[str, str | None, tuple[int, ...]]]:
    return [(each.type, each.field, each.rows) for each in findings if each.rule == rule]
