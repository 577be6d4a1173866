"""The exit codes of every command, each declared once."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

OK: Final = 0
FOUND: Final = 1
CANNOT: Final = 2

EXIT_CODES: Mapping[int, str] = MappingProxyType(
    {
        OK: "Success: nothing is wrong, or what was asked for is done.",
        FOUND: "Something is wrong: errors in an export or in settings, a step of the doctor that"
        " failed, an outcome that needs action, or a request that was refused.",
        CANNOT: "The command could not run: wrong arguments, a file that cannot be read or"
        " written, no sign-in, no permission, or storage that does not answer.",
    }
)
"""What each exit code means, whatever the command."""
