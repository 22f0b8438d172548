from __future__ import annotations

import html
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.bulletin import Bar, Bulletin, Part, Topic, item, tidied
from alerts.card import MAY_REPEAT
from alerts.face import face_for
from alerts.outbox import Receipt
from alerts.slack.blocks import Rung, edit, message
from alerts.slack.elements import BLOCKS_LIMIT, TEXT_LIMIT, size
from alerts.story import Severity
from tests import slack_rules
from tests.alerts.slack.test_blocks import ANYTHING, HOSTILE_TEXT, HOSTILE_TITLE, URLS
from tests.fakes_outbox import delivery

TALKS = item("Japan and France open talks", "https://reuters.example/1", "Reuters +4")
RATIFIED = item("Manila ratifies", "https://inquirer.example/1", "Inquirer")


def digest(**changes: Any) -> Bulletin:
    parts = (
        Part(heading="raa-watch: 11 stories, usually 5", items=(TALKS, RATIFIED), more=9),
        Part(heading="rare-earths: 1 story", items=(item("EU plans a stockpile", None, "EUobserver"),)),
    )
    values: dict[str, Any] = {
        "channel": "#news", "topic": Topic.DIGEST, "title": "Morning digest", "lead": "1 to 2 November: 12 stories",
        "parts": parts, "foot": "Nothing by the rule new-caledonia, which usually finds something.",
    }  # fmt: skip
    return Bulletin(**(values | changes))


def health(**changes: Any) -> Bulletin:
    facts = (("Last good answer", "2026-11-01 14:25 UTC"), ("Last answer", "HTTP 403 <html>Forbidden & blocked</html>"))
    values: dict[str, Any] = {
        "channel": "#tocsin-ops", "topic": Topic.HEALTH, "title": "Feed down for 24 h: Kyodo News", "facts": facts,
        "lead": "It answers nothing that can be used.", "subject": "kyodo",
    }  # fmt: skip
    return Bulletin(**(values | changes))


def rendered(
    of: Bulletin, rung: Rung = Rung.FULL, notice: str | None = None, picture: str | None = None
) -> dict[str, Any]:
    one = delivery(content=of)
    return message(face_for(one, notice=notice), delivery=one, channel="C0NEWS0001", rung=rung, picture=picture)


def text_run(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": text, **more}


def listed(*items: list[dict[str, Any]]) -> dict[str, Any]:
    sections = [{"type": "rich_text_section", "elements": runs} for runs in items]
    return {"type": "rich_text_list", "style": "bullet", "elements": sections}


def test_a_digest_is_a_header_the_period_and_a_list_for_each_rule() -> None:
    head, lead, first, second, foot = rendered(digest())["blocks"]
    assert head["text"] == {"type": "plain_text", "text": "Morning digest", "emoji": False}
    assert lead["elements"] == [{"type": "plain_text", "text": "1 to 2 November: 12 stories", "emoji": False}]
    heading, stories = first["elements"]
    assert heading["elements"] == [text_run("raa-watch: 11 stories, usually 5", style={"bold": True})]
    link = {"type": "link", "url": "https://reuters.example/1", "text": "Japan and France open talks"}
    other = {"type": "link", "url": "https://inquirer.example/1", "text": "Manila ratifies"}
    assert stories == listed(
        [link, text_run(" — Reuters +4")], [other, text_run(" — Inquirer")], [text_run("+9 more")]
    )  # fmt: skip
    assert second["elements"][1] == listed([text_run("EU plans a stockpile"), text_run(" — EUobserver")])
    assert foot["elements"][0]["text"].startswith("Nothing by the rule")


def test_news_of_a_source_is_a_line_with_a_sign_and_facts_side_by_side() -> None:
    head, facts = rendered(health())["blocks"]
    assert head["text"] == {
        "type": "mrkdwn",
        "text": ":warning: *Feed down for 24 h: Kyodo News*\nIt answers nothing that can be used.",
        "verbatim": True,
    }
    assert [field["text"] for field in facts["fields"]] == [
        "*Last good answer*\n2026-11-01 14:25 UTC",
        "*Last answer*\nHTTP 403 &lt;html&gt;Forbidden &amp; blocked&lt;/html&gt;",
    ]


@pytest.mark.parametrize(
    ("topic", "severity", "sign", "word"),
    [
        (Topic.STORM, Severity.NOTICE, ":rotating_light:", ""),
        (Topic.HEALTH, Severity.CRITICAL, ":warning:", "CRITICAL: "),
        (Topic.HEALTH, Severity.INFO, ":information_source:", ""),
    ],
)
def test_how_grave_it_is_is_said_in_words_too(topic: Topic, severity: Severity, sign: str, word: str) -> None:
    payload = rendered(health(topic=topic, severity=severity, lead=""))
    assert payload["blocks"][0]["text"]["text"] == f"{sign} *{word}Feed down for 24 h: Kyodo News*"
    assert payload["text"].startswith(f"{word}Feed down")


def test_a_screen_reader_gets_everything() -> None:
    said = [
        "Morning digest", "1 to 2 November: 12 stories",
        "raa-watch: 11 stories, usually 5", "• Japan and France open talks — Reuters +4 https://reuters.example/1",
        "• Manila ratifies — Inquirer https://inquirer.example/1", "• +9 more",
        "rare-earths: 1 story", "• EU plans a stockpile — EUobserver",
        "Nothing by the rule new-caledonia, which usually finds something.", f"Note: {MAY_REPEAT}.",
    ]  # fmt: skip
    assert rendered(digest(), notice=MAY_REPEAT)["text"].splitlines() == said
    plain = rendered(digest(), Rung.TEXT, notice=MAY_REPEAT)
    assert "blocks" not in plain
    assert plain["text"].splitlines() == said


BARS = (Bar("raa-watch", 11, 5), Bar("rare-earths", 1))


def test_a_picture_says_all_its_numbers_to_those_who_cannot_see_it() -> None:
    payload = rendered(digest(chart=BARS), picture="F0FILE0001")
    assert slack_rules.refusal(payload) is None
    assert payload["blocks"][2] == {
        "type": "image",
        "block_id": "chart",
        "slack_file": {"id": "F0FILE0001"},
        "alt_text": "Bar chart: stories by rule. raa-watch: 11, usually 5. rare-earths: 1.",
        "title": {"type": "plain_text", "text": "Stories by rule", "emoji": False},
    }


@pytest.mark.parametrize(("rung", "picture"), [(Rung.FULL, None), (Rung.PLAIN, None), (Rung.PLAIN, "F0FILE0001")])
def test_without_a_picture_the_chart_is_bars_of_text(rung: Rung, picture: str | None) -> None:
    payload = rendered(digest(chart=BARS), rung, picture=picture)
    (drawn,) = payload["blocks"][2]["elements"]
    bars = "████████████ 11, usually 5 · raa-watch\n█▏ 1 · rare-earths"
    assert drawn == {"type": "rich_text_preformatted", "elements": [text_run(bars)]}
    assert "█" not in payload["text"]  # a screen reader would spell them out


def test_where_there_are_no_blocks_the_bars_stand_in_the_text() -> None:
    assert "█▏ 1 · rare-earths" in rendered(digest(chart=BARS), Rung.TEXT)["text"].splitlines()


def test_where_not_all_fits_the_text_keeps_lines_or_where_nothing_can_be_clicked_on_addresses() -> None:
    items = tuple(item(f"Story {number}", f"https://a.example/{number}/" + "x" * 300) for number in range(30))
    long = digest(parts=(Part(heading="raa-watch", items=items),))
    for rung, links, lines in ((Rung.FULL, 0, 30), (Rung.TEXT, 10, 10)):
        text = rendered(long, rung)["text"]
        assert (text.count("https://"), text.count("• Story")) == (links, lines)
    assert "• +20 more" in text


@pytest.mark.parametrize("topic", Topic)
def test_metadata_says_what_it_is_about_and_nothing_of_its_subject(topic: Topic) -> None:
    assert rendered(health(topic=topic))["metadata"] == {
        "event_type": "tocsin_delivery",
        "event_payload": {"key": "01J9ZK4Q0000000000000000A1", "kind": str(topic), "rev": 1},
    }


def test_an_edit_shows_what_the_message_would_be() -> None:
    one = delivery(content=health())
    first = message(face_for(one), delivery=one, channel="C0NEWS0001")
    later = edit(face_for(one), delivery=one, receipt=Receipt(channel="C0NEWS0001", message="1.2"))
    assert {name: later[name] for name in ("text", "blocks", "parse", "metadata")} == {
        name: first[name] for name in ("text", "blocks", "parse", "metadata")
    }
    assert (later["channel"], later["ts"]) == ("C0NEWS0001", "1.2")


def test_a_line_that_names_an_address_is_not_what_one_clicks_on() -> None:
    part = Part(heading="r", items=(item("Reuters.com: talks", "https://evil.example/a", "Evil"),))
    runs = rendered(digest(parts=(part,)))["blocks"][2]["elements"][1]["elements"][0]["elements"]
    link = {"type": "link", "url": "https://evil.example/a", "text": "evil.example"}
    assert runs == [text_run("Reuters.com: talks "), link, text_run(" — Evil")]


def test_what_does_not_fit_is_counted_under_each_heading() -> None:
    lines = tuple(item(f"Story {number} " + "s" * 120, "https://a.example/" + "x" * 400, "A") for number in range(30))
    parts = tuple(Part(heading=f"rule-{number}", items=lines, more=5) for number in range(4))
    payload = rendered(digest(parts=parts))
    assert size(payload["blocks"]) <= BLOCKS_LIMIT
    for part in payload["blocks"][2:6]:
        *shown, rest = part["elements"][1]["elements"]
        assert shown
        assert rest["elements"] == [text_run(f"+{35 - len(shown)} more")]
    assert payload["text"].count("+") == 4


def test_countless_headings_and_facts_are_counted_too() -> None:
    parts = tuple(Part(heading=f"{number} " + "h" * 190, items=(TALKS,) * 3, more=1) for number in range(90))
    payload = rendered(digest(parts=parts, facts=tuple((f"fact {number}", "v" * 300) for number in range(60))))
    assert slack_rules.refusal(payload) is None
    headings = [block for block in payload["blocks"] if block["type"] == "rich_text"]
    *shown, last = headings
    assert last["elements"][0]["elements"][0]["text"] == f"and {90 - len(shown)} more headings"
    assert last["elements"][1]["elements"][0]["elements"][0]["text"] == f"{4 * (90 - len(shown))} not listed"
    fields = [field for block in payload["blocks"] for field in block.get("fields", [])]
    assert fields[-1]["text"] == f"*And more*\n{61 - len(fields)} not shown"


def test_hostile_text_pings_nobody_and_deceives_nobody() -> None:
    part = Part(heading=HOSTILE_TITLE, items=(item(HOSTILE_TITLE, "https://evil.example/a", HOSTILE_TEXT),))
    hostile = {"lead": HOSTILE_TEXT, "facts": ((HOSTILE_TITLE, HOSTILE_TEXT),), "parts": (part,), "foot": HOSTILE_TEXT}
    for topic in Topic:
        for rung in Rung:
            payload = rendered(health(topic=topic, title=HOSTILE_TITLE, **hostile), rung)
            assert slack_rules.refusal(payload) is None
            assert slack_rules.mentions(payload) == []
            assert slack_rules.deceptive_links(payload) == []
            assert not {"\u202e", "\u200b"} & set(json.dumps(payload, ensure_ascii=False))


ITEMS = st.builds(item, ANYTHING, URLS, ANYTHING)
PARTS = st.builds(Part, heading=ANYTHING, items=st.lists(ITEMS, max_size=4).map(tuple), more=st.integers(0, 9999))


BARS_OF_ANY = st.builds(Bar, ANYTHING, st.integers(0, 10**6), st.none() | st.floats(0, 10**6))


@st.composite
def any_bulletin(draw: st.DrawFn) -> Bulletin:
    facts = st.lists(st.tuples(ANYTHING, ANYTHING), max_size=4).map(tuple)
    return Bulletin(
        channel="#news",
        topic=draw(st.sampled_from(Topic)),
        title=draw(ANYTHING),
        severity=draw(st.sampled_from(Severity)),
        lead=draw(ANYTHING),
        facts=draw(facts) * draw(st.sampled_from([1, 9])),
        parts=tuple(draw(st.lists(PARTS, max_size=3)) * draw(st.sampled_from([1, 20]))),
        chart=tuple(draw(st.lists(BARS_OF_ANY, max_size=3)) * draw(st.sampled_from([1, 4, 40]))),
        foot=draw(ANYTHING),
        subject=draw(ANYTHING),
    )


@given(
    of=any_bulletin(),
    rung=st.sampled_from(Rung),
    notice=st.none() | st.just(MAY_REPEAT),
    picture=st.none() | st.just("F0FILE0001"),
)
def test_any_bulletin_in_any_script_is_accepted_pings_nobody_and_deceives_nobody(
    of: Bulletin, rung: Rung, notice: str | None, picture: str | None
) -> None:
    payload = rendered(of, rung, notice, picture)
    assert slack_rules.refusal(payload) is None
    assert slack_rules.mentions(payload) == []
    assert slack_rules.deceptive_links(payload) == []
    assert len(payload["text"]) <= TEXT_LIMIT
    assert rung is Rung.TEXT or size(payload["blocks"]) <= BLOCKS_LIMIT
    title = tidied(of).title
    assert html.escape(title, quote=False) in payload["text"]


def test_the_longest_of_everything_leaves_a_bulletin_its_blocks() -> None:
    huge = Bulletin(
        channel="#news", topic=Topic.STORM, title="&" * 999, lead="&" * 999, foot='"' * 999,
        facts=(("&" * 99, "&" * 999),) * 30, parts=(Part(heading='"' * 999, items=(TALKS,) * 20),) * 30,
    )  # fmt: skip
    for of in (huge, replace(huge, topic=Topic.DIGEST)):
        payload = rendered(of)
        assert slack_rules.refusal(payload) is None
        assert size(payload["blocks"]) <= BLOCKS_LIMIT
        assert len(payload["text"]) <= TEXT_LIMIT
