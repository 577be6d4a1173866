"""The commands of operators, each with an example for its help."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from sync_core.cli.decision_commands import approve, pause, reject, resume, settle
from sync_core.cli.redeliver_command import redeliver
from sync_core.cli.show_command import show

RUN = "northwind 20261128T020000Z-88ff355eb819"

OPERATIONS: Mapping[Callable[..., None], str] = MappingProxyType(
    {
        show: RUN,
        approve: f'{RUN} --by "Ann Lee" --reason "North School has closed."',
        reject: f'{RUN} --by "Ann Lee" --reason "Half of the pupils are missing."',
        pause: 'northwind --until 2027-01-07 --by "Ann Lee" --reason "Two schools merge."',
        resume: 'northwind --by "Ann Lee"',
        settle: f'{RUN} --not-started --by "Ann Lee"',
        redeliver: RUN,
    }
)
