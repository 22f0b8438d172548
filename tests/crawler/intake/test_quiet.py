from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from alerts.bulletin import Bulletin
from alerts.rules.spec import QuietSpec, Rate
from alerts.story import Alert, Severity
from alerts.stream import HELD_BACK
from crawler.ids import Ids
from crawler.intake.calm import Manner
from crawler.intake.ingest import Ingestor
from crawler.intake.quiet import Summaries
from crawler.store.schema import outbox
from crawler.visits.poll import Tally
from tests.crawler.store.makers import HOUR, MINUTE, WINDOW, Newsroom, WordJudge, entry, source
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from alerts.story import Trend
    from crawler.store import Store

DAY = timedelta(days=1)
TWO_AN_HOUR = {"talks": QuietSpec(at_most=Rate(count=2, per=HOUR))}
LONG = "ministers of two countries said on Monday that they would meet again in spring"


@pytest.fixture
async def quiet(store: Store, clock: FakeClock) -> Newsroom:
    """A newsroom whose rule `talks` may send #news two messages an hour."""
    newsroom = Newsroom(store, WordJudge({"talks": ("#news",)}, quiet=TWO_AN_HOUR), clock)
    await newsroom.add(source(), source("nhk"))
    return newsroom


async def publish(newsroom: Newsroom, *names: str, of: str = "bbc") -> Tally:
    return await newsroom.visit(of, *(entry(name, title=f"talks {name}") for name in names))


async def reasons(newsroom: Newsroom) -> list[str]:
    return [reason for _, _, reason in await newsroom.reasons()]


# ---------------------------------------------------------------- at_most


async def test_what_exceeds_the_limit_is_held_back_and_summed_up_when_there_is_room(
    quiet: Newsroom, clock: FakeClock
) -> None:
    assert await publish(quiet, *"edcba") == Tally(new=5, alerts=2)
    assert await reasons(quiet) == ["first", "first", "over-limit", "over-limit", "over-limit"]
    clock.advance(HOUR - MINUTE)
    assert (await quiet.ingest.watch()).alerts == 0
    clock.advance(MINUTE)
    assert (await quiet.ingest.watch()).alerts == 1
    assert (await quiet.ingest.watch()).alerts == 0
    assert await quiet.trends() == [
        (
            "#news",
            "3 stories held back (at most 2 messages in 1 h), newest first",
            "talks e",
            ("talks d", "talks c"),
        )
    ]
    assert len(await quiet.told()) == 3


async def test_a_summary_says_which_rule_and_how_much_it_matters(quiet: Newsroom, clock: FakeClock) -> None:
    await publish(quiet, *"abcd")
    clock.advance(HOUR)
    await quiet.ingest.watch()
    newest, *_ = await quiet.store.deliveries()
    alert = newest.delivery.alert
    assert [(match.rule, match.name, match.severity) for match in alert.matches] == [
        ("talks", "About talks", Severity.NOTICE)
    ]
    assert alert.trend is not None
    assert (alert.trend.condition, alert.trend.number, alert.trend.more) == (HELD_BACK, 2, 0)
    assert alert.trend.top[0].url == "https://bbc.example/b"


async def summary(newsroom: Newsroom) -> tuple[str, Trend, list[str], list[Bulletin]]:
    """Return the key of the one summary, what it says, the titles that it names, and the pages of its thread."""
    kept = [row.delivery for row in await newsroom.store.deliveries(limit=1000)]
    (one,) = [one for one in kept if isinstance(one.content, Alert) and one.content.trend]
    pages = [one.content for one in reversed(kept) if isinstance(one.content, Bulletin)]
    assert one.alert.trend
    return one.key, one.alert.trend, [one.alert.story.title, *(top.title for top in one.alert.trend.top)], pages


async def test_a_summary_names_the_newest_and_its_thread_lists_the_rest(quiet: Newsroom, clock: FakeClock) -> None:
    names = [f"{chr(97 + number % 26)}{number}" for number in range(60)]
    await publish(quiet, *names)
    clock.advance(HOUR)
    assert (await quiet.ingest.watch()).alerts == 1
    key, trend, named, pages = await summary(quiet)
    assert (len(trend.top), trend.number, trend.more) == (9, 58, 48)
    assert [page.title for page in pages] == ["stories 11 to 35", "stories 36 to 58"]
    assert {page.lead for page in pages} == {trend.says}
    listed = [item.text for page in pages for part in page.parts for item in part.items]
    assert Counter([*named, *listed]) == Counter(f"talks {name}" for name in names[:58])
    parents = await quiet.store._reader.run(
        lambda connection: connection.scalars(select(outbox.c.parent).where(outbox.c.story_id.is_(None))).all()
    )
    assert parents == [key, key]


async def test_a_summary_of_long_addresses_names_fewer_and_loses_none(quiet: Newsroom, clock: FakeClock) -> None:
    names = [f"{number}{'-long-words' * 40}" for number in range(12)]
    await publish(quiet, *names)
    clock.advance(HOUR)
    await quiet.ingest.watch()
    _, _, named, pages = await summary(quiet)
    listed = [item for page in pages for part in page.parts for item in part.items]
    assert (len(named), len(listed)) == (4, 6)
    assert pages[0].title == "stories 5 to 10"


async def test_while_stories_wait_later_ones_wait_with_them(quiet: Newsroom, clock: FakeClock) -> None:
    await publish(quiet, "a")
    clock.advance(30 * MINUTE)
    await publish(quiet, "b", "c")
    clock.advance(31 * MINUTE)  # there is room for one message: the summary's
    assert (await publish(quiet, "d")).alerts == 0
    assert (await quiet.ingest.watch()).alerts == 1
    assert [(title, top) for *_, title, top in await quiet.trends()] == [("talks d", ("talks b",))]
    assert (await publish(quiet, "e")).alerts == 0  # the summary is a message as well
    clock.advance(30 * MINUTE)
    assert (await quiet.ingest.watch()).alerts == 1


async def test_a_critical_story_is_never_held_back_and_takes_no_room(store: Store, clock: FakeClock) -> None:
    limit = {"rare": QuietSpec(at_most=Rate(count=1, per=HOUR))}
    newsroom = Newsroom(store, WordJudge({"RARE": ("#news",)}, quiet=limit), clock)
    await newsroom.add(source())
    await newsroom.visit("bbc", *(entry(name, title=f"RARE {name}") for name in "abcde"))
    assert await reasons(newsroom) == ["first"] * 5


class Raised(WordJudge):
    """Stories with an ! are critical."""

    def __call__(self, story: Any) -> Any:
        raised = Severity.CRITICAL if "!" in story.title else Severity.NOTICE
        return [replace(finding, match=replace(finding.match, severity=raised)) for finding in super().__call__(story)]


async def test_a_story_that_becomes_critical_while_it_waits_is_told_alone_and_in_no_summary(
    store: Store, clock: FakeClock
) -> None:
    newsroom = Newsroom(store, Raised({"talks": ("#news",)}, quiet=TWO_AN_HOUR), clock)
    await newsroom.add(source())
    assert (await publish(newsroom, *"abcd")).alerts == 2
    assert (await newsroom.visit("bbc", entry("a", title="talks a!"))).alerts == 1
    clock.advance(HOUR)
    assert (await newsroom.ingest.watch()).alerts == 1
    assert [(title, top) for _, _, title, top in await newsroom.trends()] == [("talks b", ())]
    assert (await newsroom.visit("bbc", entry("a", title="talks a!!"))).alerts == 0


async def test_what_waits_is_no_news_when_it_is_edited_or_copied(quiet: Newsroom, clock: FakeClock) -> None:
    text = f"talks. {LONG}"
    await publish(quiet, "x", "y")
    await quiet.visit("bbc", entry("a", title="a", text=text))
    await quiet.visit("nhk", entry("b", title="a", text=text))
    await quiet.visit("bbc", entry("a", title="a", text=f"{text} Corrected."))
    assert sorted(await reasons(quiet)) == ["copy", "first", "first", "over-limit", "told"]
    clock.advance(HOUR)
    await quiet.ingest.watch()
    clock.advance(HOUR)
    assert (await quiet.visit("bbc", entry("a", title="a", text=f"{text} Corrected again."))).alerts == 0


async def test_limits_are_of_one_rule_in_one_channel(store: Store, clock: FakeClock) -> None:
    judge = WordJudge(
        {"talks": ("#a", "#b"), "fish": ("#a",)}, quiet={"talks": QuietSpec(at_most=Rate(count=1, per=HOUR))}
    )
    newsroom = Newsroom(store, judge, clock)
    await newsroom.add(source())
    await newsroom.visit("bbc", entry("1", title="talks"), entry("2", title="talks on fish"))
    assert await newsroom.told() == [
        ("#a", "talks on fish", ("fish", "talks")),
        ("#b", "talks on fish", ("talks",)),
    ]
    await newsroom.visit("bbc", entry("3", title="fish talks"))
    assert (await newsroom.told())[-1] == ("#a", "fish talks", ("fish",))
    clock.advance(HOUR)
    assert (await newsroom.ingest.watch()).alerts == 2


@pytest.mark.parametrize("gone", ["limit", "rule"])
async def test_what_waits_for_a_limit_that_is_gone_is_told_at_once(quiet: Newsroom, gone: str) -> None:
    await publish(quiet, *"abc")
    judge = WordJudge({"talks": ("#news",)} if gone == "limit" else {})
    quiet.ingest.replace(judge, "rev2", Manner(same_story=WINDOW))
    assert (await quiet.ingest.watch()).alerts == 1
    assert [says for _, says, *_ in await quiet.trends()] == ["1 story that waited"]


async def test_what_waits_survives_a_restart_and_is_seen(quiet: Newsroom, clock: FakeClock) -> None:
    await publish(quiet, *"abcd")
    (waiting,) = (await quiet.store.overview(clock.now())).held_back
    assert (waiting.rule, waiting.channel, waiting.stories, waiting.since) == ("talks", "#news", 2, NOON)
    again = Ingestor(quiet.store, quiet.judge, "rev1", Ids(clock), clock, Manner(same_story=WINDOW))
    assert (await again.watch()).alerts == 0
    clock.advance(HOUR)
    assert (await again.watch()).alerts == 1
    assert (await quiet.store.overview(clock.now())).held_back == ()
    rulings = [ruling for one in await quiet.store.outcomes(NOON) for ruling in one.rulings]
    told_in_summary = {ruling.delivery for ruling in rulings if ruling.reason == "over-limit"}
    assert len(told_in_summary) == 1
    assert None not in told_in_summary


async def test_a_summary_that_cannot_be_written_leaves_all_waiting(quiet: Newsroom, clock: FakeClock) -> None:
    await publish(quiet, *"abc")
    clock.advance(HOUR)

    class Full(Exception):
        pass

    def fail(_: object) -> Any:
        raise Full

    summaries = Summaries(quiet.judge.quiet, Ids(clock), clock.now())
    with pytest.raises(Full):
        await quiet.store.apply(summaries.minute, fail)
    assert await quiet.trends() == []
    assert (await quiet.ingest.watch()).alerts == 1


# ---------------------------------------------------------------- same_story


@pytest.fixture
def weekly(store: Store, clock: FakeClock) -> Callable[..., Newsroom]:
    def make(**changes: Any) -> Newsroom:
        quiet = {"talks": QuietSpec(same_story=timedelta(days=7), **changes)}
        return Newsroom(store, WordJudge({"talks": ("#news",)}, quiet=quiet), clock)

    return make


async def test_the_same_text_is_not_told_again_though_it_is_no_copy_any_more(
    weekly: Callable[..., Newsroom], clock: FakeClock
) -> None:
    newsroom = weekly()
    await newsroom.add(source(), source("nhk"), source("afp"))
    text = f"talks. {LONG}"
    assert (await newsroom.visit("bbc", entry("a", title="a", text=text))).alerts == 1
    clock.advance(4 * DAY)
    assert (await newsroom.visit("nhk", entry("b", title="a", text=text))).alerts == 0
    assert await reasons(newsroom) == ["first", "same-story"]
    clock.advance(3 * DAY)
    assert (await newsroom.visit("afp", entry("c", title="a", text=text))).alerts == 1


async def test_without_it_a_text_is_news_again_when_it_comes_too_late_for_a_copy(
    newsroom: Newsroom, clock: FakeClock
) -> None:
    await newsroom.add(source(), source("nhk"))
    text = f"talks. {LONG}"
    await newsroom.visit("bbc", entry("a", title="a", text=text))
    clock.advance(4 * DAY)
    assert (await newsroom.visit("nhk", entry("b", title="a", text=text))).alerts == 1


async def test_the_same_text_is_not_told_while_the_first_one_waits_for_a_summary(
    weekly: Callable[..., Newsroom], clock: FakeClock
) -> None:
    newsroom = weekly(at_most=Rate(count=1, per=30 * DAY))
    await newsroom.add(source(), source("nhk"))
    text = f"talks. {LONG}"
    await newsroom.visit("bbc", entry("a", title="a", text=text), entry("b", title="talks b"))
    assert await reasons(newsroom) == ["first", "over-limit"]
    clock.advance(4 * DAY)
    await newsroom.visit("nhk", entry("c", title="a", text=text))
    assert (await reasons(newsroom))[-1] == "same-story"
