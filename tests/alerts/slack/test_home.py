from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from alerts.slack.actions import Action, parse
from alerts.slack.home import BYTES_LIMIT, HomeFacts, MuteFact, SourceFact, home, size
from tests import slack_rules
from tests.fakes import NOON
from tests.slack_views import view_errors


def texts(view: dict[str, Any]) -> list[str]:
    found = []
    for block in view["blocks"]:
        found += [block["text"]["text"]] if "text" in block else [one["text"] for one in block.get("elements", [])]
    return found


def facts(**changes: Any) -> HomeFacts:
    sources = (
        SourceFact(name="Reuters World", last_good=NOON, fresh=312),
        SourceFact(name="Kyodo", trouble="refused", last_good=NOON - timedelta(hours=24)),
        SourceFact(name="New one", trouble="no answer yet"),
    )
    values: dict[str, Any] = {"version": "0.1", "sources": sources, "waiting": 3, "last_alert": NOON}
    return HomeFacts(**(values | changes))


def test_sources_in_trouble_come_first_those_that_never_worked_before_all() -> None:
    names = [text for text in texts(home(facts())) if text.startswith(":w")]
    assert names == [
        ":warning: *New one*  never answered well · 0 new in 24 h · no answer yet",
        ":warning: *Kyodo*  last good <!date^1793534400^{ago}|2026-11-01 12:00 UTC> · 0 new in 24 h · refused",
        ":white_check_mark: *Reuters World*  last good <!date^1793620800^{ago}|2026-11-02 12:00 UTC> · 312 new in 24 h",
    ]


def test_the_head_sums_up_and_names_dead_messages_only_when_there_are_some() -> None:
    assert "1 of 3 sources well · 3 messages wait · last alert <!date" in texts(home(facts()))[1]
    assert "2 refused in every form" in texts(home(facts(dead=2)))[1]
    assert "no alert yet" in texts(home(HomeFacts(version="0")))[1]


def test_a_mute_can_be_undone_on_the_page_by_those_who_may() -> None:
    mute = MuteFact(rule="raa-watch", until=NOON, by="U1")
    block = next(block for block in home(facts(mutes=(mute,)))["blocks"] if "accessory" in block)
    payload = {"type": "block_actions", "user": {"id": "U1"}, "actions": [block["accessory"]]}
    event = parse({"type": "interactive", "payload": payload})
    assert isinstance(event, Action)
    assert (event.deed, event.argument) == ("unmute_rule", "raa-watch")
    assert "accessory" not in json.dumps(home(facts(mutes=(mute,)), undo=False))


def test_what_else_is_silenced_is_said_in_words_and_undone_by_its_id() -> None:
    mute = MuteFact(rule="K7QM", until=NOON, by="ada", says="source wire, tag `asia`")
    block = next(block for block in home(facts(mutes=(mute,)))["blocks"] if "accessory" in block)
    assert ":no_bell: `source wire, tag 'asia'` is muted until" in block["text"]["text"]
    assert block["accessory"]["value"].endswith(":K7QM")


def test_what_is_too_much_is_counted() -> None:
    many = tuple(SourceFact(name=f"S{n:03}", trouble="x" * (n % 2), last_good=NOON) for n in range(200))
    mutes = tuple(MuteFact(rule=f"r{n}", until=NOON, by="U1") for n in range(25))
    view = home(facts(sources=many, mutes=mutes))
    assert view_errors(view) == []
    assert "+140 more sources, 40 of them in trouble: `tocsin sources list`" in texts(view)
    assert "+5 more mutes: `/tocsin rules`" in texts(view)


def test_names_so_long_that_the_page_would_be_too_large_make_it_shorter() -> None:
    mutes = tuple(MuteFact(rule=f"{n:02}" + "\U00020000" * 1900, until=NOON, by="U1") for n in range(20))
    view = home(facts(mutes=mutes))
    assert size(view) <= BYTES_LIMIT
    assert any(text.startswith("+15 more mutes") for text in texts(view))


ANYTHING = st.text(max_size=60) | st.sampled_from(
    ["<!channel>", "<@U0ALICE001>", "*", "`", "&" * 200, "\u202e", "", "\n"]
)
MOMENTS = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
SOURCES = st.builds(SourceFact, name=ANYTHING, trouble=ANYTHING, last_good=st.none() | MOMENTS, fresh=st.integers(0))
MUTES = st.builds(MuteFact, rule=ANYTHING, until=MOMENTS, by=ANYTHING, says=ANYTHING)


PAGES = st.builds(
    HomeFacts,
    version=ANYTHING,
    sources=st.lists(SOURCES, max_size=6).flatmap(lambda few: st.integers(1, 40).map(few.__mul__)),
    mutes=st.lists(MUTES, max_size=4).flatmap(lambda few: st.integers(1, 40).map(few.__mul__)),
    waiting=st.integers(0),
    dead=st.integers(0),
    last_alert=st.none() | MOMENTS,
)


@given(of=PAGES, undo=st.booleans())
def test_any_facts_make_a_page_that_slack_takes_and_that_pings_nobody(of: HomeFacts, undo: bool) -> None:
    view = home(of, undo=undo)
    assert view_errors(view) == []
    assert slack_rules.mentions(view) == []
    assert "\u202e" not in "".join(texts(view))
