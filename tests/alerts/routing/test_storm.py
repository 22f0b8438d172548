from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.routing.storm import (
    BETWEEN,
    CALM,
    QUEUE,
    RULE,
    Action,
    Came,
    Edit,
    End,
    Event,
    Fold,
    Looked,
    Post,
    Row,
    Storm,
    Taken,
    Unfolded,
    Weather,
    next_look,
    step,
)
from tests.fakes import NOON

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@dataclass
class Channel:
    """A channel, and the courier that empties its queue one message a second, critical ones first."""

    weather: Weather = field(default_factory=Weather)
    now: datetime = NOON
    done: list[tuple[datetime, Action]] = field(default_factory=list)
    alone: list[Row] = field(default_factory=list)
    came: list[Row] = field(default_factory=list)

    def tell(self, event: Event) -> tuple[Action, ...]:
        self.weather, actions = step(self.weather, event, self.now)
        self.done += [(self.now, action) for action in actions]
        return actions

    def come(self, count: int, *rules: str, critical: bool = False) -> tuple[Action, ...]:
        first = len(self.came)
        named = frozenset(rules or {"raa"})
        rows = [Row(key=f"k{first + number}", rules=named, critical=critical) for number in range(count)]
        self.came += rows
        return self.tell(Came(rows))

    def send(self, count: int = 1) -> None:
        for _ in range(count):
            rows = sorted(self.weather.pending, key=lambda row: not row.critical)
            if rows:
                self.alone.append(rows[0])
                self.tell(Taken(rows[0].key))
            self.wait(SECOND)

    def wait(self, span: timedelta) -> None:
        """Let time pass, looking whenever it is asked for."""
        until = self.now + span
        while (at := next_look(self.weather)) is not None and at <= until:
            self.now = max(at, self.now)
            self.tell(Looked())
        self.now = until

    def storms(self) -> list[Storm]:
        """Every storm as it ended, or stands."""
        ended = [action.storm for _, action in self.done if isinstance(action, End)]
        return ended + ([self.weather.storm] if self.weather.storm else [])

    def listed(self) -> list[str]:
        return [key for storm in self.storms() for key in storm.folded]


def test_what_the_channel_can_take_in_twenty_seconds_goes_by_itself() -> None:
    channel = Channel()
    assert channel.come(QUEUE // 2) == ()
    assert channel.come(QUEUE // 2, "eu") == ()
    assert next_look(channel.weather) is None
    channel.send(QUEUE)
    assert len(channel.alone) == QUEUE


def test_a_queue_that_is_too_long_becomes_one_message() -> None:
    channel = Channel()
    channel.come(QUEUE - 5)
    post, fold = channel.come(6, "eu")
    assert isinstance(post, Post)
    assert isinstance(fold, Fold)
    assert (post.storm.key, len(fold.keys), post.storm.folded) == ("storm-k0", QUEUE + 1, fold.keys)
    assert fold.why == "21 messages waited for the channel"
    assert channel.weather.pending == ()


def test_a_critical_message_goes_by_itself_whatever_the_weather() -> None:
    channel = Channel()
    channel.come(2, critical=True)
    channel.come(QUEUE)
    channel.come(3, critical=True)
    assert [row.critical for row in channel.weather.pending] == [True] * 5
    assert channel.weather.storm
    assert len(channel.weather.storm.folded) == QUEUE


def test_a_rule_that_says_too_much_is_folded_and_the_others_are_not() -> None:
    channel = Channel()
    for _ in range(RULE):
        assert channel.come(1) == ()
        channel.send()
    channel.come(1, "eu")
    channel.come(1, "raa", "eu")
    assert channel.weather.storm is None  # there is nothing to fold
    channel.come(1)
    (storm,) = channel.storms()
    assert (storm.rules, storm.why) == (frozenset({"raa"}), "messages in 5 min: 17 of raa")
    assert [row.rules for row in channel.weather.pending] == [{"eu"}, {"raa", "eu"}]


def test_a_rule_may_say_as_much_in_a_longer_time() -> None:
    channel = Channel()
    for _ in range(3 * RULE):
        assert channel.come(1) == ()
        channel.send()
        channel.wait(20 * SECOND)
    assert channel.weather.storm is None


def test_a_storm_of_one_rule_widens_to_the_channel() -> None:
    channel = Channel()
    channel.come(RULE + 1)
    channel.come(QUEUE + 1, "eu", "us")
    (storm,) = channel.storms()
    assert (storm.rules, len(storm.folded)) == (None, RULE + 1 + QUEUE + 1)
    channel.come(1, "else")
    assert len(channel.listed()) == len(channel.came)


def test_the_message_grows_in_steps() -> None:
    channel = Channel()
    channel.come(QUEUE + 1)
    for _ in range(60):
        channel.wait(SECOND)
        channel.come(1)
    edits = [(at - NOON, action.storm.shown) for at, action in channel.done if isinstance(action, Edit)]
    assert edits == [(BETWEEN, 21 + 29), (2 * BETWEEN, 21 + 59)]


def test_after_ten_calm_minutes_messages_go_by_themselves_again() -> None:
    channel = Channel()
    channel.come(QUEUE + 1)
    channel.wait(CALM - SECOND)
    assert channel.weather.storm
    channel.wait(SECOND)
    end = channel.done[-1][1]
    assert isinstance(end, End)
    assert end.why == "10 quiet minutes"
    assert channel.come(1) == ()


def test_a_storm_says_what_keeps_it_going() -> None:
    channel = Channel()
    channel.come(QUEUE + 1)
    channel.wait(MINUTE)
    channel.come(10)
    assert channel.weather.storm
    assert channel.weather.storm.why == "31 messages came in 5 min"


def test_a_trickle_does_not_keep_a_storm_alive() -> None:
    channel = Channel()
    channel.come(QUEUE + 1)
    for _ in range(9):
        channel.wait(MINUTE)
        channel.come(1)
    channel.wait(6 * MINUTE)
    assert channel.weather.storm is None


def test_a_storm_that_goes_on_is_one_storm() -> None:
    channel = Channel()
    channel.come(QUEUE + 1, "all", "of", "it")
    for number in range(300):
        channel.come(1, f"rule-{number}")
        channel.wait(12 * SECOND)
    assert len([action for _, action in channel.done if isinstance(action, Post)]) == 1


def test_a_storm_that_is_over_folds_nothing_though_nobody_looked() -> None:
    channel = Channel()
    channel.come(QUEUE + 1)
    channel.now += CALM
    (end,) = channel.come(1)
    assert isinstance(end, End)
    assert len(channel.weather.pending) == 1


def test_what_is_critical_counts_for_no_rule() -> None:
    channel = Channel()
    channel.come(RULE, critical=True)
    assert channel.come(1) == ()


def test_unfolding_counts_anew() -> None:
    channel = Channel()
    channel.come(QUEUE + 1)
    (end,) = channel.tell(Unfolded("anna"))
    assert isinstance(end, End)
    assert (end.why, len(end.storm.folded)) == ("unfolded by anna", QUEUE + 1)
    assert channel.come(1) == ()
    assert channel.tell(Unfolded("anna")) == ()


def test_what_the_courier_has_taken_is_not_folded() -> None:
    channel = Channel()
    channel.come(QUEUE // 2)
    channel.come(QUEUE // 2, "eu")
    channel.tell(Taken("k3"))
    channel.come(2, "us")
    assert "k3" not in channel.listed()
    assert len(channel.listed()) == QUEUE + 1


def test_a_row_that_comes_again_is_known() -> None:
    channel = Channel()
    channel.come(QUEUE + 1)
    assert channel.tell(Came(channel.came)) == ()
    fresh = Channel()
    fresh.come(3)
    fresh.tell(Came(fresh.came))
    assert len(fresh.weather.pending) == 3


def test_three_hundred_in_a_minute_make_few_messages() -> None:
    channel = Channel()
    for second in range(60):
        channel.come(5, f"rule-{second % 7}")
        if second % 20 == 0:
            channel.come(1, critical=True)
        channel.send()
    channel.wait(11 * MINUTE)
    writes = [action for _, action in channel.done if isinstance(action, Post | Edit | End)]
    assert len(channel.came) == 303
    assert sum(row.critical for row in channel.alone) == 3
    assert len(channel.alone) + len(writes) < 30
    assert sorted([row.key for row in channel.alone] + channel.listed()) == sorted(row.key for row in channel.came)


COME = st.tuples(
    st.just("come"), st.integers(1, 30), st.sets(st.sampled_from(["a", "b", "c"]), min_size=1), st.booleans()
)
DOINGS = st.lists(
    COME
    | st.tuples(st.just("send"), st.integers(1, 30))
    | st.tuples(st.just("wait"), st.integers(0, 1500))
    | st.tuples(st.just("unfold")),
    max_size=40,
)


@settings(max_examples=300)
@given(DOINGS)
def test_nothing_is_dropped_nothing_is_told_twice_and_what_is_critical_goes_alone(
    doings: list[tuple[object, ...]],
) -> None:
    channel = Channel()
    for doing in doings:
        match doing:
            case ("come", int(count), set(rules), bool(critical)):
                channel.come(count, *rules, critical=critical)
            case ("send", int(count)):
                channel.send(count)
            case ("wait", int(seconds)):
                channel.wait(seconds * SECOND)
            case _:
                channel.tell(Unfolded("anna"))
        free = sum(not row.critical for row in channel.weather.pending)
        assert free <= QUEUE
    channel.send(len(channel.weather.pending))
    channel.wait(CALM)

    alone = [row.key for row in channel.alone]
    listed = channel.listed()
    assert sorted(alone + listed) == sorted(row.key for row in channel.came)
    assert not {row.key for row in channel.came if row.critical} & set(listed)
    assert channel.weather.storm is None
    folded = [key for _, action in channel.done if isinstance(action, Fold) for key in action.keys]
    assert folded == listed


@given(DOINGS)
def test_a_storm_is_posted_once_edited_in_steps_and_ended_with_all_that_it_lists(
    doings: list[tuple[object, ...]],
) -> None:
    channel = Channel()
    for doing in doings:
        match doing:
            case ("come", int(count), set(rules), bool(critical)):
                channel.come(count, *rules, critical=critical)
            case (_, int(seconds)):
                channel.wait(seconds * SECOND)
            case _:
                channel.wait(MINUTE)
    channel.wait(CALM)
    for storm in channel.storms():
        writes = [
            (at, action)
            for at, action in channel.done
            if not isinstance(action, Fold) and action.storm.key == storm.key
        ]
        kinds = [type(action) for _, action in writes]
        assert kinds == [Post, *[Edit] * (len(kinds) - 2), End]
        gaps = [later - earlier for (earlier, _), (later, _) in pairwise(writes[:-1])]
        assert all(gap >= BETWEEN for gap in gaps)
        assert storm.shown == len(storm.folded)
        folds = [action for _, action in channel.done if isinstance(action, Fold) and action.storm == storm.key]
        assert storm.folded == tuple(key for action in folds for key in action.keys)
