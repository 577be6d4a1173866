"""How long an activity asks to wait before the next try, and when it gives up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_core.activities.waiting import Pace, backoff, retry_or_give_up
from sync_core.model.errors import ServiceBusyError, TransientError
from sync_core.orchestration.steps import Question, Wait


def question(polls: int = 0, *, feed: str = "northwind", asked: float = 0.0) -> Question:
    """A step that was first asked at 1000 and is asked again `asked` seconds later."""
    return Question(feed=feed, since=1_000.0, now=1_000.0 + asked, polls=polls)


class TestBackoff:
    @pytest.mark.parametrize(
        ("polls", "seconds"), [(0, 30), (1, 60), (2, 120), (4, 480), (5, 900), (10_000, 900)]
    )
    def test_it_doubles_up_to_the_cap_less_a_fifth_at_most(self, polls: int, seconds: int) -> None:
        waited = backoff(question(polls), first=30, cap=900)
        assert seconds * 0.8 <= waited <= seconds

    def test_a_repeated_answer_is_the_same(self) -> None:
        assert len({backoff(question(3), first=30, cap=900) for _ in range(3)}) == 1

    def test_feeds_and_looks_part(self) -> None:
        feeds = {backoff(question(9, feed=f"feed-{n}"), first=30, cap=900) for n in range(50)}
        assert len(feeds) > 45
        assert max(feeds) - min(feeds) > 90
        looks = {backoff(question(polls), first=30, cap=30) for polls in range(50)}
        assert len(looks) > 45

    @given(
        st.integers(0, 10**9),
        st.floats(0.001, 518_400),
        st.floats(0.001, 518_400),
        st.text(max_size=9),
    )
    def test_it_is_never_above_the_cap(
        self, polls: int, first: float, cap: float, feed: str
    ) -> None:
        waited = backoff(question(polls, feed=feed), first=first, cap=cap)
        assert 0 <= waited <= cap + 0.001


class TestRetryOrGiveUp:
    def wait(self, fault: TransientError, *, asked: float, polls: int = 0) -> Wait | None:
        return retry_or_give_up(question(polls, asked=asked), fault, Pace(30, 900, 3_600))

    def test_the_services_own_word_counts_where_it_is_longer_than_ours(self) -> None:
        fault = ServiceBusyError("Later.", retry_after=1_002.128)
        assert self.wait(fault, asked=0, polls=9) == Wait(1_002.128, "Later.")

    def test_without_it_the_wait_is_the_back_off(self) -> None:
        wait = self.wait(TransientError("Later."), asked=0, polls=2)
        assert wait == Wait(backoff(question(2), first=30, cap=900), "Later.")

    @pytest.mark.parametrize("polls", [0, 3, 9])
    @pytest.mark.parametrize("asked", [0.0, 0.2, 1.0, 20.0])
    def test_a_service_that_says_at_once_does_not_switch_the_back_off_off(
        self, asked: float, polls: int
    ) -> None:
        fault = ServiceBusyError("Later.", retry_after=asked)
        ours = backoff(question(polls), first=30, cap=900)
        assert self.wait(fault, asked=0, polls=polls) == Wait(ours, "Later.")

    def test_a_service_that_always_says_in_no_time_is_not_polled_without_end(self) -> None:
        assert self.wait(ServiceBusyError("Later.", retry_after=0.0), asked=3_600) is None

    def test_it_ends_with_the_deadline(self) -> None:
        assert self.wait(TransientError("Later."), asked=3_599.9) is not None
        assert self.wait(TransientError("Later."), asked=3_600) is None

    def test_the_last_look_is_at_the_deadline_and_not_long_after(self) -> None:
        wait = self.wait(TransientError("Later."), asked=3_500, polls=9)
        assert wait == Wait(100.0, "Later.")
        wait = self.wait(TransientError("Later."), asked=3_599.9, polls=9)
        assert wait == Wait(1.0, "Later.")

    def test_a_service_that_asks_for_more_than_is_left_ends_it_at_once(self) -> None:
        assert self.wait(ServiceBusyError("x", retry_after=100), asked=3_500) is not None
        assert self.wait(ServiceBusyError("x", retry_after=100.1), asked=3_500) is None
        assert self.wait(ServiceBusyError("x", retry_after=1e300), asked=0) is None
