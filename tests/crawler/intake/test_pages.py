from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import StoreError
from alerts.judge import Judge
from alerts.outbox import State
from alerts.policy import Reason
from alerts.rules.ruleset import RuleSet, compile_rules
from alerts.rules.spec import QuietSpec, Rate, StreamSpec
from alerts.story import DateNote
from crawler.intake.calm import Manner
from crawler.intake.ingest import Ingestor
from crawler.intake.pages import MAX_VERSIONS, with_page
from crawler.intake.verdicts import PAGE_PATIENCE
from crawler.intake.wanted import words_of
from crawler.visits.page import PageState, PageVisit
from crawler.visits.poll import Tally
from spiders.article import Article
from spiders.source import Fulltext
from tests.alerts.rules.specs import rule
from tests.crawler.store.makers import HOUR, MINUTE, Newsroom, WordJudge, entry, source
from tests.fakes import NOON, FakeClock, story

if TYPE_CHECKING:
    from alerts.outbox import Delivery
    from crawler.visits.page import PageClaim

SHORT = "The ministers met"
LONG = "Ministers of two countries said on Monday in the capital that they would meet again in spring"
AT_ONCE = timedelta(0)
HOLD = Manner().hold


def article(text: str = LONG, **changes: Any) -> Article:
    return Article(**{"title": "The page's title", "text": text, "method": "extraction"} | changes)


class Desk:
    """A newsroom whose sources say little, so that every story's page is wanted."""

    def __init__(self, newsroom: Newsroom, clock: FakeClock) -> None:
        self.room = newsroom
        self.clock = clock
        self.store = newsroom.store

    async def add(self, *names: str) -> None:
        await self.room.add(*(source(name, fulltext=Fulltext.AUTO) for name in names))

    async def claim(self, number: int = 0) -> PageClaim:
        """Claim the page of one of the stories that are due, in the order in which they became so."""
        claims = await self.store.claim_pages(self.clock.now(), 100, MINUTE)
        for other in claims:
            if other is not claims[number]:
                await self.store.release_page(other)
        return claims[number]

    async def read(self, found: Article | None, *, number: int = 0) -> Tally:
        """Let the page of a story say this; None: it is not there."""
        claim = await self.claim(number)
        return await self.settle(claim, found)

    async def settle(self, claim: PageClaim, found: Article | None, **changes: Any) -> Tally:
        values: dict[str, Any] = {"state": PageState.READ, "reason": "200", "article": found}
        if found is None:
            values = {"state": PageState.FAILED, "reason": "http-404"}
        return await self.room.ingest.commit_page(PageVisit(claim=claim, at=self.clock.now(), **values | changes))

    async def waits(self) -> list[timedelta | None]:
        """How long each message that was not sent yet still waits, oldest first; None: withdrawn."""
        moments = [row.not_before for row in reversed(await self.store.deliveries(limit=100))]
        return [None if one is None else max(one - self.clock.now(), AT_ONCE) for one in moments]

    async def states(self) -> list[tuple[State, str]]:
        return [(row.delivery.state, row.reason) for row in reversed(await self.store.deliveries(limit=100))]

    async def due(self) -> list[Delivery]:
        return list(await self.store.outbox.due(self.clock.now(), 100))

    def judge_by(self, judge: WordJudge) -> None:
        self.room.judge = judge
        self.room.ingest.replace(judge, "rev2", Manner(same_story=72 * HOUR))


@pytest.fixture
def desk(newsroom: Newsroom, clock: FakeClock) -> Desk:
    return Desk(newsroom, clock)


# ---------------------------------------------------------------- what a page adds to a story


def test_a_page_that_says_more_gives_the_text_and_its_language() -> None:
    told = with_page(story(text=SHORT, language="en"), article(language="ja"), "ja")
    assert (told.text, told.language, told.version) == (LONG, "ja", 2)


def test_a_page_that_says_less_changes_nothing() -> None:
    long = story(text=LONG)
    assert with_page(long, article(SHORT), "ja") is long


def test_words_are_counted_not_letters_so_that_a_summary_in_japanese_loses_to_its_page() -> None:
    told = with_page(story(text="Talks"), article("両国は円滑化協定の交渉を始めた"), "ja")
    assert told.text.startswith("両国")


def test_a_language_that_is_known_is_not_forgotten_and_one_that_is_not_is_learned() -> None:
    assert with_page(story(text=SHORT, language="en"), article(), None).language == "en"
    assert with_page(story(text=LONG, language=None), article(SHORT), "fr").language == "fr"


@pytest.mark.parametrize(
    ("name", "own", "other"),
    [
        ("title", "Ours", "Theirs"),
        ("authors", ("A. Writer",), ("B. Writer",)),
        ("section", "World", "Asia"),
        ("published", NOON, NOON - HOUR),
    ],
)
def test_the_page_has_a_say_only_where_the_source_said_nothing(name: str, own: Any, other: Any) -> None:
    silent: dict[str, Any] = {"title": "", "authors": (), "section": None, "published": None}
    page = article(**{"title": "", name: other})
    assert getattr(with_page(story(**silent | {name: own}), page, "en"), name) == own
    assert getattr(with_page(story(**silent), page, "en"), name) == other


def test_a_date_brings_its_note_with_it() -> None:
    undated = story(published=None, date_note=DateNote.MISSING)
    dated = with_page(undated, article(published=NOON, date_note=DateNote.ASSUMED_ZONE), "en")
    assert (dated.published, dated.date_note) == (NOON, DateNote.ASSUMED_ZONE)
    assert with_page(undated, article(), "en").date_note is DateNote.MISSING


@pytest.mark.parametrize(
    ("canonical", "url"),
    [
        ("https://afp.example/talks", "https://afp.example/talks"),
        ("https://www.reuters.example/amp/other", "https://reuters.example/world/japan-france"),
        (None, "https://reuters.example/world/japan-france"),
    ],
)
def test_only_an_address_on_another_site_takes_the_place_of_the_link(canonical: str | None, url: str) -> None:
    assert with_page(story(), article(canonical=canonical), "en").url == url


words = st.lists(st.sampled_from(["talks", "RARE", "日本", "earths"]), max_size=8).map(" ".join)


@given(
    st.builds(
        story, title=words, text=words, language=st.sampled_from([None, "en"]), url=st.just("https://a.example/")
    ),
    st.builds(article, words, title=words, canonical=st.sampled_from([None, "https://b.example/"])),
    st.sampled_from([None, "ja"]),
)
def test_to_read_a_page_twice_says_no_more_than_once_and_nothing_is_forgotten(
    before: Any, page: Article, language: str | None
) -> None:
    once = with_page(before, page, language)
    again = with_page(once, page, language)
    assert replace(again, language=once.language) == once
    assert words_of(once.text) == max(words_of(before.text), words_of(page.text))
    assert all(getattr(once, name) or not getattr(before, name) for name in ("title", "language", "published", "url"))


# ---------------------------------------------------------------- how long an alert waits


async def test_an_alert_waits_a_moment_for_its_page_and_goes_out_once_it_is_read(desk: Desk) -> None:
    await desk.add("bbc")
    await desk.room.visit("bbc", entry(text=SHORT))
    assert await desk.waits() == [HOLD]
    assert await desk.due() == []
    desk.clock.advance(timedelta(seconds=5))
    assert await desk.read(article("RARE " + LONG)) == Tally(changed=1, alerts=2)
    due = {one.channel: one for one in await desk.due()}
    first = due["#news"]
    assert (first.alert.story.version, first.alert.story.text) == (2, "RARE " + LONG)
    assert [match.rule for match in first.alert.matches] == ["rare", "talks"], "one message tells of all of it"
    assert [match.rule for match in due["#minerals"].alert.matches] == ["rare"]
    assert len(due) == 2


async def test_a_page_that_never_comes_keeps_nobody_waiting_longer_than_that(desk: Desk) -> None:
    await desk.add("bbc")
    await desk.room.visit("bbc", entry(text=SHORT))
    desk.clock.advance(HOLD)
    assert len(await desk.due()) == 1


@pytest.mark.parametrize("hold", [AT_ONCE, 90 * timedelta(seconds=1)])
async def test_how_long_is_the_user_s_choice(desk: Desk, hold: timedelta) -> None:
    desk.room.ingest = Ingestor(
        desk.store, desk.room.judge, "rev1", desk.room.ingest._judging.ids, desk.clock, Manner(hold=hold)
    )
    await desk.add("bbc")
    await desk.room.visit("bbc", entry(text=SHORT))
    assert await desk.waits() == [hold]


async def test_a_critical_alert_waits_for_nothing_even_when_more_text_could_undo_it(desk: Desk) -> None:
    desk.judge_by(WordJudge({"RARE": ("#news",)}, undoable={"rare"}))
    await desk.add("bbc")
    await desk.room.visit("bbc", entry(title="RARE earths"))
    assert await desk.waits() == [AT_ONCE]


async def test_what_more_text_could_undo_waits_until_the_page_was_tried_in_vain(desk: Desk) -> None:
    desk.judge_by(WordJudge({"talks": ("#news",)}, undoable={"talks"}))
    await desk.add("bbc")
    await desk.room.visit("bbc", entry())
    assert await desk.waits() == [PAGE_PATIENCE]
    claim = await desk.claim()
    due = {"state": PageState.DUE, "reason": "timeout", "next_at": desk.clock.now() + MINUTE}
    assert await desk.settle(claim, None, **due) == Tally()
    assert await desk.waits() == [PAGE_PATIENCE]
    desk.clock.advance(MINUTE)
    assert await desk.read(None) == Tally(alerts=1)
    assert await desk.waits() == [AT_ONCE]
    assert await desk.room.reasons() == [("talks", "#news", "first")]


async def test_where_no_page_is_wanted_nothing_waits(desk: Desk) -> None:
    await desk.room.add(source())
    await desk.room.visit("bbc", entry(text=SHORT))
    assert await desk.waits() == [AT_ONCE]
    assert await desk.store.claim_pages(desk.clock.now(), 10, MINUTE) == []


async def test_a_page_that_says_no_more_lets_its_alert_go_as_it_is(desk: Desk) -> None:
    await desk.add("bbc")
    await desk.room.visit("bbc", entry(text=SHORT))
    assert await desk.read(article("Met")) == Tally(alerts=1)
    (delivery,) = await desk.due()
    assert delivery.alert.story.version == 1


async def test_the_backlog_of_a_first_visit_has_no_pages_but_what_is_fresh_has(desk: Desk) -> None:
    await desk.room.add(source(fulltext=Fulltext.ALWAYS), visited=False)
    old = entry("old", published=NOON - 100 * HOUR)
    await desk.room.visit("bbc", old, entry("undated", published=None), entry("fresh"))
    claims = await desk.store.claim_pages(desk.clock.now(), 10, MINUTE)
    assert [claim.url for claim in claims] == ["https://bbc.example/fresh"]


# ---------------------------------------------------------------- what a page tells


async def test_a_rule_that_only_the_page_fulfils_is_told_and_the_reason_says_so(desk: Desk) -> None:
    await desk.add("bbc")
    await desk.room.visit("bbc", entry(title="A cat", text=SHORT))
    assert await desk.room.told() == []
    assert await desk.read(article(f"talks. {LONG}")) == Tally(changed=1, alerts=1)
    assert await desk.waits() == [AT_ONCE]
    assert await desk.room.told() == [("#news", "A cat", ("talks",))]
    assert await desk.room.reasons() == [("talks", "#news", "page")]


async def test_an_address_without_words_becomes_a_story_when_its_page_is_read(desk: Desk) -> None:
    await desk.add("bbc")
    bare = entry(title="", needs_page=True, published=None, date_note=DateNote.MISSING)
    assert await desk.room.visit("bbc", bare) == Tally(new=1)
    await desk.read(article(title="The talks begin", published=NOON - HOUR, section="World", authors=("A. Writer",)))
    (delivery,) = await desk.due()
    told = delivery.alert.story
    assert (told.title, told.text, told.published, told.date_note) == ("The talks begin", LONG, NOON - HOUR, None)
    assert (told.section, told.authors) == ("World", ("A. Writer",))
    assert await desk.room.visit("bbc", bare) == Tally(seen=1)


async def test_what_the_page_undoes_is_withdrawn_and_nobody_is_told(desk: Desk) -> None:
    desk.judge_by(WordJudge({"talks": ("#news",), "cat": ("#news",)}, undoable={"talks"}))
    await desk.add("bbc")
    await desk.room.visit("bbc", entry(title="talks"))
    desk.room.judge.rules = {}
    await desk.read(article())
    assert await desk.states() == [(State.WITHDRAWN, "undone")]
    assert await desk.room.reasons() == [("talks", "#news", "undone")]
    desk.clock.advance(2 * HOUR)
    assert await desk.due() == []
    assert await desk.store.outbox.next_due() is None


async def test_a_message_of_two_rules_of_which_one_is_undone_tells_of_the_other(desk: Desk) -> None:
    desk.judge_by(WordJudge({"talks": ("#news",), "cat": ("#news",)}, undoable={"talks"}))
    await desk.add("bbc")
    await desk.room.visit("bbc", entry(title="cat talks"))
    desk.room.judge.rules = {"cat": ("#news",)}
    await desk.read(article())
    (delivery,) = await desk.due()
    assert [match.rule for match in delivery.alert.matches] == ["cat"]
    assert delivery.alert.story.version == 2
    assert sorted(await desk.room.reasons()) == [
        ("cat", "#news", "first"),
        ("cat", "#news", "first"),
        ("talks", "#news", "undone"),
    ]


async def test_words_that_only_the_source_said_are_told_of_as_the_source_said_them(desk: Desk) -> None:
    await desk.add("bbc")
    await desk.room.visit("bbc", entry(title="A cat", text="talks"))
    await desk.read(article())
    (delivery,) = await desk.due()
    assert (delivery.alert.story.version, delivery.alert.story.text) == (1, "talks")


async def test_what_was_undone_may_be_told_when_the_outlet_takes_it_back(desk: Desk) -> None:
    desk.judge_by(WordJudge({"talks": ("#news",)}, undoable={"talks"}))
    await desk.add("bbc")
    await desk.room.visit("bbc", entry(title="talks"))
    desk.room.judge.rules = {}
    await desk.read(article())
    desk.room.judge.rules = {"talks": ("#news",)}
    await desk.room.visit("bbc", entry(title="talks", text="Corrected"))
    await desk.read(article(f"talks. {LONG}"))
    assert await desk.states() == [(State.WITHDRAWN, "undone"), (State.PENDING, "queued")]
    assert len(await desk.due()) == 1


async def test_a_message_that_is_under_way_is_left_alone(desk: Desk) -> None:
    desk.judge_by(WordJudge({"talks": ("#news",)}, undoable={"talks"}))
    await desk.add("bbc")
    await desk.room.visit("bbc", entry(title="talks"))
    desk.clock.advance(PAGE_PATIENCE)
    (delivery,) = await desk.due()
    assert await desk.store.outbox.begin(delivery.key, desk.clock.now())
    desk.room.judge.rules = {}
    assert await desk.read(article()) == Tally(changed=1)
    assert await desk.states() == [(State.SENDING, "sending")]
    assert await desk.room.reasons() == [("talks", "#news", "first")]


async def test_the_courier_cannot_send_what_was_withdrawn_after_it_had_looked(desk: Desk) -> None:
    desk.judge_by(WordJudge({"talks": ("#news",)}, undoable={"talks"}))
    await desk.add("bbc")
    await desk.room.visit("bbc", entry(title="talks"))
    desk.clock.advance(PAGE_PATIENCE)
    (delivery,) = await desk.due()
    desk.room.judge.rules = {}
    await desk.read(article())
    assert not await desk.store.outbox.begin(delivery.key, desk.clock.now())


async def test_what_a_rule_found_that_is_gone_since_is_told_all_the_same(desk: Desk) -> None:
    judge = Judge(compile_rules([], [rule("talks NOT rugby", to=("#news",))])[0])
    desk.room.ingest.replace(judge, "rev2", Manner(same_story=72 * HOUR))
    await desk.add("bbc")
    await desk.room.visit("bbc", entry(title="talks"))
    assert await desk.waits() == [PAGE_PATIENCE]
    desk.room.ingest.replace(Judge(RuleSet.empty()), "rev3", Manner(same_story=72 * HOUR))
    await desk.read(article(f"rugby. {LONG}"))
    assert await desk.waits() == [AT_ONCE]


async def test_a_rule_that_is_new_since_the_story_came_tells_nothing_of_it_by_its_page_either(desk: Desk) -> None:
    await desk.add("bbc")
    await desk.room.visit("bbc", entry(title="A cat", text="cat"))
    desk.judge_by(WordJudge({"cat": ("#news",), "dog": ("#news",)}))
    await desk.read(article(f"cat and dog. {LONG}"))
    assert await desk.room.reasons() == [("cat", "#news", "earlier"), ("dog", "#news", "page")]


# ---------------------------------------------------------------- copies that only the page shows


async def test_a_copy_that_the_page_shows_is_not_told_twice(desk: Desk) -> None:
    await desk.add("bbc", "nhk")
    await desk.room.visit("bbc", entry(title="The talks", text=SHORT))
    await desk.read(article(f"talks. {LONG}"))
    await desk.room.visit("nhk", entry("n", title="The talks", text="Met", url="https://nhk.example/1"))
    await desk.read(article(f"talks. {LONG}"))
    assert await desk.states() == [(State.PENDING, "queued"), (State.WITHDRAWN, "copy")]
    assert await desk.room.reasons() == [
        ("talks", "#news", "first"),
        ("talks", "#news", "first"),
        ("talks", "#news", "copy"),
        ("talks", "#news", "copy"),
    ]
    first, copy = await desk.store.outcomes(NOON - HOUR)
    assert copy.copy_of == first.story
    (delivery,) = await desk.due()
    assert [outlet.id for outlet in delivery.alert.also] == ["nhk"]


async def test_of_two_copies_that_wait_the_one_whose_page_comes_first_is_told(desk: Desk) -> None:
    await desk.add("bbc", "nhk")
    await desk.room.visit("bbc", entry(title="The talks", text=SHORT))
    await desk.room.visit("nhk", entry("n", title="The talks", text="Met", url="https://nhk.example/1"))
    for number in (1, 0):
        await desk.read(article(f"talks. {LONG}"), number=number)
    states = dict(zip(["bbc", "nhk"], await desk.states(), strict=True))
    assert states == {"bbc": (State.WITHDRAWN, "copy"), "nhk": (State.PENDING, "queued")}


async def test_a_copy_that_says_more_tells_only_what_is_new(desk: Desk) -> None:
    desk.judge_by(WordJudge({"talks": ("#news",), "earths": ("#news",)}))
    await desk.add("bbc", "nhk")
    await desk.room.visit("bbc", entry(title="The talks", text=SHORT))
    await desk.read(article(f"talks. {LONG}"))
    both = entry("n", title="The talks", text="earths", url="https://nhk.example/1")
    await desk.room.visit("nhk", both)
    await desk.read(article(f"talks. {LONG}"))
    assert await desk.room.told() == [("#news", "The talks", ("talks",)), ("#news", "The talks", ("earths",))]


async def test_an_address_that_leads_to_a_known_story_of_another_outlet_is_a_copy_of_it(desk: Desk) -> None:
    await desk.add("agg")
    await desk.room.add(source("bbc"))
    await desk.room.visit("bbc", entry(title="Short talks", text="In full", url="https://bbc.example/1"))
    await desk.room.visit("agg", entry("x", title="Short talks", text="", url="https://agg.example/r?1"))
    await desk.read(article("", canonical="https://bbc.example/1"))
    assert await desk.states() == [(State.PENDING, "queued"), (State.WITHDRAWN, "copy")]
    (_, copy) = await desk.store.outcomes(NOON - HOUR)
    assert copy.url == "https://bbc.example/1"


async def test_an_aggregator_s_two_links_to_one_item_are_one_story(desk: Desk) -> None:
    await desk.add("agg")
    for number in range(2):
        one = entry(str(number), title="Short talks", url=f"https://agg.example/r?{number}")
        await desk.room.visit("agg", one)
        await desk.read(article("", canonical="https://bbc.example/1"))
    assert await desk.states() == [(State.PENDING, "queued"), (State.WITHDRAWN, "copy")]


async def test_issues_of_a_briefing_to_which_an_aggregator_leads_by_one_address_are_all_told(desk: Desk) -> None:
    await desk.add("agg")
    for day in range(3):
        one = entry(str(day), title="Briefing on talks", url=f"https://agg.example/r?{day}")
        await desk.room.visit("agg", one)
        await desk.read(article(f"Of day {day}", canonical="https://mofa.example/briefing"))
    assert await desk.states() == [(State.PENDING, "queued")] * 3


async def test_a_copy_of_long_ago_is_another_story(desk: Desk) -> None:
    await desk.add("bbc", "nhk")
    await desk.room.visit("bbc", entry(title="The talks", text=SHORT))
    await desk.read(article(f"talks. {LONG}"))
    desk.clock.advance(73 * HOUR)
    await desk.room.visit("nhk", entry("n", title="The talks", text="Met", url="https://nhk.example/1"))
    await desk.read(article(f"talks. {LONG}"))
    assert await desk.states() == [(State.PENDING, "queued")] * 2


async def test_a_page_that_becomes_a_copy_of_what_was_undone_is_told(desk: Desk) -> None:
    desk.judge_by(WordJudge({"talks": ("#news",)}, undoable={"talks"}))
    await desk.add("bbc", "nhk")
    await desk.room.visit("bbc", entry(title="The talks", text=SHORT))
    desk.room.judge.rules = {}
    await desk.read(article(f"talks. {LONG}"))
    desk.room.judge.rules = {"talks": ("#news",)}
    await desk.room.visit("nhk", entry("n", title="The talks", text="Met", url="https://nhk.example/1"))
    await desk.read(article(f"talks. {LONG}"))
    assert await desk.states() == [(State.WITHDRAWN, "undone"), (State.PENDING, "queued")]


# ---------------------------------------------------------------- edits, limits, trials


async def test_an_edit_wants_the_page_anew_and_both_messages_tell_of_what_it_says(desk: Desk) -> None:
    await desk.add("bbc")
    await desk.room.visit("bbc", entry(title="talks", text=SHORT))
    await desk.room.visit("bbc", entry(title="RARE talks", text=SHORT))
    await desk.read(article(f"RARE talks. {LONG}"))
    due = await desk.due()
    assert {one.alert.story.version for one in due} == {3}
    assert sorted(match.rule for one in due for match in one.alert.matches) == ["rare", "talks"]
    reply = next(row.delivery for row in await desk.store.deliveries() if row.delivery.kind == "reply")
    assert (reply.alert.story.version, [match.rule for match in reply.alert.matches]) == (3, ["rare"])


async def test_a_page_read_before_an_edit_is_refused_and_read_again(desk: Desk) -> None:
    await desk.add("bbc")
    await desk.room.visit("bbc", entry(title="talks", text=SHORT))
    claim = await desk.claim()
    await desk.room.visit("bbc", entry(title="The talks", text=SHORT))
    with pytest.raises(StoreError, match="its lease had passed"):
        await desk.settle(claim, article())
    assert await desk.read(article()) == Tally(changed=1, alerts=1)
    assert await desk.waits() == [AT_ONCE]


async def test_after_24_versions_a_page_adds_none_which_is_counted_and_its_alert_goes_out(desk: Desk) -> None:
    await desk.add("bbc")
    for number in range(MAX_VERSIONS - 1):
        await desk.room.visit("bbc", entry(title=f"cats {number}"))
    await desk.room.visit("bbc", entry(title="talks at last"))
    assert await desk.read(article()) == Tally(alerts=1)
    assert await desk.waits() == [AT_ONCE]
    (outcome,) = await desk.store.outcomes(NOON - HOUR)
    assert (outcome.version, outcome.ignored) == (MAX_VERSIONS, 1)


async def test_a_rule_on_trial_says_by_its_page_too_what_it_would_have_told(desk: Desk) -> None:
    desk.room.judge.shadows = ("talks",)
    await desk.add("bbc")
    await desk.room.visit("bbc", entry(title="A cat", text=SHORT))
    assert await desk.read(article(f"talks. {LONG}")) == Tally(changed=1)
    assert await desk.room.reasons() == [("talks", "#news", "shadow")]


async def test_a_limit_holds_back_what_pages_bring_as_it_does_everything_else(desk: Desk) -> None:
    desk.room.judge.quiet = {"talks": QuietSpec(at_most=Rate(count=1, per=HOUR))}
    await desk.add("bbc")
    for number in range(3):
        await desk.room.visit("bbc", entry(str(number), title=f"A cat {number}", text=SHORT))
        await desk.read(article(f"talks. {LONG} {number}"))
    assert [reason for *_, reason in await desk.room.reasons()] == ["page", "over-limit", "over-limit"]


async def test_a_rule_that_counts_stories_counts_what_pages_bring(desk: Desk) -> None:
    desk.judge_by(WordJudge({"talks": ("#news",)}, {"talks": StreamSpec(count=Rate(count=2, per=HOUR))}))
    await desk.add("bbc")
    for number in range(2):
        await desk.room.visit("bbc", entry(str(number), title=f"A cat {number}", text=SHORT))
        await desk.read(article(f"talks. {LONG} {number}"))
    assert len(await desk.room.trends()) == 1


async def test_a_message_that_was_withdrawn_uses_nothing_of_a_limit(desk: Desk) -> None:
    quiet = {"talks": QuietSpec(at_most=Rate(count=1, per=HOUR))}
    desk.judge_by(WordJudge({"talks": ("#news",)}, undoable={"talks"}, quiet=quiet))
    await desk.add("bbc")
    await desk.room.visit("bbc", entry("1", title="talks"))
    desk.room.judge.rules = {}
    await desk.read(article())
    desk.room.judge.rules = {"talks": ("#news",)}
    assert (await desk.room.visit("bbc", entry("2", title="talks again"))).alerts == 1


# ---------------------------------------------------------------- floods


async def test_no_page_takes_its_story_out_of_a_summary_or_the_summary_away_from_the_others(desk: Desk) -> None:
    quiet = {"talks": QuietSpec(at_most=Rate(count=1, per=HOUR))}
    desk.judge_by(WordJudge({"talks": ("#news",)}, undoable={"talks"}, quiet=quiet))
    await desk.add("bbc")
    await desk.room.visit("bbc", *(entry(str(n), title=f"talks {n}") for n in range(4)))
    desk.clock.advance(HOUR + MINUTE)
    await desk.room.ingest.watch()
    (trend,) = await desk.room.trends()
    desk.room.judge.rules = {}
    for number in range(4):
        await desk.read(article(f"{number} {LONG}"))
    assert await desk.room.trends() == [trend]
    assert sorted(await desk.states()) == [(State.PENDING, "queued"), (State.WITHDRAWN, "undone")]


async def test_a_story_that_waits_for_a_summary_is_not_told_alone_when_its_page_comes(desk: Desk) -> None:
    quiet = {"talks": QuietSpec(at_most=Rate(count=1, per=HOUR))}
    desk.judge_by(WordJudge({"talks": ("#news",)}, quiet=quiet))
    await desk.add("bbc")
    await desk.room.visit("bbc", *(entry(str(n), title=f"talks {n}") for n in range(3)))
    for number in range(3):
        await desk.read(article(f"talks. {number} {LONG}"))
    told = [reason for *_, reason in await desk.room.reasons()]
    assert told.count(Reason.TOLD) == told.count(Reason.OVER_LIMIT) == 2
    desk.clock.advance(HOUR + MINUTE)
    await desk.room.ingest.watch()
    assert len(await desk.room.trends()) == 1
    assert len(await desk.states()) == 2
