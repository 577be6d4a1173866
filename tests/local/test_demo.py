"""Which targets the demonstration gives a format to."""

from typing import cast

import pytest

from local.cloud import LocalCloud
from local.demo import DemoFailed, DemoTarget, takes, target_settings, usual_target
from sync_core.formats import FORMATS, Format, format_named
from sync_core.model.target_kinds import TARGET_KINDS

NO_CLOUD = cast("LocalCloud", None)


def test_it_knows_every_kind_of_target() -> None:
    assert set(DemoTarget) == TARGET_KINDS.keys()


@pytest.mark.parametrize("fmt", FORMATS.values(), ids=lambda fmt: fmt.name)
def test_the_usual_target_of_a_format_takes_it(fmt: Format) -> None:
    assert takes(usual_target(fmt), fmt)


def test_a_target_that_does_not_take_the_format_is_reported_with_those_that_do() -> None:
    with pytest.raises(
        DemoFailed, match=r"classic takes no files of SDS V2\.1.*industry-data, dry-"
    ):
        target_settings(NO_CLOUD, DemoTarget.CLASSIC, format_named("sds-v2.1"))
