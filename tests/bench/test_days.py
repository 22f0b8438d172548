from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.errors import FetchError
from alerts.outbox import State
from alerts.policy import Reason
from alerts.story import Match, Severity
from bench import days
from bench.newswire import LISTED, Newswire, feed, page
from bench.oracle import Facts, Message, Verdict, judge
from bench.outlets import OutletCrawl, Weather
from crawler.config.model import FetchConfig
from crawler.store.reports import Outcome, Ruling
from crawler.visits.poll import Answer, Claim, Validators
from spiders.source import Source
from tests.fakes import NOON, FakeClock, outlet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.newswire import Piece

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(scope="module")
def wire() -> Newswire:
    return Newswire(sources=60, start=NOON, span=3 * DAY, each=HOUR)


# ---------------------------------------------------------------- what is published


def test_what_is_published_is_the_same_every_time_and_has_something_of_everything(wire: Newswire) -> None:
    assert Newswire(sources=60, start=NOON, span=3 * DAY, each=HOUR).pieces == wire.pieces
    assert {rule for one in wire.pieces for rule in one.all_rules} == set(days.CHANNELS)
    assert any(one.is_copy for one in wire.pieces)
    assert len({one.tag for one in wire.pieces if not one.is_copy}) == sum(not one.is_copy for one in wire.pieces)
    assert all(NOON < one.at <= (one.edited or one.at) <= NOON + 3 * DAY for one in wire.pieces)


def test_a_feed_lists_the_newest_of_its_own_first_and_changes_with_every_edit(wire: Newswire) -> None:
    edited = next(one for one in wire.pieces if one.edited and one.later)
    assert edited.edited is not None
    before, after = edited.edited - timedelta(seconds=1), edited.edited
    assert edited.edit not in feed(wire.listed(edited.source, before), before, "http://h")
    assert edited.edit in feed(wire.listed(edited.source, after), after, "http://h")
    assert wire.revision(edited.source, before) != wire.revision(edited.source, after)
    listed = wire.listed(edited.source, NOON + 3 * DAY)
    assert len(listed) == LISTED
    assert [one.number for one in listed] == sorted((one.number for one in listed), reverse=True)


def test_what_only_a_page_says_is_in_no_feed(wire: Newswire) -> None:
    paged = next(one for one in wire.pieces if "gallium" in one.rules)
    now = paged.at + DAY
    assert "Gallium" in page(paged, now)
    assert "Gallium" not in feed([paged], now, "http://h")


# ---------------------------------------------------------------- outlets in bad weather


def claim(known: Validators | None = None) -> Claim:
    return Claim(source="s3", due=NOON, token=1, first=False, validators=known or Validators())


async def test_an_outlet_answers_once_and_then_that_nothing_has_changed(wire: Newswire) -> None:
    clock, weather = FakeClock(NOON + DAY), Weather(1, NOON, 3 * DAY, 1)
    weather.is_over = True
    crawl = OutletCrawl(FetchConfig(user_agent="t"), clock, wire, weather, clock.now)
    source = Source(id="s3", url="https://outlet0.example/feed/3", name="s3")
    first = await crawl.visit(source, claim())
    assert first.reading is not None
    assert [one.title for one in first.reading.entries] == [one.title for one in wire.listed(3, clock.now())]
    assert (await crawl.visit(source, claim(first.validators))).answer is Answer.UNCHANGED
    assert crawl.late == [DAY.total_seconds()] * 2


async def test_no_outlet_has_a_name_for_an_hour(wire: Newswire) -> None:
    weather = Weather(1, NOON, 3 * DAY, 1)
    clock = FakeClock(next(at for n in range(1_000) if weather.outage(0, at := NOON + n * HOUR / 6) == "dns"))
    crawl = OutletCrawl(FetchConfig(user_agent="t"), clock, wire, weather, clock.now)
    with pytest.raises(FetchError, match="dns"):
        await crawl.visit(Source(id="s3", url="https://outlet0.example/feed/3", name="s3"), claim())


# ---------------------------------------------------------------- the oracle


def facts(pieces: Sequence[Piece]) -> Facts:
    """Return what a trial leaves that went as it should."""
    return Facts(
        outcomes=[_outcome(one) for one in pieces],
        told=[
            Message(channel=days.CHANNELS[rule], key="K", headline=one.title, says=f"{one.title} {one.text}")
            for one in pieces
            if not one.is_copy
            for rule in one.all_rules
        ],
        states={"K1": State.SENT, "K2": State.FOLDED},
        doubled=[],
        channels=days.CHANNELS,
    )


def _outcome(piece: Piece) -> Outcome:
    rulings = tuple(
        Ruling(
            version=1,
            match=Match(rule=rule, name=rule, severity=Severity.HIGH),
            channel="#news",
            reason=Reason.FIRST,
            delivery="K1",
            state=State.SENT,
        )
        for rule in piece.all_rules
    )
    return Outcome(
        story=1,
        version=1,
        outlet=outlet(id=f"s{piece.source}"),
        url=None,
        title=piece.title,
        published=piece.at,
        seen=piece.at,
        copy_of=None,
        ignored=0,
        rulings=rulings,
    )


def test_what_went_as_it_should_is_good(wire: Newswire) -> None:
    found = judge(wire.pieces, facts(wire.pieces))
    assert found.is_good
    assert found.seen == found.published == len(wire.pieces)
    assert found.told
    assert "never seen 0" in found.lines()[1]


def broken(wire: Newswire, what: str) -> Verdict:
    pieces, good = wire.pieces, facts(wire.pieces)
    silent = next(one for one in pieces if one.rules and not one.is_copy and one.tag in str(good.told))
    number = pieces.index(silent)
    match what:
        case "unseen":
            good = replace(good, outcomes=[*good.outcomes[:number], *good.outcomes[number + 1 :]])
        case "untold":
            good = replace(good, told=[one for one in good.told if silent.tag not in one.says])
        case "missed":
            mute = replace(good.outcomes[number], rulings=())
            good = replace(good, outcomes=[*good.outcomes[:number], mute, *good.outcomes[number + 1 :]])
        case "twice":
            again = next(one for one in good.told if silent.tag in one.headline)
            good = replace(good, told=[*good.told, again])
        case "stuck":
            good = replace(good, states={"K1": State.PENDING})
    return judge(pieces, good)


def test_what_slack_shows_twice_is_found(wire: Newswire) -> None:
    assert judge(wire.pieces, replace(facts(wire.pieces), doubled=["K7"])).twice == ["message K7"]


def test_what_a_digest_lists_again_is_not_told_twice(wire: Newswire) -> None:
    good = facts(wire.pieces)
    digest = Message(channel="#news", key="D", headline="morning digest", says=" ".join(one.says for one in good.told))
    assert judge(wire.pieces, replace(good, told=[*good.told, digest])).is_good


@pytest.mark.parametrize("what", ["unseen", "untold", "missed", "twice", "stuck"])
def test_what_went_wrong_is_found_and_nothing_else(wire: Newswire, what: str) -> None:
    found = broken(wire, what)
    assert not found.is_good
    kinds = ("unseen", "untold", "missed", "wrong", "twice", "stuck")
    assert [kind for kind in kinds if getattr(found, kind)] == [what]
    assert len(found.lines()) > 2


# ---------------------------------------------------------------- the trial itself


async def test_some_hours_of_some_sources_lose_and_double_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert await days.run(hours=2, sources=12, seed=1, step=10 * MINUTE, each=10 * MINUTE)
    printed = capsys.readouterr().out
    assert "never seen 0, rule missed 0, rule held in error 0, never told 0, doubled 0, stuck 0" in printed
    assert re.search(r"rules fired [1-9][0-9]*, told [1-9]", printed)
    assert printed.endswith("met\n")


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(SystemExit):
        days.main(["--hours", "many"])
