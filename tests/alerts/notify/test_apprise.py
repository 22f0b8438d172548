from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.bulletin import Bar, Bulletin, Part, Topic, item
from alerts.card import card_for
from alerts.errors import RouteRefused, Unclear
from alerts.face import face_for
from alerts.notify.apprise import BODY_LIMIT, TITLE_LIMIT, AppriseNotifier, connect, inert, text_of
from alerts.outbox import Receipt
from alerts.routing.spec import Style
from alerts.story import Headline, Severity, Trend
from tests.fakes import NOON, story
from tests.fakes_outbox import alert, delivery, found, match

TOKYO = ZoneInfo("Asia/Tokyo")
TEXT = "They agreed on a Reciprocal Access Agreement."


class Sent:
    """Takes what an ``apprise.Apprise`` takes, and answers as it is told."""

    def __init__(self, answer: bool | None = True) -> None:
        self.answer = answer
        self.calls: list[tuple[str, str, str]] = []

    def notify(self, body: str, title: str, *, body_format: str) -> bool | None:
        self.calls.append((title, body, body_format))
        return self.answer


def told(**changes: Any) -> Any:
    of = alert(story("Talks open", TEXT), "mail", matches=(match(name="RAA", spans=found(TEXT, "Access")),))
    return delivery("K1", of, **changes)


async def test_a_message_is_sent_as_text_and_never_as_markup() -> None:
    sender = Sent()
    one = told()
    receipt = await AppriseNotifier(sender, TOKYO).send(one, face_for(one))
    assert receipt == Receipt(channel="mail", message="K1")
    ((title, body, form),) = sender.calls
    assert (title, form) == ("HIGH: Talks open", "text")
    assert body.splitlines() == [
        "Talks open",
        TEXT,
        "Reuters (reuters.example) · tier 1 · 2026-11-02 20:55 JST",
        "rule RAA matched Access",
        "https://reuters.example/world/japan-france",
    ]


def test_a_bulletin_is_its_title_and_line_after_line_with_addresses_of_their_own() -> None:
    items = (item("Talks open", "https://reuters.example/1", "Reuters +4"), item("<!channel> down"))
    bulletin = Bulletin(
        channel="mail",
        topic=Topic.HEALTH,
        title="Feed *down*",
        severity=Severity.HIGH,
        lead="It answers nothing.",
        facts=(("Last answer", "HTTP 403"),),
        parts=(Part(heading="Stories", items=items, more=3),),
        chart=(Bar("raa-watch", 11, 5), Bar("@all", 1)),
        foot="See tocsin status.",
    )
    title, body = text_of(face_for(delivery(content=bulletin), notice="may repeat"), TOKYO)
    assert title == "HIGH: Feed ∗down∗"
    assert body.splitlines() == [
        "It answers nothing.",
        "Last answer: HTTP 403",
        "████████████ 11, usually 5 · raa-watch",
        "█▏ 1 · ＠all",
        "",
        "Stories",
        "- Talks open — Reuters +4",
        "https://reuters.example/1",
        "- ‹!channel› down",
        "- +3 more",
        "See tocsin status.",
        "may repeat",
    ]
    parts = (Part(heading="Stories", items=items * 40),) * 20
    _, long = text_of(replace(bulletin, parts=parts), TOKYO)
    assert len(long) <= BODY_LIMIT
    assert "more" in long


async def test_a_no_may_be_a_yes_of_some_so_it_is_unclear_and_cannot_be_looked_up() -> None:
    one = told()
    notifier = AppriseNotifier(Sent(answer=False), TOKYO)
    with pytest.raises(Unclear):
        await notifier.send(one, face_for(one))
    assert await notifier.find("mail", ["K1"], NOON) is None


async def test_an_address_of_no_service_is_somebodys_to_mend() -> None:
    one = told()
    with pytest.raises(RouteRefused):
        await AppriseNotifier(Sent(answer=None), TOKYO).send(one, face_for(one))


async def test_what_was_sent_stays_as_it_is() -> None:
    sender = Sent()
    notifier = AppriseNotifier(sender, TOKYO)
    await notifier.edit(told(), face_for(told()))
    await notifier.close()
    assert sender.calls == []


def test_a_note_names_the_story_it_is_about() -> None:
    one = told(note="the outlet changed the headline")
    assert text_of(face_for(one), TOKYO) == (
        "Talks open",
        "Reuters: the outlet changed the headline\nhttps://reuters.example/world/japan-france",
    )


def test_many_stories_together_are_named() -> None:
    trend = Trend(
        condition="count",
        says="5 stories in 1 h",
        number=5,
        top=(Headline(title="Tokyo confirms", url=None, outlet="Nikkei"),),
        more=3,
    )
    body = text_of(card_for(alert(trend=trend)), TOKYO)[1]
    assert "5 stories in 1 h\n" in body
    assert "then Tokyo confirms · Nikkei\nand 3 more" in body


@given(st.text(max_size=400), st.text(max_size=400))
def test_nothing_of_others_can_mention_link_or_hide(title: str, text: str) -> None:
    of = alert(story(f"<!channel> @everyone [a](https://b.example) ||x|| `{title}", f"<@U1> **{text}", url=None))
    head, body = text_of(card_for(of), TOKYO)
    assert not set(head + body) & set("@<>[]|`*~")
    assert len(head) <= TITLE_LIMIT


def test_what_is_made_inert_keeps_its_length_and_its_letters() -> None:
    assert inert("a@b [c](d) 日本") == "a\uff20b \uff3bc\uff3d(d) 日本"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of a library that its mail plugin uses
def test_the_real_apprise_takes_an_address_or_says_no() -> None:
    apprise = pytest.importorskip("apprise")
    assert connect("nosuch://x") is None
    sender = connect("json://127.0.0.1:9/")
    assert isinstance(sender, apprise.Apprise)
    assert Severity.HIGH.name in text_of(face_for(told()), TOKYO)[0]


def test_a_compact_message_has_source_and_reasons_in_one_line() -> None:
    one = told(style=Style.COMPACT)
    title, body = text_of(face_for(one), TOKYO)
    assert title == "HIGH: Talks open"
    assert body.splitlines() == [
        "Talks open",
        TEXT,
        "Reuters (reuters.example) · 2026-11-02 20:55 JST · rule RAA matched Access",
        "https://reuters.example/world/japan-france",
    ]


def test_own_words_are_inert_and_their_address_is_said_once() -> None:
    url = "https://reuters.example/world/japan-france"
    for wording, lines in ((f"Hear @here\n{url}", 2), ("Hear @here", 1)):
        _, body = text_of(replace(card_for(told().alert), wording=wording), TOKYO)
        assert body.splitlines()[:lines] == ["Hear ＠here", url][:lines]
        assert body.count(url) == 1
        assert TEXT not in body
