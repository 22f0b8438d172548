from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import samples
from alerts.bulletin import Bulletin, Topic
from alerts.card import MAY_REPEAT, Card, card_for
from alerts.face import face_for
from alerts.outbox import Delivery, Kind, Receipt
from alerts.routing.spec import Style
from alerts.slack.actions import bulletin_buttons, buttons
from alerts.slack.blocks import Rung, edit, message
from alerts.slack.elements import BLOCKS_LIMIT, TEXT_LIMIT, size
from alerts.story import Alert, DateNote, Field, Headline, Severity, Span, Trend
from alerts.template import tidy
from tests import slack_rules
from tests.fakes import NOON, outlet, story
from tests.fakes_outbox import alert, delivery, found, match

RECEIPT = Receipt(channel="C0NEWS0001", message="1793628600.000100")
TITLE = "Japan and France open talks"
TEXT = "They agreed on a Reciprocal Access Agreement (RAA) and on rare earths."
SAYS = "5 stories in 1 h, usually 1 (median of 6 windows in 14 d, this hour of the week)"
HOSTILE_TITLE = "<!channel> *URGENT* <https://evil.example|https://reuters.com> & @everyone gnp.exe `rm -rf` ~x~"
HOSTILE_TEXT = (
    "> quote ```code``` <@U0ALICE001> &lt;b&gt; #general @channel \u202eevil\u200b <!subteam^S1> <!date^1^x|y> "
    + "A" * 900
)


def rendered(of: Alert, rung: Rung = Rung.FULL, notice: str | None = None) -> dict[str, Any]:
    return message(card_for(of, notice=notice), delivery=delivery(of=of), channel="C0NEWS0001", rung=rung)


def usual() -> Alert:
    matches = (
        match(spans=found(TEXT, "Reciprocal Access Agreement", "RAA")),
        match("minerals", severity=Severity.NOTICE, spans=found(TEXT, "rare earths")),
    )
    also = (outlet(id="nikkei", name="Nikkei Asia"), outlet(id="kyodo", name="共同通信"))
    return alert(story(TITLE, TEXT), matches=matches, also=also)


def test_a_story_is_laid_out_as_why_then_title_and_quote_then_source() -> None:
    why, body, source = rendered(usual())["blocks"]
    assert why["elements"][0] == {
        "type": "mrkdwn",
        "text": ":large_orange_circle: *HIGH* · rule `raa-watch` · matched _Reciprocal Access Agreement_, _RAA_\n"
        "rule `minerals` · matched _rare earths_",
        "verbatim": True,
    }
    title, quote = body["elements"]
    link = {"type": "link", "url": "https://reuters.example/world/japan-france", "text": TITLE, "style": {"bold": True}}
    assert title == {"type": "rich_text_section", "elements": [link]}
    assert quote["type"] == "rich_text_quote"
    assert [run["text"] for run in quote["elements"] if run.get("style") == {"bold": True}] == [
        "Reciprocal Access Agreement", "RAA", "rare earths"
    ]  # fmt: skip
    stamp = int(datetime(2026, 11, 2, 11, 55, tzinfo=UTC).timestamp())
    assert source["elements"][0]["text"] == (
        f"Reuters (reuters.example) · tier 1 · <!date^{stamp}^{{date_short_pretty}} {{time}}|2026-11-02 11:55 UTC>"
        " · also Nikkei Asia, 共同通信"
    )


def test_a_screen_reader_gets_everything_from_the_text() -> None:
    assert rendered(usual(), notice=MAY_REPEAT)["text"] == (
        f"HIGH: {TITLE} (Reuters, 2026-11-02 11:55 UTC). {TEXT} "
        "Rule raa-watch matched Reciprocal Access Agreement, RAA. Rule minerals matched rare earths. "
        f"Also reported by 2 other sources. Note: {MAY_REPEAT}. https://reuters.example/world/japan-france"
    )


def test_metadata_names_the_delivery_and_stays_small() -> None:
    metadata = rendered(alert(matches=(match("r" * 500),)))["metadata"]
    assert metadata["event_type"] == "tocsin_delivery"
    assert metadata["event_payload"] | {"rule": ""} == {
        "key": "01J9ZK4Q0000000000000000A1", "kind": "story", "story": "1", "rule": "", "rev": 1
    }  # fmt: skip
    assert len(json.dumps(metadata)) < 300


def test_nothing_is_unfurled_parsed_or_linked_by_name() -> None:
    payload = rendered(usual())
    assert (payload["parse"], payload["unfurl_links"], payload["unfurl_media"]) == ("none", False, False)
    assert "link_names" not in payload


def test_the_plainest_form_has_no_blocks_and_the_same_text() -> None:
    full, plain = rendered(usual()), rendered(usual(), Rung.TEXT)
    assert {**plain, "blocks": full["blocks"]} == full


def test_between_them_a_form_has_neither_snippet_nor_buttons() -> None:
    one = delivery(of=usual())
    plain = message(face_for(one), delivery=one, channel="C0NEWS0001", rung=Rung.PLAIN, buttons=True)
    full = rendered(usual())
    assert [block["block_id"] for block in plain["blocks"]] == [block["block_id"] for block in full["blocks"]]
    assert full["blocks"][1]["elements"][1]["type"] == "rich_text_quote"
    assert plain["blocks"][1]["elements"] == full["blocks"][1]["elements"][:1]
    assert plain["text"] == full["text"]


def test_a_notice_stands_on_its_own_line() -> None:
    assert MAY_REPEAT in rendered(usual(), notice=MAY_REPEAT)["blocks"][-1]["elements"][0]["text"]


@pytest.mark.parametrize("url", ["https://evil.example/a", "javascript:alert(1)", None])
@pytest.mark.parametrize("rung", list(Rung))
def test_hostile_text_pings_nobody_and_deceives_nobody(url: str | None, rung: Rung) -> None:
    hostile = alert(
        story(HOSTILE_TITLE, HOSTILE_TEXT, url=url, outlet=outlet(name="Evil & Sons <!here>")),
        matches=(match("`<!here>`", spans=found(HOSTILE_TEXT, "<@U0ALICE001>", "```code```")),),
        also=(outlet(id="x", name="<https://ok.example|x> @channel"),),
    )
    payload = rendered(hostile, rung)
    assert slack_rules.refusal(payload) is None
    assert slack_rules.mentions(payload) == []
    assert slack_rules.deceptive_links(payload) == []
    assert not {"\u202e", "\u200b"} & set(json.dumps(payload, ensure_ascii=False))


def test_a_title_that_names_an_address_is_not_what_one_clicks_on() -> None:
    runs = rendered(alert(story("Reuters.com: talks", url="https://evil.example/a")))["blocks"][1]["elements"][0]
    assert runs["elements"] == [
        {"type": "text", "text": "Reuters.com: talks ", "style": {"bold": True}},
        {"type": "link", "url": "https://evil.example/a", "text": "evil.example", "style": {"bold": True}},
    ]


def test_without_a_safe_link_the_title_is_plain_and_the_card_says_so() -> None:
    payload = rendered(alert(story(TITLE, url="javascript:alert(1)")))
    assert payload["blocks"][1]["elements"][0]["elements"] == [{"type": "text", "text": TITLE, "style": {"bold": True}}]
    assert "no usable link" in payload["blocks"][2]["elements"][0]["text"]
    assert "javascript" not in json.dumps(payload)


@pytest.mark.parametrize("published", [None, datetime(1969, 1, 1, tzinfo=UTC)])
def test_a_date_slack_cannot_show_is_written_out(published: datetime | None) -> None:
    source = rendered(alert(story(published=published)))["blocks"][2]["elements"][0]["text"]
    assert "<!date" not in source
    assert ("1969-01-01 00:00 UTC" if published else "date unknown") in source


def test_what_is_odd_about_a_date_is_said_beside_it() -> None:
    source = rendered(alert(story(date_note=DateNote.ASSUMED_ZONE)))["blocks"][2]["elements"][0]["text"]
    assert source.endswith("UTC> (time zone assumed)")


def test_many_rules_words_and_outlets_are_counted_and_not_listed() -> None:
    words = " ".join(f"word{n}" for n in range(9))
    matches = tuple(match(f"rule-{n}", spans=found(words, *words.split())) for n in range(8))
    also = tuple(outlet(id=f"o{n}", name=f"Outlet {n}") for n in range(9))
    payload = rendered(alert(story(text=words), matches=matches, also=also))
    why, source = (payload["blocks"][n]["elements"][0]["text"] for n in (0, 2))
    assert "rule `rule-4` · matched _word0_, _word1_, _word2_, _word3_, _word4_ +4" in why
    assert why.endswith("+3 more rules")
    assert source.endswith("Outlet 4 +4")
    assert "matched word0, word1, word2, word3, word4 and 4 more." in payload["text"]
    assert "3 more rules matched. Also reported by 9 other sources." in payload["text"]


def test_a_snippet_of_countless_hits_loses_its_marks_and_not_its_words() -> None:
    text = "a b " * 120
    spans = tuple(Span(Field.TEXT, n, n + 1) for n in range(0, 480, 2) if text[n] == "a")
    payload = rendered(alert(story(text=text, url="https://a.example/" + "x" * 2900), matches=(match(spans=spans),)))
    assert size(payload["blocks"]) <= BLOCKS_LIMIT
    assert [run["text"] for run in payload["blocks"][1]["elements"][1]["elements"]] == [text.strip()]


def test_a_long_link_leaves_room_in_the_text_and_stays_whole_in_the_blocks() -> None:
    url = "https://a.example/?" + "&" * 2900
    payload = rendered(alert(story(TITLE, TEXT, url=url)))
    assert payload["text"].endswith("(long link to a.example)")
    assert TEXT in payload["text"]
    assert payload["blocks"][1]["elements"][0]["elements"][0]["url"] == url


NASTY = st.sampled_from(
    ["<!channel>", "<@U0ALICE001>", "@here", "&amp;", "&", "<", ">", "|", "*", "`", "\u202e", "\u200d", "https://a.b/c",
     "www.reuters.com", "<https://x.example|reuters.com>", "\n", "日本語。", "العربية", "👩‍👩‍👧", "\U000e0041"]
)  # fmt: skip
ANYTHING = st.lists(NASTY | st.text(max_size=40), max_size=60).map("".join)
URLS = st.none() | ANYTHING | ANYTHING.map("https://evil.example/".__add__) | ANYTHING.map("https://".__add__)


@st.composite
def any_alert(draw: st.DrawFn) -> Alert:
    title, text = draw(ANYTHING), draw(ANYTHING)
    places = st.tuples(st.sampled_from(Field), st.integers(0, 900), st.integers(1, 300))
    spans = tuple(Span(field, start, start + length) for field, start, length in draw(st.lists(places, max_size=30)))
    names = draw(st.lists(ANYTHING, min_size=1, max_size=8))
    matches = tuple(match(name, severity=draw(st.sampled_from(Severity)), spans=spans) for name in names)
    also = tuple(outlet(id=f"o{n}", name=name) for n, name in enumerate(draw(st.lists(ANYTHING, max_size=8))))
    published = draw(st.none() | st.datetimes(timezones=st.just(UTC)))
    told = story(title, text, url=draw(URLS), published=published, outlet=outlet(name=draw(ANYTHING)))
    headlines = st.builds(Headline, title=ANYTHING, url=URLS, outlet=ANYTHING)
    top = st.lists(headlines, max_size=4).map(tuple)
    trends = st.builds(
        Trend,
        condition=st.just("count"),
        says=ANYTHING.map("5 stories: ".__add__),
        number=st.just(5),
        top=top,
        more=st.integers(0, 99),
    )
    return alert(told, matches=matches, also=also, trend=draw(st.none() | trends))


@given(of=any_alert(), rung=st.sampled_from(Rung), notice=st.none() | st.just(MAY_REPEAT))
def test_any_story_in_any_script_is_accepted_pings_nobody_and_deceives_nobody(
    of: Alert, rung: Rung, notice: str | None
) -> None:
    payload = rendered(of, rung, notice)
    assert slack_rules.refusal(payload) is None
    assert slack_rules.mentions(payload) == []
    assert slack_rules.deceptive_links(payload) == []
    assert len(payload["text"]) <= TEXT_LIMIT
    assert rung is Rung.TEXT or size(payload["blocks"]) <= BLOCKS_LIMIT


def test_even_the_longest_of_everything_leaves_the_snippet_some_room() -> None:
    text = "& " * 400
    matches = tuple(match("&" * 99, spans=tuple(Span(Field.TEXT, n, n + 60 + n) for n in range(9))) for _ in range(9))
    also = tuple(outlet(id=f"o{n}", name=f"{n}{'&' * 99}") for n in range(9))
    huge = story("&" * 999, text, url="https://a.example/?" + "x" * 980, outlet=outlet(name="&" * 99))
    payload = rendered(alert(huge, matches=matches, also=also), notice=MAY_REPEAT)
    assert len(payload["text"]) <= TEXT_LIMIT
    assert "). &amp; &amp;" in payload["text"]
    assert payload["text"].endswith("x" * 980)
    assert slack_rules.refusal(payload) is None


def together(**changes: Any) -> Alert:
    top = (
        Headline(title="Tokyo confirms", url="https://nikkei.example/1", outlet="Nikkei Asia"),
        Headline(title="Reuters.com: Paris too", url="https://evil.example/1", outlet="Evil"),
        Headline(title="Unlinked", url="javascript:alert(1)", outlet="Odd"),
    )
    return replace(usual(), trend=replace(Trend(condition="count", says=SAYS, number=5, top=top), **changes))


def test_many_stories_together_are_a_card_of_the_weightiest_with_what_they_say_and_the_next_ones() -> None:
    payload = rendered(together())
    why, trend, body, source = payload["blocks"]
    assert trend["elements"] == [{"type": "plain_text", "text": SAYS, "emoji": False}]
    assert [why, body["elements"][:2], source] == [
        rendered(usual())["blocks"][0],
        rendered(usual())["blocks"][1]["elements"],
        rendered(usual())["blocks"][2],
    ]
    assert [item["elements"] for item in body["elements"][2]["elements"]] == [
        [{"type": "link", "url": "https://nikkei.example/1", "text": "Tokyo confirms"}, plain(" · Nikkei Asia")],
        [
            plain("Reuters.com: Paris too "),
            {"type": "link", "url": "https://evil.example/1", "text": "evil.example"},
            plain(" · Evil"),
        ],
        [plain("Unlinked"), plain(" · Odd")],
    ]
    nexts = "Tokyo confirms (Nikkei Asia); Reuters.com: Paris too (Evil); Unlinked (Odd)"
    assert f" {SAYS}. Then: {nexts}. {TEXT} Rule " in payload["text"]
    assert payload["metadata"]["event_payload"]["kind"] == "stream"


def test_what_is_not_named_is_counted() -> None:
    payload = rendered(together(more=7))
    assert payload["blocks"][2]["elements"][2]["elements"][-1]["elements"] == [plain("and 7 more")]
    assert "Unlinked (Odd); and 7 more." in payload["text"]


def plain(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


def test_one_story_that_says_something_about_many_has_no_list() -> None:
    payload = rendered(together(top=()))
    assert [part["type"] for part in payload["blocks"][2]["elements"]] == ["rich_text_section", "rich_text_quote"]
    assert "Then" not in payload["text"]


def test_next_stories_with_the_longest_of_everything_leave_a_card_its_blocks() -> None:
    long = Headline(title="n" * 200, url="https://n.example/" + "x" * 480, outlet="N" * 99)
    big = replace(together(top=(long,) * 4), story=story("t" * 300, "w " * 400, url="https://a.example/" + "x" * 2900))
    names = tuple(match(f"{number}{'r' * 90}", spans=(Span(Field.TITLE, 0, 299),)) for number in range(5))
    payload = rendered(replace(big, matches=names, also=tuple(outlet(id=str(n), name="o" * 80) for n in range(6))))
    assert size(payload["blocks"]) <= BLOCKS_LIMIT
    assert payload["blocks"][2]["elements"][-1]["type"] == "rich_text_list"


def test_a_card_too_large_for_blocks_is_sent_as_text() -> None:
    reasons = card_for(usual()).reasons
    card = Card(
        story=1, severity=Severity.HIGH, reasons=reasons, title=(), snippet=(), link="https://a.example/" + "x" * 9000,
        host="a.example", outlet="A", standing=(), published=None, date_remark="", also=(), notice=None,
    )  # fmt: skip
    assert "blocks" not in message(card, delivery=delivery(), channel="C0NEWS0001")


def looks(**changes: Any) -> dict[str, Any]:
    one = delivery(of=changes.pop("of", None) or usual(), **changes)
    return message(face_for(one), delivery=one, channel="C0NEWS0001")


def test_a_compact_card_is_its_title_and_one_line_of_source_and_reasons() -> None:
    headed = alert(story(TITLE, TEXT), matches=(match(spans=found(TITLE, "Japan", field=Field.TITLE)),))
    body, line = looks(of=replace(headed, also=usual().also), style=Style.COMPACT)["blocks"]
    assert [part["type"] for part in body["elements"]] == ["rich_text_section"]
    stamp = int(datetime(2026, 11, 2, 11, 55, tzinfo=UTC).timestamp())
    assert line["elements"][0]["text"] == (
        f":large_orange_circle: *HIGH* · Reuters (reuters.example) · <!date^{stamp}^{{date_short_pretty}} {{time}}|"
        "2026-11-02 11:55 UTC> · rule `raa-watch` · matched _Japan_ · +2 outlets"
    )


def test_a_compact_card_counts_what_it_does_not_name_and_a_screen_reader_gets_it_all() -> None:
    words = " ".join(f"word{n}" for n in range(9))
    matches = tuple(match(f"rule-{n}", spans=found(words, *words.split())) for n in range(4))
    many = replace(together(more=7), story=story(text=words), matches=matches, also=(outlet(id="x"),))
    payload = looks(of=many, style=Style.COMPACT)
    trend, body, line = payload["blocks"]
    assert trend["elements"][0]["text"] == SAYS
    assert [part["type"] for part in body["elements"]] == ["rich_text_section", "rich_text_quote", "rich_text_section"]
    assert body["elements"][2]["elements"] == [plain("and 10 more stories")]
    assert line["elements"][0]["text"].endswith(
        "rule `rule-1` · matched _word0_, _word1_ +7 · +2 more rules · +1 outlet"
    )
    assert "Rule rule-3 matched word0, word1, word2, word3, word4 and 4 more." in payload["text"]


def worded(wording: str, of: Alert | None = None, rung: Rung = Rung.FULL, **changes: Any) -> dict[str, Any]:
    card = replace(card_for(of or usual(), **changes), wording=wording)
    return message(card, delivery=delivery(of=of or usual()), channel="C0NEWS0001", rung=rung)


def test_own_words_take_the_place_of_title_and_quote_and_the_link_follows_them() -> None:
    why, body, source = worded("Reuters says:\nTalks!")["blocks"]
    assert [why, source] == [rendered(usual())["blocks"][0], rendered(usual())["blocks"][2]]
    link = {"type": "link", "url": "https://reuters.example/world/japan-france", "text": "reuters.example"}
    assert body["elements"] == [{"type": "rich_text_section", "elements": [plain("Reuters says:\nTalks!\n"), link]}]


def test_the_storys_address_in_own_words_can_be_clicked_and_no_other() -> None:
    url = "https://reuters.example/world/japan-france"
    payload = worded(f"Read {url} or https://evil.example/ now")
    assert payload["blocks"][1]["elements"][0]["elements"] == [
        plain("Read "),
        {"type": "link", "url": url, "text": url},
        plain(" or https://evil.example/ now"),
    ]


def test_the_text_of_own_words_says_them_with_source_and_reasons() -> None:
    for rung in Rung:
        text = worded("Reuters says:\nTalks & more", rung=rung)["text"]
        assert text.startswith("HIGH: Reuters says: Talks &amp; more (Reuters, 2026-11-02 11:55 UTC). Rule raa-watch")
        assert TITLE not in text


@given(wording=ANYTHING, of=any_alert(), rung=st.sampled_from(Rung), compact=st.booleans())
def test_any_words_of_anybody_are_text(wording: str, of: Alert, rung: Rung, compact: bool) -> None:
    payload = worded(tidy(wording), of, rung, compact=compact)
    assert slack_rules.refusal(payload) is None
    assert slack_rules.mentions(payload) == []
    assert slack_rules.deceptive_links(payload) == []
    assert len(payload["text"]) <= TEXT_LIMIT
    assert rung is Rung.TEXT or size(payload["blocks"]) <= BLOCKS_LIMIT


def with_buttons(one: Delivery) -> dict[str, Any]:
    return message(face_for(one), delivery=one, channel="C0NEWS0001", buttons=True)


def test_buttons_stand_below_a_card_and_are_about_its_first_rule_by_its_whole_id() -> None:
    matches = (match("minerals", severity=Severity.NOTICE), match("r" * 99))
    one = delivery(of=alert(matches=matches))
    *blocks, act = with_buttons(one)["blocks"]
    assert blocks == rendered(one.alert)["blocks"]
    assert act == buttons(one.key, "r" * 99)
    assert edit(face_for(one), delivery=one, receipt=RECEIPT, buttons=True)["blocks"][-1] == act


def test_what_cannot_be_acted_on_has_no_buttons() -> None:
    reply = delivery(kind=Kind.REPLY, parent=RECEIPT)
    for one in (reply, replace(reply, note="it was changed"), replace(delivery(), rung=1)):
        told = message(face_for(one), delivery=one, channel="C0NEWS0001", rung=Rung(one.rung), buttons=True)
        assert "actions" not in {block["type"] for block in told.get("blocks", ())}
    contents = samples.bulletins("#news", NOON)
    shown = {topic: delivery(content=one) for topic, one in contents.items()}
    below = {topic: with_buttons(one)["blocks"][-1] for topic, one in shown.items()}
    own = {topic: bulletin_buttons(delivery().key, one) for topic, one in contents.items()}
    assert {topic for topic, block in below.items() if block == own[topic]} == {Topic.STORM, Topic.HEALTH, Topic.TRIAL}
    page = replace(shown[Topic.STORM], kind=Kind.REPLY, parent=RECEIPT)
    assert with_buttons(page)["blocks"][-1]["type"] != "actions"


def test_a_report_on_a_rule_on_trial_can_be_promoted_in_a_thread_too() -> None:
    report = Bulletin(channel="#news", topic=Topic.TRIAL, title="On trial", subject="raa-watch")
    one = delivery(content=report)
    for shown in (one, replace(one, kind=Kind.REPLY, parent=RECEIPT)):
        promote, menu = with_buttons(shown)["blocks"][-1]["elements"]
        assert (promote["action_id"], promote["value"]) == ("promote_rule", f"v1:{one.key}:raa-watch")
        assert menu["type"] == "overflow"


def test_a_card_that_is_too_large_with_buttons_goes_without() -> None:
    one = delivery(of=alert(matches=(match("r" * 1900),)))
    long = replace(card_for(one.alert), link="https://a.example/" + "x" * 4000)
    blocks = message(long, delivery=one, channel="C0NEWS0001", buttons=True)["blocks"]
    assert [block["type"] for block in blocks] == ["context", "rich_text", "context"]


@given(of=any_alert(), style=st.sampled_from(Style))
def test_with_buttons_any_story_is_accepted_too(of: Alert, style: Style) -> None:
    payload = with_buttons(delivery(of=of, style=style))
    assert slack_rules.refusal(payload) is None
    assert slack_rules.deceptive_links(payload) == []
    assert size(payload["blocks"]) <= BLOCKS_LIMIT
