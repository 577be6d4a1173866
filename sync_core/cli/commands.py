"""Every command, in the order of `--help`, each with an example."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from sync_core.cli.doctor.command import doctor
from sync_core.cli.explain.command import explain
from sync_core.cli.runs.decision_commands import approve, pause, reject, resume, settle
from sync_core.cli.runs.deliver_command import deliver
from sync_core.cli.runs.redeliver_command import redeliver
from sync_core.cli.runs.runs_command import runs
from sync_core.cli.runs.show_command import show
from sync_core.cli.templates.commands import formats, template
from sync_core.cli.validate.command import validate

RUN = "northwind 20261128T020000Z-88ff355eb819"

CHECKS, RUNS, DEPLOYMENT = "Check exports", "Deliver and decide", "Check a deployment"

COMMANDS: Mapping[str, Mapping[Callable[..., None], str]] = MappingProxyType(
    {
        CHECKS: {
            validate: "export.zip --fail-on warning",
            explain: "reference-not-found",
            template: "sds-v2.1 --into export",
            formats: "> formats.md",
        },
        RUNS: {
            deliver: "export --feed northwind --account sisdata",
            runs: "northwind",
            show: RUN,
            approve: f'{RUN} --by "Ann Lee" --reason "North School has closed."',
            reject: f'{RUN} --by "Ann Lee" --reason "Half of the pupils are missing."',
            pause: 'northwind --until 2027-01-07 --by "Ann Lee" --reason "Two schools merge."',
            resume: 'northwind --by "Ann Lee"',
            settle: f'{RUN} --not-started --by "Ann Lee"',
            redeliver: RUN,
        },
        DEPLOYMENT: {doctor: "--azd --allow-skipped"},
    }
)
"""The commands by what they are for, each with the words of an example."""
