"""The exit codes of the operators' commands: what was refused is not what could not be done."""

import pytest
import typer

from sync_core.cli.exit_codes import CANNOT, FOUND
from sync_core.cli.runs.operating import reporting
from sync_core.model.errors import (
    AccessDeniedError,
    ServiceUnreachableError,
    SettingsError,
    TerminalError,
)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SettingsError("Set SIS_STORAGE."), CANNOT),
        (AccessDeniedError("No permission."), CANNOT),
        (ServiceUnreachableError("No answer."), CANNOT),
        (OSError("No such file."), CANNOT),
        (TerminalError("The run was not held."), FOUND),
    ],
)
@pytest.mark.parametrize("as_json", [True, False])
def test_an_error_ends_a_command_with_its_exit_code(
    capsys: pytest.CaptureFixture[str], error: Exception, code: int, *, as_json: bool
) -> None:
    with pytest.raises(typer.Exit) as ended, reporting(as_json=as_json):
        raise error
    assert ended.value.exit_code == code
    printed = capsys.readouterr()
    assert str(error) in (printed.out if as_json else printed.err)
