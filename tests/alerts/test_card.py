from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.card import (
    BRIEF_LIMIT,
    LINK_LIMIT,
    NEXT_LINK_LIMIT,
    NEXT_TITLE_LIMIT,
    SNIPPET_LIMIT,
    TITLE_LIMIT,
    TREND_LIMIT,
    Card,
    card_for,
    clean,
    safe_link,
)
from alerts.story import DateNote, Field, Headline, Severity, Span, Trend
from tests.fakes import outlet, story
from tests.fakes_outbox import alert, found, match

HIDDEN = "\u200b\u200c\u200d\u2060\ufeff\u202a\u202e\u2066\u2069\u200e\u061c\u00ad\x00\x07\x1b\x7f\x9b\U000e0041\u3164"
WORDS = (
    "Prime ministers met on Monday. They agreed on a Reciprocal Access Agreement and on rare earths. Then they left."
)


def card_of(text: str, *words: str) -> Card:
    return card_for(alert(story(text=text), matches=(match(spans=found(text, *words)),)))


def test_the_words_that_were_found_are_marked_and_nothing_else() -> None:
    card = card_of(WORDS, "Reciprocal Access Agreement", "rare earths")
    assert card.summary == WORDS
    assert [segment.text for segment in card.snippet if segment.hit] == ["Reciprocal Access Agreement", "rare earths"]


def test_overlapping_words_of_two_rules_are_marked_once() -> None:
    spans = found(WORDS, "Reciprocal Access"), found(WORDS, "Access Agreement")
    card = card_for(alert(story(text=WORDS), matches=(match("a", spans=spans[0]), match("b", spans=spans[1]))))
    assert [segment.text for segment in card.snippet if segment.hit] == ["Reciprocal Access Agreement"]
    assert [reason.words for reason in card.reasons] == [("Reciprocal Access",), ("Access Agreement",)]


def test_words_in_the_title_are_marked_there() -> None:
    title = "Rare earths: talks open"
    card = card_for(alert(story(title, WORDS), matches=(match(spans=found(title, "Rare earths", field=Field.TITLE)),)))
    assert [(segment.text, segment.hit) for segment in card.title] == [("Rare earths", True), (": talks open", False)]
    assert not any(segment.hit for segment in card.snippet)


def test_a_snippet_shows_the_place_where_most_was_found_from_the_start_of_its_sentence() -> None:
    text = "Rare earths again. " + "Nothing here at all. " * 60 + WORDS + " More of the same." * 60
    last = text.rindex("rare earths")
    spans = (*found(text, "Rare earths", "Reciprocal Access Agreement"), Span(Field.TEXT, last, last + 11))
    card = card_for(alert(story(text=text), matches=(match(spans=spans),)))
    assert card.summary.startswith("…They agreed on a Reciprocal")
    assert card.summary.endswith("…")
    assert len(card.summary) <= SNIPPET_LIMIT


def test_among_equal_places_the_first_is_shown() -> None:
    text = "Lithium one. " + "Nothing here at all. " * 60 + "Lithium two."
    second = text.rindex("Lithium")
    spans = (*found(text, "Lithium"), Span(Field.TEXT, second, second + 7))
    card = card_for(alert(story(text=text), matches=(match(spans=spans),)))
    assert card.summary.startswith("Lithium one.")


def test_without_words_in_the_text_a_snippet_is_its_beginning() -> None:
    card = card_of("word " * 300)
    assert card.summary.startswith("word word")
    assert card.summary.endswith("word…")


def test_a_sentence_without_end_is_cut_at_a_word_before_the_hit() -> None:
    text = "running " * 200 + "lithium " + "onward " * 200
    card = card_of(text, "lithium")
    assert card.summary.startswith("…running running")
    assert card.summary.endswith("onward…")


def test_a_wide_gap_in_the_text_does_not_hide_that_it_goes_on() -> None:
    assert card_of("word" + " " * 3000 + "next").summary == "word…"


def test_text_without_spaces_is_cut_between_characters_and_its_hit_stays() -> None:
    text = "日仏は協力する" * 150 + "重要鉱物" + "を共同で調達する" * 150
    card = card_of(text, "重要鉱物")
    assert [segment.text for segment in card.snippet if segment.hit] == ["重要鉱物"]
    assert len(card.summary) <= SNIPPET_LIMIT
    assert card.summary.startswith("…")
    assert card.summary.endswith("…")


def test_a_japanese_snippet_starts_at_its_sentence() -> None:
    text = "関係のない文である。" * 100 + "両首脳は重要鉱物で協力する。" + "以上。" * 300
    assert card_of(text, "重要鉱物").summary.startswith("…両首脳は重要鉱物で協力する。")


def test_a_cut_does_not_part_a_letter_from_its_accents() -> None:
    text = "e\u0301" * 400
    assert clean(text, 100).removesuffix("…").endswith("e\u0301")


def test_a_story_without_text_has_no_snippet_and_one_without_title_says_so() -> None:
    card = card_for(alert(story(HIDDEN, HIDDEN)))
    assert card.snippet == ()
    assert card.headline == "(no title)"


def test_hidden_characters_and_line_breaks_are_gone_and_marks_stay_on_their_words() -> None:
    text = f"One{HIDDEN} \r\n\t\u2028\u3000 two{HIDDEN}three  four."
    card = card_of(text, f"two{HIDDEN}three")
    assert [(segment.text, segment.hit) for segment in card.snippet] == [
        ("One ", False), ("twothree", True), (" four.", False)
    ]  # fmt: skip


def test_arabic_number_signs_are_seen_and_stay() -> None:
    assert clean("\u0600\u0661", 10) == "\u0600\u0661"


def test_lone_surrogates_that_could_not_be_sent_are_gone() -> None:
    assert clean("a\ud800b", 10) == "ab"


@given(text=st.text(max_size=3000), starts=st.lists(st.integers(0, 3000), max_size=20), length=st.integers(1, 700))
def test_any_text_in_any_script_gives_a_snippet_within_its_limit(text: str, starts: list[int], length: int) -> None:
    spans = tuple(Span(Field.TEXT, start, start + length) for start in starts)
    card = card_for(alert(story(text, text), matches=(match(spans=spans),)))
    for shown, limit in ((card.headline, TITLE_LIMIT), (card.summary, SNIPPET_LIMIT)):
        assert len(shown) <= limit
        assert shown == " ".join(shown.split())
        assert not any(unicodedata.category(char) in {"Cc", "Cs"} for char in shown)
    assert all(segment.text for segment in (*card.title, *card.snippet))


@given(before=st.text("ab .。日本\n", max_size=900), after=st.text("ab .。日本\n", max_size=900))
def test_a_word_that_was_found_is_always_in_the_snippet(before: str, after: str) -> None:
    text = f"{before}lithium{after}"
    spans = (Span(Field.TEXT, len(before), len(before) + 7),)
    card = card_for(alert(story(text=text), matches=(match(spans=spans),)))
    assert "lithium" in [segment.text for segment in card.snippet if segment.hit]


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://www.reuters.example/a?x=1&y=[2]#z", "reuters.example"),
        ("http://NEWS.example:8080/", "news.example"),
        ("https://日本.example/ニュース", "xn--wgv71a.example"),
        ("https://xn--wgv71a.example/", "xn--wgv71a.example"),
        ("http://[2001:db8::1]/a", "2001:db8::1"),
    ],
)
def test_a_link_shows_the_host_it_leads_to(url: str, host: str) -> None:
    card = card_for(alert(story(url=url)))
    assert (card.link, card.host) == (url, host)


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://files.example/",
        "//reuters.example/a",
        "https:///a",
        "https://reuters.example@evil.example/",
        "https://evil.example\\@reuters.example/",
        "https://evil.example/a b",
        "https://evil.example/a|https://reuters.example",
        "https://evil.example/<!channel>",
        "https://evil.example/\u202egpj.exe",
        "https://evil.example/\n",
        "https://%65vil.example/",
        "https://reuters.example\uff0f.evil.example/",
        "https://evil.example:99999/",
        "https://[::1/",
        "https://" + "a" * 64 + ".example\u3002com/",
        "https://evil.example/" + "a" * LINK_LIMIT,
    ],
)
def test_an_address_that_is_not_safe_to_click_is_no_link(url: str | None) -> None:
    assert safe_link(url) is None
    card = card_for(alert(story(url=url)))
    assert (card.link, card.host) == (None, None)


@pytest.mark.parametrize(
    "title", ["See https://reuters.com", "www.reuters.com", "REUTERS.com: talks", "reuters\uff0ecom"]
)
def test_a_title_that_names_an_address_is_known_as_one(title: str) -> None:
    assert card_for(alert(story(title))).title_is_an_address


@pytest.mark.parametrize("title", ["U.S. and Japan sign", "Growth of 3.5 percent", "会談。首脳は合意", "End. Start"])
def test_dots_of_prose_are_no_address(title: str) -> None:
    assert not card_for(alert(story(title))).title_is_an_address


EARLIEST = datetime.min.replace(tzinfo=UTC)
PUBLISHED = datetime(2026, 11, 2, 11, 55, tzinfo=UTC)


@pytest.mark.parametrize(
    ("published", "note", "text"),
    [
        (PUBLISHED, None, "2026-11-02 12:55 CET"),
        (PUBLISHED, DateNote.ASSUMED_ZONE, "2026-11-02 12:55 CET (time zone assumed)"),
        (None, DateNote.MISSING, "date unknown"),
        (None, None, "date unknown"),
        (None, DateNote.FUTURE, "date unknown (the source's date lies in the future)"),
        (EARLIEST, None, f"{EARLIEST:%Y}-01-01 00:00 UTC"),
    ],
)
def test_the_time_is_shown_in_the_readers_zone_and_never_invented(
    published: datetime | None, note: DateNote | None, text: str
) -> None:
    card = card_for(alert(story(published=published, date_note=note)))
    zone = ZoneInfo("America/New_York") if published == EARLIEST else ZoneInfo("Europe/Paris")
    assert card.when(zone) == text


def test_every_note_about_a_date_has_its_words() -> None:
    assert {card_for(alert(story(date_note=note))).when() for note in DateNote}


def test_the_most_severe_rule_comes_first_and_words_are_listed_once() -> None:
    text = "RAA and raa and rare earths"
    matches = (
        match("minerals", severity=Severity.NOTICE, spans=found(text, "rare earths")),
        match("raa", severity=Severity.CRITICAL, spans=found(text, "RAA", "raa")),
    )
    card = card_for(alert(story(text=text), matches=matches))
    assert card.severity is Severity.CRITICAL
    assert [(reason.rule, reason.words) for reason in card.reasons] == [
        ("raa", ("RAA",)), ("minerals", ("rare earths",))
    ]  # fmt: skip


def test_other_outlets_are_named_once_and_never_the_storys_own() -> None:
    also = (outlet(), outlet(id="a", name="Le Monde"), outlet(id="b", name="LE MONDE"), outlet(id="kyodo", name=HIDDEN))
    assert card_for(alert(also=also)).also == ("Le Monde", "kyodo")


def test_the_next_stories_are_clean_capped_and_safe_to_click() -> None:
    top = (
        Headline(title="Tokyo\u202e confirms " + "x" * 200, url="https://nikkei.example/1", outlet="Nikkei\u200b"),
        Headline(title="\u200b", url="https://user@evil.example/", outlet="Odd"),
        Headline(title="Reuters.com: long", url="https://a.example/" + "x" * NEXT_LINK_LIMIT, outlet="Long"),
    )
    card = card_for(alert(trend=Trend(condition="count", says="5 stories\x07 " * 99, number=5, top=top)))
    assert card.trend.startswith("5 stories 5 stories")
    assert len(card.trend) <= TREND_LIMIT
    first, second, third = card.nexts
    assert first.title.startswith("Tokyo confirms x")
    assert len(first.title) <= NEXT_TITLE_LIMIT
    assert (first.link, first.host, first.outlet) == ("https://nikkei.example/1", "nikkei.example", "Nikkei")
    assert (second.title, second.link) == ("(no title)", None)
    assert (third.link, third.title_is_an_address) == (None, True)


def test_an_alert_of_one_story_says_nothing_of_others() -> None:
    assert (card_for(alert()).trend, card_for(alert()).nexts, card_for(alert()).more) == ("", (), 0)
    assert card_for(alert(trend=Trend(condition="quiet", says="9 stories", number=9, more=8))).more == 8


def test_a_card_says_what_kind_of_outlet_speaks_as_far_as_known() -> None:
    ministry = outlet(kind="government", country="jp", tier=1)
    assert card_for(alert(story(outlet=ministry))).standing == ("government", "JP", "tier 1")
    assert card_for(alert(story(outlet=outlet(tier=4)))).standing == ()


def compact(text: str, *words: str, title: str = "Talks open") -> Card:
    spans = found(text, *words) if text else ()
    told = alert(story(title, text), matches=(match(spans=spans or found(title, *words, field=Field.TITLE)),))
    return card_for(told, compact=True)


def test_a_compact_card_quotes_only_what_shows_why_it_matched() -> None:
    assert compact(WORDS, "rare earths").quote != ()
    assert compact("", "Talks").quote == ()
    both = (*found("Talks open", "Talks", field=Field.TITLE), *found(WORDS, "rare earths"))
    assert card_for(alert(story("Talks open", WORDS), matches=(match(spans=both),)), compact=True).quote == ()
    assert card_for(alert(story("Talks open", WORDS), matches=(match(),)), compact=True).quote == ()
    assert card_of(WORDS, "rare earths").quote == card_of(WORDS, "rare earths").snippet


def test_what_a_compact_card_quotes_is_short_and_holds_the_words() -> None:
    text = "Nothing here at all. " * 60 + WORDS + " More of the same." * 60
    card = compact(text, "Reciprocal Access Agreement")
    quote = "".join(segment.text for segment in card.quote)
    assert len(quote) <= BRIEF_LIMIT < len(card.summary)
    assert [segment.text for segment in card.quote if segment.hit] == ["Reciprocal Access Agreement"]


def test_programs_get_the_whole_snippet_of_a_compact_card() -> None:
    assert compact(WORDS, "rare earths").snippet == card_of(WORDS, "rare earths").snippet
