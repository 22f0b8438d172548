from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from alerts.story import DateNote
from crawler.ids import encode
from crawler.intake.polls import MAX_VERSIONS
from crawler.store.schema import poll_log, story_version
from crawler.visits.poll import Answer, Tally
from crawler.visits.standing import Next, Standing
from tests.crawler.store.makers import HOUR, MINUTE, Newsroom, WordJudge, entry, reading, source
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from alerts.judge import Finding
    from alerts.story import Story
    from crawler.store import Outcome, Store
    from spiders.entry import Entry

WORDS = "Japan and France open talks on a treaty in Tokyo this morning as planned"
DAY = timedelta(days=1)


async def outcomes(newsroom: Newsroom) -> list[Outcome]:
    return list(await newsroom.store.outcomes(NOON - 400 * DAY))


# ---------------------------------------------------------------- what is new


async def test_a_new_story_is_told_once_however_often_it_is_listed(newsroom: Newsroom) -> None:
    await newsroom.add(source())
    assert await newsroom.visit("bbc", entry()) == Tally(new=1, alerts=1)
    assert await newsroom.visit("bbc", entry()) == Tally(seen=1)
    assert await newsroom.told() == [("#news", "Japan and France open talks", ("talks",))]
    assert len(newsroom.judge.judged) == 1


async def test_one_delivery_holds_all_rules_of_a_channel(newsroom: Newsroom) -> None:
    await newsroom.add(source())
    assert await newsroom.visit("bbc", entry(title="RARE talks")) == Tally(new=1, alerts=2)
    assert sorted(await newsroom.told()) == [
        ("#minerals", "RARE talks", ("rare",)),
        ("#news", "RARE talks", ("rare", "talks")),
    ]


async def test_two_sources_may_use_the_same_guid(newsroom: Newsroom) -> None:
    await newsroom.add(source(), source("nhk"))
    await newsroom.visit("bbc", entry("1", title="talks here", url=None))
    assert await newsroom.visit("nhk", entry("1", title="talks there", url=None)) == Tally(new=1, alerts=1)


async def test_a_document_without_entries_is_read_all_the_same(newsroom: Newsroom) -> None:
    await newsroom.add(source(), visited=False)
    assert await newsroom.visit("bbc") == Tally()
    assert not (await newsroom.claim("bbc")).first


async def test_stories_are_told_in_the_order_of_the_news(newsroom: Newsroom) -> None:
    await newsroom.add(source())
    newest_first = [
        entry("4", title="talks undated, listed first", published=None),
        entry("3", title="talks at 11:58", published=NOON - 2 * MINUTE),
        entry("1", title="talks at 11:00", published=NOON - HOUR),
        entry("2", title="talks at 11:30", published=NOON - HOUR / 2),
    ]
    await newsroom.visit("bbc", *newest_first)
    titles = [title for _, title, _ in await newsroom.told()]
    assert titles == ["talks at 11:00", "talks at 11:30", "talks at 11:58", "talks undated, listed first"]


async def test_a_match_that_names_no_channel_is_recorded(newsroom: Newsroom) -> None:
    newsroom.judge.rules = {"talks": ()}
    await newsroom.add(source())
    assert await newsroom.visit("bbc", entry()) == Tally(new=1)
    assert await newsroom.reasons() == [("talks", "", "unrouted")]


# ---------------------------------------------------------------- what is known again


async def test_the_same_link_and_title_under_a_new_guid_are_the_same_story(newsroom: Newsroom) -> None:
    await newsroom.add(source())
    url = "https://bbc.example/talks"
    await newsroom.visit("bbc", entry("1", url=url))
    assert await newsroom.visit("bbc", entry("2", url=url)) == Tally(seen=1)
    assert await newsroom.visit("bbc", entry("2", title="The talks ended", url=url)) == Tally(changed=1)
    assert len(await outcomes(newsroom)) == 1


async def test_a_new_guid_with_new_words_but_the_old_date_is_a_change(newsroom: Newsroom) -> None:
    await newsroom.add(source())
    url = "https://bbc.example/talks"
    await newsroom.visit("bbc", entry("1", url=url, text="First words"))
    assert await newsroom.visit("bbc", entry("2", url=url, text="RARE words")) == Tally(changed=1, alerts=2)
    (story,) = await outcomes(newsroom)
    assert story.version == 2


async def test_items_that_share_link_and_title_but_are_listed_side_by_side_are_two_stories(newsroom: Newsroom) -> None:
    await newsroom.add(source())
    briefing = {"title": "Press briefing on talks", "url": "https://bbc.example/"}
    monday, tuesday = entry("1", text="About fish", **briefing), entry("2", text="About chips", **briefing)
    assert await newsroom.visit("bbc", monday) == Tally(new=1, alerts=1)
    assert await newsroom.visit("bbc", tuesday, monday) == Tally(new=1, seen=1, alerts=1)
    assert await newsroom.visit("bbc", tuesday, monday) == Tally(seen=2)


@pytest.mark.parametrize("dated", [True, False])
async def test_every_issue_of_a_briefing_with_one_title_and_link_is_told(newsroom: Newsroom, *, dated: bool) -> None:
    await newsroom.add(source())
    await newsroom.visit("bbc")
    for day in range(3):
        date = NOON + timedelta(days=day) if dated else None
        briefing = entry(str(day), "Press briefing on talks", f"Day {day}", url="https://bbc.example/", published=date)
        assert await newsroom.visit("bbc", briefing) == Tally(new=1, alerts=1)


async def test_an_item_whose_identity_depends_on_its_neighbours_is_told_once(newsroom: Newsroom) -> None:
    await newsroom.add(source())
    await newsroom.visit("bbc", entry("guid", "talks on fish", url=None))
    both = entry("hash:b", "talks on chips", url=None), entry("hash:a", "talks on fish", url=None)
    assert await newsroom.visit("bbc", *both) == Tally(new=1, seen=1, alerts=1)
    assert await newsroom.visit("bbc", entry("guid", "talks on chips", url=None)) == Tally(seen=1)


async def test_an_item_that_a_document_lists_twice_under_two_guids_is_one_story(newsroom: Newsroom) -> None:
    await newsroom.add(source())
    url = "https://bbc.example/talks"
    assert await newsroom.visit("bbc", entry("1", url=url), entry("2", url=url)) == Tally(new=1, seen=1, alerts=1)


async def test_a_guid_that_a_document_gives_to_several_items_loses_none_of_them(newsroom: Newsroom) -> None:
    await newsroom.add(source())
    first = entry("same", title="talks on fish", url="https://bbc.example/fish")
    second = entry("same", title="talks on chips", url="https://bbc.example/chips")
    assert await newsroom.visit("bbc", first) == Tally(new=1, alerts=1)
    assert await newsroom.visit("bbc", second, first, first) == Tally(new=1, seen=2, alerts=1)
    assert await newsroom.visit("bbc", second, first) == Tally(seen=2)
    assert {story.version for story in await outcomes(newsroom)} == {1}


async def test_an_entry_that_a_document_simply_repeats_is_known_again_after_an_edit(newsroom: Newsroom) -> None:
    await newsroom.add(source())
    assert await newsroom.visit("bbc", entry(), entry()) == Tally(new=1, seen=1, alerts=1)
    edited = entry(title="The talks are over")
    assert await newsroom.visit("bbc", edited, edited) == Tally(changed=1, seen=1)


@pytest.mark.parametrize("title", ["  JAPAN and\u00a0France   open talks ", "\uff2aapan and France open talks"])
async def test_a_title_is_known_again_by_its_letters(newsroom: Newsroom, title: str) -> None:
    await newsroom.add(source())
    url = "https://bbc.example/talks"
    await newsroom.visit("bbc", entry("1", url=url))
    await newsroom.visit("bbc", entry("2", title=title, url=url))
    assert len(await outcomes(newsroom)) == 1


# ---------------------------------------------------------------- what has changed


async def test_a_changed_story_is_judged_again_and_told_by_new_rules_only(newsroom: Newsroom) -> None:
    await newsroom.add(source())
    await newsroom.visit("bbc", entry(title="talks"))
    assert await newsroom.visit("bbc", entry(title="talks on RARE earths")) == Tally(changed=1, alerts=2)
    assert await newsroom.visit("bbc", entry(title="talks on RARE earths end")) == Tally(changed=1)
    assert sorted(await newsroom.told()) == [  # each as its story reads by now
        ("#minerals", "talks on RARE earths end", ("rare",)),
        ("#news", "talks on RARE earths end", ("rare",)),
        ("#news", "talks on RARE earths end", ("talks",)),
    ]
    assert await newsroom.reasons() == [
        ("talks", "#news", "first"),
        ("rare", "#minerals", "edited"),
        ("rare", "#news", "edited"),
        ("talks", "#news", "told"),
        ("rare", "#minerals", "told"),
        ("rare", "#news", "told"),
        ("talks", "#news", "told"),
    ]


async def test_each_version_is_kept_as_it_was(newsroom: Newsroom, clock: FakeClock) -> None:
    await newsroom.add(source())
    await newsroom.visit("bbc", entry(title="talks"))
    clock.advance(HOUR)
    await newsroom.visit("bbc", entry(title="talks end", text="At last"))
    query = select(story_version).order_by(story_version.c.version)
    rows = await newsroom.store._reader.run(lambda connection: connection.execute(query).all())
    assert [(row.version, row.at, row.title, row.text, row.rules) for row in rows] == [
        (1, NOON, "talks", "", "rev1"),
        (2, NOON + HOUR, "talks end", "At last", "rev1"),
    ]
    (story,) = await outcomes(newsroom)
    assert story.seen == NOON


async def test_after_24_versions_changes_are_ignored_and_counted(newsroom: Newsroom) -> None:
    await newsroom.add(source())
    for number in range(1, MAX_VERSIONS + 1):
        await newsroom.visit("bbc", entry(title=f"cats {number}"))
    assert await newsroom.visit("bbc", entry(title="talks at last")) == Tally(seen=1)
    assert await newsroom.visit("bbc", entry(title="talks at last")) == Tally(seen=1)
    (story,) = await outcomes(newsroom)
    assert (story.version, story.title, story.ignored) == (MAX_VERSIONS, f"cats {MAX_VERSIONS}", 1)
    query = select(poll_log.c.notes).order_by(poll_log.c.id.desc())
    notes = await newsroom.store._reader.run(lambda connection: connection.scalars(query).all())
    assert notes[:3] == [[], [f"story {encode(story.story)} changed after 24 versions: ignored"], []]


async def test_a_new_date_alone_is_noted_and_the_first_is_kept(newsroom: Newsroom) -> None:
    await newsroom.add(source())
    await newsroom.visit("bbc", entry(published=NOON - HOUR))
    for published in (NOON - MINUTE, NOON - 2 * MINUTE):
        assert await newsroom.visit("bbc", entry(published=published)) == Tally(seen=1)
    (delivery,) = await newsroom.store.outbox.due(NOON, 10)
    assert (delivery.alert.story.published, delivery.alert.story.date_note) == (NOON - HOUR, DateNote.REDATED)


async def test_a_new_date_together_with_new_words_is_noted_too(newsroom: Newsroom) -> None:
    await newsroom.add(source())
    await newsroom.visit("bbc", entry(title="A cat", published=NOON - HOUR))
    await newsroom.visit("bbc", entry(title="A cat talks", published=NOON - MINUTE))
    (delivery,) = await newsroom.store.outbox.due(NOON, 10)
    assert (delivery.alert.story.published, delivery.alert.story.date_note) == (NOON - HOUR, DateNote.REDATED)


async def test_a_missing_date_is_learned_and_never_forgotten(newsroom: Newsroom) -> None:
    await newsroom.add(source())
    await newsroom.visit("bbc", entry(published=None, date_note=DateNote.MISSING))
    await newsroom.visit("bbc", entry(published=NOON - HOUR))
    await newsroom.visit("bbc", entry(published=None, date_note=DateNote.MISSING))
    (delivery,) = await newsroom.store.outbox.due(NOON, 10)
    assert (delivery.alert.story.published, delivery.alert.story.date_note) == (NOON - HOUR, None)


async def test_a_fraction_of_a_millisecond_is_no_new_date(newsroom: Newsroom) -> None:
    await newsroom.add(source())
    for _ in range(2):
        await newsroom.visit("bbc", entry(published=NOON - timedelta(microseconds=1234)))
    (delivery,) = await newsroom.store.outbox.due(NOON, 10)
    assert delivery.alert.story.date_note is None


# ---------------------------------------------------------------- copies


async def copies(newsroom: Newsroom, *outlets: str) -> list[Tally]:
    await newsroom.add(*(source(name) for name in outlets))
    return [
        await newsroom.visit(name, entry(f"{name}-1", title=WORDS, url=f"https://{name}.example/1")) for name in outlets
    ]


async def test_a_copy_is_not_told_twice(newsroom: Newsroom) -> None:
    assert await copies(newsroom, "bbc", "nhk", "afp") == [Tally(new=1, alerts=1), Tally(new=1), Tally(new=1)]
    first, *others = await outcomes(newsroom)
    assert [one.copy_of for one in (first, *others)] == [None, first.story, first.story]
    assert [reason for *_, reason in await newsroom.reasons()] == ["first", "copy", "copy"]


async def test_copies_within_one_document_are_not_told_twice(newsroom: Newsroom) -> None:
    await newsroom.add(source())
    assert await newsroom.visit("bbc", entry("1", title=WORDS), entry("2", title=WORDS)) == Tally(new=2, alerts=1)


async def test_the_same_link_and_title_in_another_source_are_a_copy(newsroom: Newsroom) -> None:
    await newsroom.add(source(), source("nhk"))
    url = "https://bbc.example/talks"
    await newsroom.visit("bbc", entry(title="Short talks", url=url, text="In full length"))
    assert await newsroom.visit("nhk", entry(title="Short talks", url=url, text="In short")) == Tally(new=1)
    assert [reason for *_, reason in await newsroom.reasons()] == ["first", "copy"]


@pytest.mark.parametrize(("later", "reason"), [(72 * HOUR, "copy"), (72 * HOUR + MINUTE, "first")])
async def test_the_same_words_long_after_are_another_story(
    newsroom: Newsroom, clock: FakeClock, later: timedelta, reason: str
) -> None:
    await copies(newsroom, "bbc")
    clock.advance(later)
    await copies(newsroom, "nhk")
    assert [reason for *_, reason in await newsroom.reasons()] == ["first", reason]


async def test_a_copy_of_a_copy_keeps_a_story_together(newsroom: Newsroom, clock: FakeClock) -> None:
    for name in ("bbc", "nhk", "afp"):
        await copies(newsroom, name)
        clock.advance(48 * HOUR)
    first, *others = await outcomes(newsroom)
    assert {one.copy_of for one in others} == {first.story}
    assert len(await newsroom.told()) == 1


async def test_a_copy_with_more_in_it_tells_only_what_is_new(newsroom: Newsroom) -> None:
    await newsroom.add(source(), source("nhk"))
    url = "https://bbc.example/talks"
    await newsroom.visit("bbc", entry(title="talks", url=url))
    await newsroom.visit("nhk", entry(title="talks", url=url, text="about RARE earths"))
    assert sorted(await newsroom.reasons()) == [
        ("rare", "#minerals", "first"),
        ("rare", "#news", "new-rule"),
        ("talks", "#news", "copy"),
        ("talks", "#news", "first"),
    ]
    assert [rules for channel, _, rules in await newsroom.told() if channel == "#news"] == [("talks",), ("rare",)]


async def test_a_story_that_becomes_a_copy_by_an_edit_is_not_told_again(newsroom: Newsroom) -> None:
    await copies(newsroom, "bbc")
    await newsroom.add(source("nhk"))
    await newsroom.visit("nhk", entry(title="More soon", url="https://nhk.example/1"))
    assert await newsroom.visit("nhk", entry(title=WORDS, url="https://nhk.example/1")) == Tally(changed=1)
    first, other = await outcomes(newsroom)
    assert other.copy_of == first.story
    longer = entry(title=WORDS + ", but later", url="https://nhk.example/1")
    assert await newsroom.visit("nhk", longer) == Tally(changed=1)
    assert len(await newsroom.told()) == 1


async def test_a_copy_of_an_earlier_version_is_not_told_again(newsroom: Newsroom) -> None:
    await copies(newsroom, "bbc")
    await newsroom.visit("bbc", entry("bbc-1", title="All about talks, now in other words entirely"))
    assert await copies(newsroom, "nhk") == [Tally(new=1)]


async def test_what_a_story_told_counts_for_it_after_it_joined_another_group(newsroom: Newsroom) -> None:
    newsroom.judge.rules = {"talks": ("#news",), "pact": ("#news",)}
    await copies(newsroom, "bbc")
    await newsroom.add(source("nhk"), source("afp"))
    link = "https://nhk.example/1"
    pact = "A pact is what ministers of two countries signed in Paris late last night"
    await newsroom.visit("nhk", entry(title=pact, url=link))  # tells "pact" in a group of its own
    await newsroom.visit("nhk", entry(title=WORDS, url=link))  # becomes a copy of the BBC's
    assert await newsroom.visit("nhk", entry(title=f"{pact} {WORDS}", url=link)) == Tally(changed=1)
    assert await newsroom.visit("afp", entry(title=pact, url="https://afp.example/1")) == Tally(new=1)
    assert [rules for *_, rules in await newsroom.told()] == [("talks",), ("pact",)]


async def test_what_its_old_group_told_counts_for_a_story_that_joins_another(newsroom: Newsroom) -> None:
    await copies(newsroom, "bbc", "nhk")
    other = "Talks aside, the talks of two countries in Paris were all about fish and chips"
    await newsroom.add(source("afp"), visited=False)
    await newsroom.visit("afp", entry(title=other, published=None, url="https://afp.example/1"))  # backlog: not told
    assert await newsroom.visit("nhk", entry("nhk-1", title=other, url="https://nhk.example/1")) == Tally(changed=1)
    assert len(await newsroom.told()) == 1


# ---------------------------------------------------------------- the first visit


@pytest.mark.parametrize(
    ("backlog", "published", "reason"),
    [
        (timedelta(hours=24), NOON - 23 * HOUR, "first"),
        (timedelta(hours=24), NOON - 25 * HOUR, "backlog"),
        (timedelta(hours=24), None, "backlog"),
        (timedelta(0), NOON, "backlog"),
        (timedelta.max, None, "first"),
        (timedelta.max, NOON - 4000 * DAY, "first"),
    ],
)
async def test_on_a_first_visit_only_young_stories_are_told(
    newsroom: Newsroom, backlog: timedelta, published: datetime | None, reason: str
) -> None:
    await newsroom.add(source(backlog=backlog), visited=False)
    tally = await newsroom.visit("bbc", entry(published=published))
    assert tally == Tally(new=1, alerts=int(reason == "first"))
    assert await newsroom.reasons() == [("talks", "#news", reason)]


async def test_on_later_visits_old_and_undated_stories_are_told(newsroom: Newsroom) -> None:
    await newsroom.add(source())
    old, undated = entry("1", title="old talks", published=NOON - 30 * DAY), entry("2", title="talks", published=None)
    assert await newsroom.visit("bbc", old, undated) == Tally(new=2, alerts=2)


async def test_an_edit_of_a_backlog_story_tells_only_what_is_new_in_it(newsroom: Newsroom) -> None:
    await newsroom.add(source(), visited=False)
    await newsroom.visit("bbc", entry(title="old talks", published=NOON - 30 * DAY))
    await newsroom.visit("bbc", entry(title="old talks resumed", published=NOON - 30 * DAY))
    assert await newsroom.told() == []
    await newsroom.visit("bbc", entry(title="old talks resumed on RARE earths", published=NOON - 30 * DAY))
    assert {rules for *_, rules in await newsroom.told()} == {("rare",)}


async def test_a_backlog_story_does_not_silence_its_fresh_copy(newsroom: Newsroom) -> None:
    await newsroom.add(source(), visited=False)
    await newsroom.visit("bbc", entry("bbc-1", title=WORDS, published=None))
    assert await copies(newsroom, "nhk") == [Tally(new=1, alerts=1)]


async def test_a_first_visit_finds_a_copy_of_what_was_told(newsroom: Newsroom) -> None:
    await copies(newsroom, "bbc")
    await newsroom.add(source("nhk"), visited=False)
    await newsroom.visit("nhk", entry(title=WORDS, url="https://nhk.example/1"))
    assert [reason for *_, reason in await newsroom.reasons()] == ["first", "copy"]


# ---------------------------------------------------------------- the record


async def test_every_visit_leaves_a_line(newsroom: Newsroom, store: Store) -> None:
    await newsroom.add(source(), visited=False)
    await newsroom.visit("bbc", reading=reading(entry(), notes=("not well-formed",)))
    await newsroom.visit("bbc", answer=Answer.UNCHANGED, reason="304", status=304, reading=None, size=0)
    failure = {"answer": Answer.FAILED, "reason": "dns", "detail": "no such host", "status": None, "reading": None}
    await newsroom.visit("bbc", **failure, failures=1)
    query = select(poll_log).order_by(poll_log.c.id)
    rows = await store._reader.run(lambda connection: connection.execute(query).all())
    assert [(row.at, row.answer, row.reason, row.detail, row.status) for row in rows] == [
        (NOON, "read", "200", "", 200),
        (NOON, "unchanged", "304", "", 304),
        (NOON, "failed", "dns", "no such host", None),
    ]
    assert [(row.new, row.alerts, row.notes) for row in rows] == [(1, 1, ["not well-formed"]), (0, 0, []), (0, 0, [])]
    assert {(row.source_id, row.elapsed_ms) for row in rows} == {("bbc", 120)}
    assert [row.size for row in rows] == [2048, 0, 2048]


async def test_a_judge_that_fails_undoes_the_whole_poll(newsroom: Newsroom, store: Store) -> None:
    class Broken(WordJudge):
        def __call__(self, story: Story) -> list[Finding]:
            raise ZeroDivisionError(story)

    await newsroom.add(source(), visited=False)
    broken = Newsroom(store, Broken({}), newsroom.clock)
    broken.sources = newsroom.sources
    with pytest.raises(ZeroDivisionError):
        await broken.visit("bbc", entry())
    assert await outcomes(newsroom) == []
    assert (await broken.claim("bbc")).first


async def test_the_largest_document_is_taken_in(newsroom: Newsroom) -> None:
    await newsroom.add(source())
    many: list[Entry] = [entry(str(number), title=f"talks {number}") for number in range(500)]
    assert await newsroom.visit("bbc", *many) == Tally(new=500, alerts=500)
    assert await newsroom.visit("bbc", *many) == Tally(seen=500)


# ---------------------------------------------------------------- floods


async def regular(newsroom: Newsroom) -> None:
    """A source that was visited an hour ago."""
    await newsroom.add(source())
    await newsroom.visit("bbc", plan=Next(at=NOON, why="soon", standing=Standing(last_ok=NOON)))
    newsroom.clock.advance(timedelta(hours=1))


async def test_a_flood_is_told_in_one_message_within_a_minute(newsroom: Newsroom) -> None:
    await regular(newsroom)
    many = [entry(str(number), title=f"talks {number}") for number in range(30)]
    assert await newsroom.visit("bbc", *many, floods=True) == Tally(new=30)
    assert {reason for _, _, reason in await newsroom.reasons()} == {"flood"}
    assert (await newsroom.ingest.watch()).alerts == 1
    (_, says, newest, others) = (await newsroom.trends())[0]
    assert says == "30 stories that waited, newest first"
    assert len({newest, *others}) == 10
    assert (await newsroom.ingest.watch()).alerts == 0


async def test_in_a_flood_what_is_critical_is_told_alone(newsroom: Newsroom) -> None:
    newsroom.judge.rules = {"talks": ("#news",), "WAR": ("#news",)}
    await regular(newsroom)
    many = [entry(str(number), title=f"talks {number}") for number in range(30)]
    assert (await newsroom.visit("bbc", *many, entry("w", title="WAR"), floods=True)).alerts == 1


async def test_new_guids_for_what_is_known_are_no_flood(newsroom: Newsroom) -> None:
    await regular(newsroom)
    for number in range(20):
        await newsroom.visit("bbc", entry(str(number), title=f"talks {number}", url=f"https://bbc.example/{number}"))
    rekeyed = [entry(f"x{n}", title=f"talks {n}", url=f"https://bbc.example/{n}") for n in range(20)]
    fresh = entry("new", title="talks at last")
    assert await newsroom.visit("bbc", *rekeyed, fresh, floods=True) == Tally(seen=20, new=1, alerts=1)


# ---------------------------------------------------------------- rules on trial


async def test_a_rule_on_trial_is_judged_as_if_it_told_and_tells_nobody(newsroom: Newsroom) -> None:
    newsroom.judge.shadows = ("talks",)
    await newsroom.add(source(), source("nhk"))
    assert await newsroom.visit("bbc", entry(text=WORDS)) == Tally(new=1)
    assert await newsroom.visit("bbc", entry(text=f"{WORDS} again")) == Tally(changed=1)
    assert await newsroom.visit("nhk", entry("n", text=WORDS, url=None)) == Tally(new=1)
    assert [reason for _, _, reason in await newsroom.reasons()] == ["shadow", "told", "copy"]
    assert await newsroom.told() == []


async def test_a_rule_that_is_no_longer_on_trial_has_told_nobody_yet(newsroom: Newsroom) -> None:
    newsroom.judge.shadows = ("talks",)
    await newsroom.add(source(), source("nhk"))
    await newsroom.visit("bbc", entry(text=WORDS))
    newsroom.judge.shadows = ()
    assert await newsroom.visit("nhk", entry("n", text=WORDS, url=None)) == Tally(new=1, alerts=1)
