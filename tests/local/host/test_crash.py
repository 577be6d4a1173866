import pytest

from local.host.crash import parse, parse_freeze
from local.host.errors import HostFailed


@pytest.mark.parametrize("spec", ["double", "double:during", "double:call:", "double:after#0"])
def test_a_crash_point_that_is_invalid_is_reported_with_the_choice(spec: str) -> None:
    with pytest.raises(HostFailed, match=f"'{spec}' is not a crash point. Give ACTIVITY:before"):
        parse(spec)


@pytest.mark.parametrize("spec", ["double:before", "double:recorded"])
def test_a_freeze_point_is_inside_of_an_activity(spec: str) -> None:
    with pytest.raises(HostFailed, match=f"'{spec}' is not a freeze point"):
        parse_freeze(spec)
