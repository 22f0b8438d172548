from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from alerts.bulletin import Bulletin, Item, Part, Topic
from alerts.card import Card
from alerts.errors import WordingError
from alerts.face import face_for, face_of
from alerts.routing.spec import Style
from alerts.slack.blocks import message
from tests.fakes import NOON, story
from tests.fakes_outbox import alert, delivery

if TYPE_CHECKING:
    from alerts.story import Story


@dataclass
class Words:
    """Says the title in a way, or that it cannot."""

    fault: str = ""

    def say(self, card: Card, story: Story) -> str:
        if self.fault:
            raise WordingError(self.fault, 3)
        return f"Hear, hear: {card.headline} ({story.id})"


def test_a_card_has_the_style_and_the_words_of_its_delivery() -> None:
    one = delivery(style=Style.COMPACT, template="a.txt")
    face = face_for(one, wordings={"a.txt": Words()})
    assert isinstance(face, Card)
    assert (face.compact, face.wording, face.notice) == (True, "Hear, hear: Japan and France open talks (1)", None)
    plain = face_for(delivery())
    assert isinstance(plain, Card)
    assert (plain.compact, plain.wording) == (False, "")


def test_words_that_cannot_be_had_are_ours_and_the_card_says_so() -> None:
    for wordings, why in (({}, "the configuration has it no more"), ({"a.txt": Words("broken\u202e")}, "broken")):
        face = face_for(delivery(template="a.txt", remark="meant for #x"), wordings=wordings)
        assert isinstance(face, Card)
        assert face.wording == ""
        assert face.notice == f"meant for #x; the wording a.txt was not used: {why}"


def test_a_bulletin_is_made_clean_wherever_it_comes_from() -> None:
    items = (Item(text="a\u202e\nb", link="javascript:x", host="reuters.com", remark="\u200b"),)
    parts = (Part(heading="h" * 999, items=items),)
    bulletin = Bulletin(channel="#news", topic=Topic.DIGEST, title="t\n" * 999, parts=parts)
    face = face_for(delivery(content=bulletin), notice="may repeat")
    assert isinstance(face, Bulletin)
    (part,) = face.parts
    assert part.items == (Item(text="a b"),)
    assert (len(part.heading), len(face.title), face.notice) == (200, 140, "may repeat")
    assert face_for(delivery(content=face)) == face_for(delivery(content=bulletin))


def test_two_looks_are_told_apart_by_what_they_show() -> None:
    one = delivery(of=alert(story("Talks open")))
    faces = [one, delivery(of=alert(story("Talks end"))), delivery(of=alert(story("Talks open")), style=Style.COMPACT)]
    assert len({face_of(face_for(face)) for face in faces}) == 3
    assert face_of(face_for(one)) == face_of(face_for(delivery(of=alert(story("Talks open")))))


def test_a_card_writes_times_in_the_zone_that_it_is_laid_out_for() -> None:
    one = delivery(of=alert(story(published=NOON)))
    card = face_for(one, zone=ZoneInfo("Asia/Tokyo"))
    assert isinstance(card, Card)
    payload = message(card, delivery=one, channel="C0NEWS0001")
    assert "2026-11-02 21:00 JST" in payload["text"]
    (source,) = payload["blocks"][-1]["elements"]
    assert "{time}|2026-11-02 21:00 JST>" in source["text"]
