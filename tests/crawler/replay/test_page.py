"""The report stands alone: nothing is asked for from outside, and no text of a story becomes markup."""

from __future__ import annotations

import re
from datetime import UTC
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from alerts.card import card_for
from alerts.policy import Reason
from alerts.story import Alert, Field, Match, Severity, Span
from crawler.replay.page import Change, Report, html
from crawler.replay.samples import Sample
from crawler.replay.volume import volume_of
from tests.crawler.replay.made import decision, message, result
from tests.fakes import NOON, outlet, story

LOADS = {"src", "srcset", "data", "poster", "background", "action", "formaction", "xlink:href"}


class Tags(HTMLParser):
    """Collects what a page is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.marked: list[str] = []
        self._is_marked = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._is_marked |= tag == "mark"

    def handle_endtag(self, tag: str) -> None:
        self._is_marked &= tag != "mark"

    def handle_data(self, data: str) -> None:
        if self._is_marked:
            self.marked.append(data)


def sample(title: str = "Talks open", text: str = "The talks will go on.", url: str | None = None) -> Sample:
    at = text.find("talks")
    spans = (Span(Field.TEXT, at, at + 5),) if at >= 0 else ()
    match = Match(rule="talks", name="Talks", severity=Severity.HIGH, spans=spans)
    told = story(title, text, url=url, outlet=outlet(name=title))
    return Sample(channel="#news", at=NOON, card=card_for(Alert(channel="#news", story=told, matches=(match,))))


def report(*samples: Sample, compared: bool = False) -> Report:
    made = result([decision(1), decision(2, reason=Reason.COPY, message=None)], [message(1)], notes=("not all",))
    changes = [Change(name=name, number=len(samples) + 2, samples=samples) for name in ("gained", "lost", "unchanged")]
    volume = volume_of(made, UTC)
    return Report(
        title="Replay of <config>",
        made=NOON,
        zone=UTC,
        result=made,
        volume=volume,
        samples=() if compared else samples,
        changes=changes if compared else (),
        before=volume if compared else None,
        against="old.yaml" if compared else "",
        graver=1,
    )


def test_nothing_is_asked_for_from_outside() -> None:
    page = html(report(sample(url="https://news.example/a"), compared=True))
    tags = Tags(page).tags
    assert {tag for tag, _ in tags}.isdisjoint({"script", "link", "img", "iframe", "object", "base", "form"})
    assert not [attribute for _, attributes in tags for attribute in attributes if attribute in LOADS]
    assert not re.search(r"url\(|@import", page)
    assert any(one.get("content") == "default-src 'none'; style-src 'unsafe-inline'" for _, one in tags)


def test_it_can_be_read_on_a_telephone_and_in_the_dark() -> None:
    page = html(report(sample()))
    assert "width=device-width" in page
    assert "prefers-color-scheme: dark" in page


def test_the_words_that_were_found_are_set_off() -> None:
    assert Tags(html(report(sample()))).marked == ["talks"]


def test_differences_are_counted_and_what_is_not_shown_is_said() -> None:
    page = html(report(sample(), compared=True))
    assert "Told now, and not by old.yaml." in page
    assert page.count("and 2 more.") == 3
    assert "1 of them with another severity" in page


def test_what_was_not_replayed_is_said_and_how_much_was_read() -> None:
    page = html(report())
    assert "<li>not all</li>" in page
    assert "Read 10 of 1,000 stories: 99.0% could not match." in page


def test_a_replay_that_found_nothing_says_so() -> None:
    empty = result()
    page = html(Report(title="Replay", made=NOON, zone=UTC, result=empty, volume=volume_of(empty, UTC)))
    assert "Nothing would have been told." in page
    assert "No rule holds for any story of this time." in page


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_text_of_a_story_becomes_markup(title: str, text: str) -> None:
    plain = [tag for tag, _ in Tags(html(report(sample("x", "y")))).tags]
    hostile = f'</p><script>{title}</script><img src="//evil.example/{text}">'
    assert [tag for tag, _ in Tags(html(report(sample(hostile, hostile)))).tags if tag != "mark"] == plain
