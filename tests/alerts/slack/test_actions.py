from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.bulletin import Bulletin, Topic
from alerts.outbox import Receipt
from alerts.slack.actions import (
    CHANGES,
    GUARDED,
    Action,
    Asked,
    Deed,
    Disliked,
    HomeOpened,
    Unknown,
    bulletin_buttons,
    buttons,
    deed_words,
    identity,
    parse,
    permitted,
    unmute_button,
    value,
)
from alerts.slack.commands import Verb
from alerts.story import Severity
from tests.slack_views import block_errors

KEY = "01J9ZK4Q0000000000000000A1"
URL = "https://hooks.slack.example/actions/1"


def clicked(action: dict[str, Any], **more: Any) -> dict[str, Any]:
    payload = {"type": "block_actions", "user": {"id": "U1"}, "channel": {"id": "C1"}, "response_url": URL}
    return {"type": "interactive", "envelope_id": "e", "payload": payload | {"actions": [action]} | more}


def every_button(rule: str) -> list[dict[str, Any]]:
    """Return the envelope of each thing that can be chosen under a message."""
    *pushed, menu = buttons(KEY, rule)["elements"]
    chosen = [{"action_id": menu["action_id"], "selected_option": option} for option in menu["options"]]
    return [clicked(one) for one in [*pushed, *chosen]]


def test_every_button_and_menu_entry_is_read_as_the_deed_it_stands_for() -> None:
    events = [parse(envelope) for envelope in every_button("raa-watch")]
    assert [event.deed for event in events if isinstance(event, Action)] == [
        Deed.RELEVANT, Deed.NOT_RELEVANT, Deed.MUTE, Deed.WHY, Deed.ACKNOWLEDGE, Deed.SNOOZE, Deed.SOURCES, Deed.COPY
    ]  # fmt: skip
    first = events[0]
    assert isinstance(first, Action)
    assert (first.key, first.argument, first.by.user, first.by.channel, first.by.response_url) == (
        KEY, "raa-watch", "U1", "C1", URL
    )  # fmt: skip


def test_a_rule_may_have_colons_in_its_id() -> None:
    event = parse(every_button("eu:ai:act")[2])
    assert isinstance(event, Action)
    assert event.argument == "eu:ai:act"


@given(rule=st.text(max_size=2500))
def test_buttons_keep_slacks_limits_for_any_rule(rule: str) -> None:
    assert block_errors([buttons(KEY, rule)]) == []


def test_a_rule_too_long_for_a_button_leaves_the_menu_alone() -> None:
    assert [one["type"] for one in buttons(KEY, "r" * 2001)["elements"]] == ["overflow"]
    assert unmute_button(KEY, "r" * 2001) is None


def test_muting_asks_first_and_names_the_rule() -> None:
    dialog = buttons(KEY, "raa-watch")["elements"][2]["confirm"]
    assert "raa-watch" in dialog["text"]["text"]


@pytest.mark.parametrize(
    ("action", "why"),
    [
        ({"action_id": "fb_yes", "value": "v2:a:b:c"}, "other-version"),
        ({"action_id": "fb_yes", "value": "why"}, "other-version"),
        ({"action_id": "fb_yes"}, "other-version"),
        ({"action_id": "fb_yes", "value": "v1::raa"}, "unknown-action"),
        ({"action_id": "launch", "value": "v1:k:"}, "unknown-action"),
        ({"action_id": "more", "selected_option": {"value": "v1:k:mute_rule_24h"}}, "unknown-action"),
    ],
)
def test_what_is_not_understood_says_why_and_who_waits_for_an_answer(action: dict[str, Any], why: str) -> None:
    event = parse(clicked(action))
    assert isinstance(event, Unknown)
    assert event.why == why
    assert event.by is not None
    assert event.by.response_url == URL


def test_an_address_to_answer_to_that_is_none_is_left_out() -> None:
    event = parse(clicked({"action_id": "fb_yes", "value": value(KEY)}, response_url="file:///etc/passwd"))
    assert isinstance(event, Action)
    assert event.by.response_url is None


def test_a_command_is_read() -> None:
    event = parse({"type": "slash_commands", "payload": {"user_id": "U1", "channel_id": "C1", "text": "mute raa 2h"}})
    assert isinstance(event, Asked)
    assert (event.command.verb, event.command.name, event.by.user) == (Verb.MUTE, "raa", "U1")


def told(**event: Any) -> dict[str, Any]:
    return {"type": "events_api", "payload": {"event_id": "Ev1", "event": event}}


def test_opening_the_home_tab_is_heard_and_the_messages_tab_is_not() -> None:
    assert parse(told(type="app_home_opened", user="U1", tab="home", view={"hash": "h"})) == HomeOpened(
        user="U1", hash="h"
    )
    assert isinstance(parse(told(type="app_home_opened", user="U1", tab="messages")), Unknown)


def test_a_thumb_down_is_heard_and_other_reactions_are_not() -> None:
    item = {"type": "message", "channel": "C1", "ts": "1.000001"}
    event = parse(told(type="reaction_added", user="U1", reaction="thumbsdown", item=item))
    assert isinstance(event, Disliked)
    assert event.receipt == Receipt(channel="C1", message="1.000001")
    assert isinstance(parse(told(type="reaction_added", user="U1", reaction="tada", item=item)), Unknown)


def test_the_same_deed_is_known_in_every_envelope() -> None:
    assert identity(told(type="x")) == "Ev1"
    assert identity({"envelope_id": "a", "payload": {"trigger_id": "t"}}) == "t"
    assert identity({"envelope_id": "a", "payload": {}}) is None


@pytest.mark.parametrize(("admins", "may"), [((), True), (("U1",), True), (("U2",), False)])
def test_where_no_admins_are_named_everybody_may(admins: tuple[str, ...], may: bool) -> None:
    assert permitted("U1", admins) is may


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
SPOTS = (
    *(
        ("type",),
        ("payload",),
        ("payload", "type"),
        ("payload", "user"),
        ("payload", "user", "id"),
        ("payload", "text"),
    ),
    *(("payload", "actions"), ("payload", "actions", 0), ("payload", "actions", 0, "value"), ("payload", "channel")),
    *(("payload", "actions", 0, "action_id"), ("payload", "actions", 0, "selected_option"), ("payload", "event")),
    *(("payload", "event", "item"), ("payload", "event", "type"), ("payload", "event", "reaction")),
    *(("payload", "event", "view"), ("payload", "response_url"), ("payload", "trigger_id"), ("payload", "user_id")),
)


def whole() -> dict[str, Any]:
    event = {
        "type": "reaction_added",
        "user": "U1",
        "reaction": "-1",
        "item": {"channel": "C1", "ts": "1.0"},
        "view": {},
    }
    action = {"action_id": "more", "value": value(KEY), "selected_option": {"value": value(KEY, "why")}}
    return clicked(action, event=event, text="mute x", user_id="U1", trigger_id="t", event_id="E")


@given(envelope=JSON)
def test_any_json_is_read_without_raising(envelope: Any) -> None:
    assert isinstance(parse(envelope), Unknown)
    assert identity(envelope) is None or isinstance(identity(envelope), str)


@given(
    kind=st.sampled_from(["interactive", "slash_commands", "events_api"]),
    changes=st.lists(st.tuples(st.sampled_from(SPOTS), JSON), max_size=3),
)
def test_an_envelope_spoilt_anywhere_is_read_without_raising(kind: str, changes: list[tuple[Any, Any]]) -> None:
    envelope: Any = whole() | {"type": kind}
    for path, spoilt in changes:
        spot = envelope
        try:
            for step in path[:-1]:
                spot = spot[step]
            spot[path[-1]] = spoilt
        except (TypeError, KeyError, IndexError):
            continue  # an earlier change took the place away
    event = parse(envelope)
    assert isinstance(event, (Action, Asked, Disliked, HomeOpened, Unknown))
    identity(envelope)
    json.dumps(envelope)


def of_tocsin(topic: Topic, **changes: Any) -> list[tuple[Deed, str]]:
    """Return what the buttons of a message of Tocsin itself are read as."""
    block = bulletin_buttons(KEY, Bulletin(channel="#ops", topic=topic, title="Something", **changes))
    assert block_errors([block]) == []
    *pushed, menu = block["elements"]
    chosen = [{"action_id": menu["action_id"], "selected_option": one} for one in menu["options"]]
    events = [parse(clicked(one)) for one in (*pushed, *chosen)]
    return [(event.deed, event.key) for event in events if isinstance(event, Action)]


USUAL = [Deed.ACKNOWLEDGE, Deed.WHY, Deed.COPY]


@pytest.mark.parametrize(
    ("topic", "subject", "severity", "deeds"),
    [
        (Topic.HEALTH, "kyodo", Severity.NOTICE, [Deed.RETRY, Deed.PUT_OFF, *USUAL]),
        (Topic.HEALTH, "kyodo", Severity.INFO, USUAL),  # it is well again
        (Topic.HEALTH, "", Severity.HIGH, USUAL),  # it is about no source
        (Topic.STORM, "storm-1", Severity.NOTICE, [Deed.UNFOLD, Deed.MUTE_STORM, *USUAL]),
    ],
)
def test_buttons_of_tocsins_own_messages_are_read_as_deeds_that_need_no_story(
    topic: Topic, subject: str, severity: Severity, deeds: list[Deed]
) -> None:
    assert of_tocsin(topic, subject=subject, severity=severity) == [(deed, KEY) for deed in deeds]


def test_what_keeps_messages_from_others_is_for_admins() -> None:
    assert {Deed.PUT_OFF, Deed.MUTE_STORM} <= GUARDED
    assert not {Deed.RETRY, Deed.UNFOLD} & GUARDED
    assert {Deed.RETRY, Deed.UNFOLD, Deed.PUT_OFF, Deed.MUTE_STORM} <= CHANGES


def test_every_deed_that_is_written_down_has_words_and_others_stay_as_they_are() -> None:
    assert all(deed_words(deed) != deed and "_" not in deed_words(deed) for deed in CHANGES)
    assert deed_words("silence") == "silence"
