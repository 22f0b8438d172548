from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.bulletin import Bulletin, Part, Topic, item
from alerts.face import face_for
from alerts.outbox import Delivery, Kind, State
from alerts.routing.silence import Matcher, Silence
from alerts.routing.spec import DigestSpec
from alerts.story import Alert, Field, Match, Severity, Span, Trend
from alerts.tuning.precision import Precision
from crawler.desk import words
from crawler.store.deeds import Acknowledged, Votes
from crawler.store.enquiries import Enquiry, Ground, Step, Wellbeing
from crawler.tuning.standing import Standing
from tests.fakes import NOON, outlet, story

TOKYO = ZoneInfo("Asia/Tokyo")
HOUR = timedelta(hours=1)
MATCH = Match(rule="pact", name="Pacts", severity=Severity.HIGH, spans=(Span(Field.TITLE, 0, 5),))


def alert(**changes: Any) -> Alert:
    values: dict[str, Any] = {"channel": "#news", "story": story(text="They begin on Monday."), "matches": (MATCH,)}
    return Alert(**(values | changes))


def delivery(content: Alert | Bulletin | None = None, **changes: Any) -> Delivery:
    values: dict[str, Any] = {"key": "01KEY", "state": State.SENT, "queued": NOON}
    return Delivery(**({"content": content or alert()} | values | changes))


def enquiry(of: Delivery | None = None, **changes: Any) -> Enquiry:
    ground = Ground(rule="pact", reason="first", says="", route="the rule's own `to:`")
    values: dict[str, Any] = {"grounds": (ground,), "steps": (), "acknowledged": None, "votes": {}}
    return Enquiry(**({"delivery": of or delivery()} | values | changes))


def step(minute: int, reason: str = "accepted", detail: str = "") -> Step:
    return Step(at=NOON + timedelta(minutes=minute), state="sent", reason=reason, detail=detail)


def silence(**changes: Any) -> Silence:
    values: dict[str, Any] = {"id": "K7QM", "matcher": Matcher(rules=("pact",)), "author": "ada", "start": NOON}
    return Silence(**(values | {"end": NOON + HOUR} | changes))


def test_a_rule_is_listed_with_what_it_would_have_sent() -> None:
    known = Standing(
        id="raa",
        name="Access",
        severity=Severity.NOTICE,
        channels=("#desk",),
        enabled=True,
        shadow=False,
        volume=9,
        precision=Precision(),
    )
    sends = {"raa": "9 in 7 d → #desk, budget 20/h"}
    assert words.rules([known], (), NOON, UTC, sends) == (
        "raa: Access, notice · found 9 in 7 d · would have sent 9 in 7 d → #desk, budget 20/h · no opinions yet"
    )


def test_why_names_rule_words_reason_route_story_people_and_way_in_the_readers_zone() -> None:
    told = words.why(
        enquiry(
            steps=(step(0),),
            acknowledged=Acknowledged(user="U0ADA00001", at=NOON),
            votes={"pact": Votes(relevant=2, not_relevant=1)},
        ),
        TOKYO,
    )
    assert told.splitlines() == [
        "Message 01KEY to #news, HIGH, sent, queued 2026-11-02 21:00",
        "Rule pact (Pacts, high) matched “Japan”",
        "  first: the channel had not heard of this story",
        "  the rule's own `to:`",
        "Story: Japan and France open talks (Reuters), seen 2026-11-02 21:00, published 2026-11-02 20:55",
        "More: tocsin explain 0000000000001",
        "Acknowledged by U0ADA00001 at 2026-11-02 21:00",
        "Rule pact: 2 of 3 opinions: relevant (67 %)",
        "Its way:",
        "  2026-11-02 21:00 sent: accepted",
    ]


def test_why_says_what_kept_a_match_back_before_it_was_told() -> None:
    ground = Ground(rule="pact", reason="edited", says="held for the morning digest", route="route 2")
    assert "  held for the morning digest\n  route 2" in words.why(enquiry(grounds=(ground,)), UTC)


def test_why_of_a_long_way_shows_its_last_steps_and_counts_the_others() -> None:
    told = words.why(enquiry(steps=tuple(step(minute, f"try-{minute}") for minute in range(30))), UTC)
    assert "the last 12 of 30 steps" in told
    assert "try-29" in told
    assert "try-17" not in told


def test_why_of_messages_that_are_about_no_match() -> None:
    digest = Bulletin(channel="#news", topic=Topic.DIGEST, title="Morning")
    assert "of Tocsin itself, about many things: digest" in words.why(enquiry(delivery(digest), grounds=()), UTC)
    reply = delivery(kind=Kind.REPLY, note="the outlet has removed the story")
    assert "A reply about a story that was told: the outlet" in words.why(enquiry(reply, grounds=()), UTC)
    trend = alert(trend=Trend(condition="count", says="5 stories in 1 h", number=5))
    assert "  5 stories in 1 h" in words.why(enquiry(delivery(trend), grounds=()), UTC)


TEXT = st.text(max_size=300) | st.sampled_from(["\n" * 50, "\u202e", "x" * 5000, "a\nRule pact: 9 of 9 opinions"])


@given(title=TEXT, name=TEXT, details=st.lists(TEXT, max_size=40))
def test_why_is_short_whatever_others_wrote_and_nobody_writes_its_lines(
    title: str, name: str, details: list[str]
) -> None:
    match = Match(rule="pact", name=name, severity=Severity.HIGH, spans=(Span(Field.TITLE, 0, len(title)),))
    of = delivery(alert(story=story(title, outlet=outlet(name=name)), matches=(match,)))
    steps = tuple(step(minute, detail=detail) for minute, detail in enumerate(details))
    told = words.why(enquiry(of, steps=steps), UTC)
    assert len(told) <= words.LONGEST
    assert not any(line.startswith("Rule pact: ") for line in told.splitlines())


def test_a_message_as_text_has_all_that_the_card_has() -> None:
    full = alert(also=(outlet(id="bbc", name="BBC"),), retitled="Talks open", trend=None)
    told = words.copy(face_for(delivery(full, remark="also handed to mail")), UTC).splitlines()
    assert told == [
        "HIGH: Talks open",
        "Reuters (reuters.example) · tier 1 · 2026-11-02 11:55 UTC",
        "They begin on Monday.",
        "https://reuters.example/world/japan-france",
        "Rule pact matched Japan",
        "Also reported by BBC",
        "Headline before: Japan and France open talks",
        "Note: also handed to mail",
    ]


def test_replies_and_bulletins_as_text() -> None:
    reply = words.copy(face_for(delivery(kind=Kind.REPLY, note="corrected")), UTC)
    assert reply.startswith("Japan and France open talks (Reuters): corrected\nhttps://")
    part = Part(heading="Pacts", items=(item("Talks", "https://a.example/x", "Reuters"),), more=3)
    bulletin = Bulletin(
        channel="#news",
        topic=Topic.DIGEST,
        title="Morning",
        lead="Four.",
        facts=(("since", "22:00"),),
        parts=(part,),
        foot="That is all.",
    )
    assert words.copy(face_for(delivery(bulletin)), UTC).splitlines() == [
        "Morning",
        "Four.",
        "since: 22:00",
        "Pacts",
        "  • Talks  Reuters  https://a.example/x",
        "  and 3 more",
        "That is all.",
    ]


@pytest.mark.parametrize(
    ("votes", "says"),
    [
        (None, "no opinions yet"),
        (Votes(), "no opinions yet"),
        (Votes(not_relevant=1), "0 of 1 opinions: relevant (0 %)"),
    ],
)
def test_what_people_think(votes: Votes | None, says: str) -> None:
    assert words.precision(votes) == says


@pytest.mark.parametrize(
    ("matcher", "says"),
    [
        (Matcher(rules=("a", "b")), "rule a or b"),
        (Matcher(tags=("asia",), sources=("wire",)), "tag asia, source wire"),
        (Matcher(severity=Severity.HIGH, text="rare\nearths"), "high or lower, text “rare earths”"),
    ],
)
def test_what_a_silence_is_about(matcher: Matcher, says: str) -> None:
    assert words.meant(matcher) == says


def test_a_silence_says_when_it_begins_only_before_it_does() -> None:
    assert words.silenced(silence(comment="an exercise"), NOON, UTC) == (
        "K7QM rule pact until 2026-11-02 13:00 by ada: an exercise"
    )
    assert "from 2026-11-02 12:00 until" in words.silenced(silence(), NOON - HOUR, UTC)


@pytest.mark.parametrize(
    ("condition", "reason", "says"),
    [
        ("ok", "200", ""),
        ("new", "", "no answer yet"),
        ("new", "dns", "never answered well: dns"),
        ("silent", "200", "silent: nothing new"),
        ("failing", "dns", "failing (dns): No address is known"),
        ("gone", "gone", "gone (gone): "),
    ],
)
def test_trouble_of_a_source(condition: str, reason: str, says: str) -> None:
    one = Wellbeing(name="Wire", condition=condition, reason=reason, detail="", last_ok=None, fresh=0)
    assert words.trouble(one).startswith(says)
    assert bool(words.trouble(one)) == (condition != "ok")


def test_lists_say_when_they_are_empty_or_cut() -> None:
    assert words.rules((), (), NOON, UTC) == "There are no rules yet: write some in config.yaml."
    assert words.matched((), story()) == "No rule holds for that."
    assert words.found((), UTC, more=False) == "Nothing found."
    assert words.found((story(),), UTC, more=True).endswith("`tocsin search` lists them")
    assert words.digests(()).startswith("There are no digests")


def test_digests_are_named_with_their_times() -> None:
    digest = DigestSpec(name="morning", at=NOON.time(), zone=TOKYO, to=("#news", "#desk"))
    assert words.digests((digest,)) == "These digests come at their times: morning at 12:00 Asia/Tokyo to #news, #desk"
