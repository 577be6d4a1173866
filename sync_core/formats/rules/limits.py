"""Rules for what the format allows and the service of some targets does not take."""

from sync_core.formats.rules.model import Rule

LIMIT_RULES = (
    Rule(
        "rows-over-limit",
        "Warning",
        "The file has more than {hint} rows, the limit of the classic API",
        "If the target is the classic API, split the export: sync some of the schools with another"
        " profile. The Industry Data API documents no such limit.",
    ),
    Rule(
        "class-id-characters",
        "Warning",
        "Character that a mail nickname must not contain in the field {field} in {rows}",
        "If the target is the classic API, use only letters, digits, hyphens and underscores in the"
        " IDs of classes: it makes the mail nickname of a class's group from the ID. Or set"
        " handleSpecialCharacterConstraint in the sync profile, which replaces other characters.",
    ),
)
