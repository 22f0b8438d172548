from __future__ import annotations

import errno
import logging
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.bulletin import Bar, Bulletin, Part, Topic, item
from alerts.card import MAY_REPEAT, Notice, card_for
from alerts.courier import Courier
from alerts.errors import CardRefused, Later, MessageGone, RouteRefused, Unclear
from alerts.face import face_for
from alerts.notify.payload import payload
from alerts.notify.webhook import WebhookNotifier, judge_answer, judge_failure, signature
from alerts.outbox import Kind, Receipt, State
from alerts.routing.spec import Style
from alerts.story import Alert, Headline, Outlet, Severity, Trend
from tests.fakes import NOON, FakeClock, outlet, story
from tests.fakes_outbox import MemoryOutbox, alert, delivery, found, match
from tests.receiver import RESET, Receiver, is_signed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from alerts.outbox import Delivery

TEXT = "They agreed on a Reciprocal Access Agreement."
MARK = "\u202e<!channel> @everyone \u200b[x](https://evil.example) \ue001\U000e0041"


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[Receiver, WebhookNotifier]]:
    async with Receiver() as receiver:
        notifier = WebhookNotifier(receiver.url, "s3cret", aiohttp.ClientSession(), clock=FakeClock())
        yield receiver, notifier
        await notifier.close()


def told(**changes: Any) -> Delivery:
    of = alert(story("Talks open", TEXT), "pagerduty", matches=(match(name="RAA", spans=found(TEXT, "Access")),))
    return delivery("K1", of, **({"attempts": 1} | changes))


def said(of: Alert) -> dict[str, Any]:
    return payload(card_for(of), delivery(of=of))


async def test_a_message_is_posted_signed_and_with_its_key() -> None:
    async with connected() as (receiver, notifier):
        one = told()
        assert await notifier.send(one, face_for(one)) == Receipt(channel="pagerduty", message="K1")
    (got,) = receiver.got
    assert is_signed(got, "s3cret")
    assert not is_signed(got, "other")
    assert got.headers["Content-Type"] == "application/json"
    assert (got.headers["Idempotency-Key"], got.headers["Tocsin-Attempt"]) == ("K1", "1")
    assert got.said == payload(face_for(one), one)


def test_the_payload_says_what_happened_who_says_so_and_why() -> None:
    one = told()
    assert payload(face_for(one), one) == {
        "version": 1,
        "kind": "alert",
        "key": "K1",
        "revision": 0,
        "parent": None,
        "severity": "high",
        "rules": [{"id": "raa-watch", "name": "RAA", "severity": "high", "matched": ["Access"]}],
        "story": {
            "id": "1",
            "title": "Talks open",
            "url": "https://reuters.example/world/japan-france",
            "text": TEXT,
            "language": "en",
            "outlet": {"id": "reuters", "name": "Reuters", "type": None, "tier": 1, "country": None},
            "published": "2026-11-02T11:55:00+00:00",
            "seen": "2026-11-02T12:00:00+00:00",
        },
        "also": [],
        "together": None,
        "next": [],
        "more": 0,
        "update": None,
        "was": None,
        "wording": None,
        "note": None,
        "bulletin": None,
        "remark": None,
    }


def test_the_payload_names_other_outlets_the_next_stories_and_what_is_unknown() -> None:
    top = (Headline(title="Tokyo confirms", url="javascript:alert(1)", outlet="Nikkei"),)
    trend = Trend(condition="count", says="5 stories in 1 h", number=5, top=top, more=3)
    of = alert(story(published=None, url=None), trend=trend, also=(outlet(id="kyodo", name="共同通信"),))
    full = said(of)
    assert full["also"] == ["共同通信"]
    assert full["together"] == "5 stories in 1 h"
    assert full["next"] == [{"title": "Tokyo confirms", "url": None, "outlet": "Nikkei"}]
    assert (full["more"], full["story"]["url"], full["story"]["published"]) == (3, None, None)


def test_a_reply_names_its_parent_and_a_note_has_no_rules() -> None:
    parent = Receipt(channel="pagerduty", message="K0")
    one = told(kind=Kind.REPLY, parent=parent, note="the outlet changed the headline")
    face = face_for(one)
    assert isinstance(face, Notice)
    full = payload(face, one)
    assert (full["kind"], full["parent"], full["note"]) == ("reply", "K0", "the outlet changed the headline")
    assert (full["severity"], full["rules"], full["story"]["text"]) == (None, [], None)
    assert full.keys() == payload(face_for(told()), told()).keys()


def summary() -> Delivery:
    items = (item("Talks open", "https://reuters.example/1", "Reuters +4"), item("No link", "javascript:x"))
    bulletin = Bulletin(
        channel="pagerduty",
        topic=Topic.HEALTH,
        title="Feed down",
        severity=Severity.HIGH,
        facts=(("Last answer", "HTTP 403"),),
        parts=(Part(heading="Rules that lose sight", items=items, more=3),),
        chart=(Bar("raa-watch", 11, 5.5), Bar("minerals", 1)),
        subject="kyodo",
    )
    return delivery("K1", content=bulletin)


def test_a_bulletin_has_the_fields_of_an_alert_and_says_what_it_has_to_in_one_of_its_own() -> None:
    one = summary()
    full = payload(face_for(one), one)
    assert full.keys() == payload(face_for(told()), told()).keys()
    assert (full["kind"], full["severity"], full["story"], full["rules"]) == ("bulletin", "high", None, [])
    items = [
        {"text": "Talks open", "url": "https://reuters.example/1", "remark": "Reuters +4"},
        {"text": "No link", "url": None, "remark": None},
    ]
    assert full["bulletin"] == {
        "topic": "health",
        "subject": "kyodo",
        "title": "Feed down",
        "lead": None,
        "facts": [{"label": "Last answer", "value": "HTTP 403"}],
        "parts": [{"heading": "Rules that lose sight", "items": items, "more": 3}],
        "chart": [
            {"label": "raa-watch", "value": 11, "usual": 5.5, "text": "████████████ 11, usually 5.5 · raa-watch"},
            {"label": "minerals", "value": 1, "usual": None, "text": "█▏ 1 · minerals"},
        ],
        "foot": None,
    }
    assert payload(face_for(one), one, edited=True) == full | {"kind": "edit"}
    plain = payload(face_for(one), one, plain=True)["bulletin"]
    (part,) = plain["parts"]
    assert plain["chart"] == []
    assert part == {"heading": "Rules that lose sight", "items": [], "more": 5}


async def test_an_edit_has_the_same_key_in_the_body_and_one_of_its_own_in_the_header() -> None:
    async with connected() as (receiver, notifier):
        first, later = told(), told(revision=3)
        await notifier.send(first, face_for(first))
        await notifier.edit(later, face_for(later))
    bodies = receiver.kept()
    assert [(one["kind"], one["key"], one["revision"]) for one in bodies.values()] == [
        ("alert", "K1", 0),
        ("edit", "K1", 3),
    ]
    assert list(bodies) == ["K1", "K1.3"]


async def test_a_plainer_form_leaves_out_what_makes_it_long() -> None:
    async with connected() as (receiver, notifier):
        one = told(rung=1)
        await notifier.send(one, face_for(one))
    full = receiver.got[0].said
    assert (full["story"]["text"], full["rules"][0]["matched"], full["story"]["title"]) == (None, [], "Talks open")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, RouteRefused),
        (400, CardRefused),
        (401, RouteRefused),
        (403, RouteRefused),
        (404, RouteRefused),
        (409, Later),
        (410, RouteRefused),
        (413, CardRefused),
        (422, CardRefused),
        (429, Later),
        (500, Unclear),
        (502, Unclear),
        (503, Later),
        (RESET, Unclear),
    ],
)
async def test_what_an_answer_means(status: int, kind: type[Exception]) -> None:
    async with connected() as (receiver, notifier):
        receiver.answer_next(status, "no\x1b[2J thanks", Location="http://127.0.0.1:1/")
        one = told()
        with pytest.raises(kind) as raised:
            await notifier.send(one, face_for(one))
    assert raised.type is kind
    assert len(receiver.got) == 1
    assert "\x1b" not in str(raised.value)


@pytest.mark.parametrize(
    ("wanted", "seconds"),
    [("7", 7), ("0", 1), ("9" * 9, 86_400), ("Mon, 02 Nov 2026 12:00:00 GMT", None), ("nan", None)],
)
def test_a_retry_after_is_kept_within_reason(wanted: str, seconds: int | None) -> None:
    problem = judge_answer(429, wanted, "")
    assert isinstance(problem, Later)
    assert problem.after == (timedelta(seconds=seconds) if seconds else None)


async def test_an_edit_of_what_is_gone_is_given_up() -> None:
    async with connected() as (receiver, notifier):
        receiver.answer_next(410)
        with pytest.raises(MessageGone):
            await notifier.edit(told(), face_for(told()))
        receiver.answer_next(404)
        with pytest.raises(RouteRefused):
            await notifier.edit(told(), face_for(told()))


async def test_nobody_there_is_no_unclear_answer_and_no_error_repeats_the_address() -> None:
    async with Receiver() as receiver:
        url = receiver.url
    notifier = WebhookNotifier(url, "s3cret", aiohttp.ClientSession(), clock=FakeClock())
    with pytest.raises(Later) as raised:
        await notifier.send(told(), face_for(told()))
    await notifier.close()
    assert "hush" not in f"{raised.value}{raised.value.detail}"
    for error in (aiohttp.InvalidURL("http://x/hush"), TimeoutError(), aiohttp.ServerDisconnectedError("hush")):
        assert "hush" not in str(judge_failure(error))


def test_failures_before_and_after_the_request_went_out_are_told_apart() -> None:
    assert isinstance(judge_failure(TimeoutError()), Unclear)
    assert isinstance(judge_failure(aiohttp.ConnectionTimeoutError()), Later)
    assert isinstance(judge_failure(ConnectionResetError()), Unclear)
    assert isinstance(judge_failure(PermissionError(errno.EACCES, "10.0.0.1 is not a public address")), RouteRefused)


async def test_an_unclear_message_goes_out_again_at_once_and_a_receiver_that_heeds_the_key_has_it_once() -> None:
    clock = FakeClock()
    async with connected() as (receiver, notifier):
        receiver.answer_next(RESET)
        outbox = MemoryOutbox(delivery("K1", told().alert), delivery("K2", told().alert))
        courier = Courier(outbox, notifier, clock, log=logging.getLogger("test"), chance=lambda: 0.0)
        await courier.drain(timedelta(minutes=1))
    assert outbox.states() == [State.SENT, State.SENT]
    assert outbox.reasons("K1") == ["unclear", "cannot-look", "accepted"]
    assert [one.headers["Idempotency-Key"] for one in receiver.got] == ["K1", "K2", "K1"]
    assert receiver.got[0].body == receiver.got[2].body
    assert receiver.got[2].headers["Tocsin-Attempt"] == "2"


def test_the_body_is_the_same_at_every_attempt() -> None:
    one = told()
    assert payload(face_for(one, notice=MAY_REPEAT), one) == payload(face_for(one), one)
    assert (
        payload(face_for(told(remark="meant for #news")), told(remark="meant for #news"))["remark"] == "meant for #news"
    )


def test_a_signature_depends_on_time_body_and_secret() -> None:
    made = {
        signature("s", NOON, b"{}"),
        signature("s", NOON + timedelta(seconds=1), b"{}"),
        signature("s", NOON, b"{ }"),
        signature("t", NOON, b"{}"),
    }
    assert len(made) == 4


HOSTILE = st.text(st.characters(codec=None) | st.sampled_from(MARK), max_size=60)


@given(HOSTILE, HOSTILE, HOSTILE)
def test_no_unseen_character_and_no_unsafe_link_gets_out(title: str, text: str, name: str) -> None:
    of = alert(story(title, text, url="https://user@evil.example/", outlet=Outlet(id="x", name=name, host="x.example")))
    full = said(of)
    everything = full["story"]["title"] + (full["story"]["text"] or "") + full["story"]["outlet"]["name"]
    assert not set(everything) & set("\u202e\u200b\x1b\n\U000e0041")
    assert full["story"]["url"] is None


def test_programs_get_everything_in_every_style_and_own_words_beside_it() -> None:
    one = told()
    assert payload(face_for(told(style=Style.COMPACT)), one) == payload(face_for(one), one)
    worded = replace(card_for(one.alert), wording="Hear, hear")
    assert payload(worded, one) == payload(face_for(one), one) | {"wording": "Hear, hear"}
    assert payload(worded, one, plain=True)["wording"] is None
