from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from crawler.visits.poll import Answer, Claim, Discovery, Poll, Tally, Validators
from crawler.visits.record import Record, after
from crawler.visits.rhythm import Rhythm
from crawler.visits.standing import Next, Standing, Wishes
from spiders.entry import Entry, Hints, Reading
from spiders.source import Source
from tests.fakes import NOON

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SOURCE = Source(id="a", url="https://a.example/feed", name="A")
ETAG = Validators(etag='"1"')
NEW = "https://new.example/feed"
KNOWN = Standing(
    last_ok=NOON - HOUR, last_full=NOON - HOUR, entries=20, rhythm=Rhythm(at=NOON - HOUR, last_new=NOON - HOUR)
)


def visit(
    standing: Standing = KNOWN,
    *,
    new: int = 0,
    changed: int = 0,
    seen: int = 0,
    first: bool = False,
    unconditional: bool = False,
    known: Validators = ETAG,
    **changes: Any,
) -> Record:
    """What is known after a visit at noon that read a document of so many items."""
    items = tuple(Entry(identity=str(n), url=None, title="t") for n in range(new + changed + seen))
    values: dict[str, Any] = {
        "answer": Answer.READ,
        "reason": "200",
        "status": 200,
        "at": NOON,
        "reading": Reading(title=None, dialect="rss20", entries=items),
        "validators": Validators(etag='"2"'),
    } | changes
    poll = Poll(
        claim=Claim(
            source="a",
            due=NOON,
            token=1,
            first=first,
            validators=known,
            url=standing.moved_to,
            unconditional=unconditional,
            standing=standing,
        ),
        source=SOURCE,
        elapsed=timedelta(0),
        schedule=lambda poll, _: Next(at=poll.at, why="never asked"),
        **values,
    )
    return after(poll, Tally(new=new, changed=changed, seen=seen))


def unchanged(standing: Standing = KNOWN, **changes: Any) -> Record:
    return visit(standing, answer=Answer.UNCHANGED, reason="304", status=304, reading=None, **changes)


def failed(standing: Standing = KNOWN, reason: str = "timeout", **changes: Any) -> Record:
    status = int(reason[5:]) if reason.startswith("http-") else None
    return visit(standing, **({"answer": Answer.FAILED, "reason": reason, "status": status, "reading": None} | changes))


def names(record: Record) -> list[str]:
    return [event.name for event in record.events]


# ---------------------------------------------------------------- failing and recovering


def test_a_failure_is_told_after_three_points_and_six_hours_and_once() -> None:
    standing, told = KNOWN, []
    for hours in range(12):
        record = failed(standing, "http-404", at=NOON + hours * HOUR, detail="404 Not Found")
        told.append([event.text for event in record.events if event.loud])
        standing = record.standing
    assert told[:6] == [[]] * 6
    assert told[6] == ["http-404 for 7h, 7 visits in a row: 404 Not Found"]
    assert told[7:] == [[]] * 5
    assert (standing.failures, standing.points, standing.failing_since) == (12, 12, NOON)
    assert standing.reported == NOON + 6 * HOUR


def test_what_waiting_hardly_mends_is_told_with_two_answers() -> None:
    standing = failed(KNOWN, "http-403").standing
    assert names(failed(standing, "http-403", at=NOON + 9 * HOUR)) == ["down"]
    standing = failed(KNOWN, "http-404").standing
    assert names(failed(standing, "http-404", at=NOON + 9 * HOUR)) == []


@pytest.mark.parametrize("reason", ["redirect-loop", "insecure-redirect", "blocked-address", "robots", "http-451"])
def test_what_counts_twice(reason: str) -> None:
    assert failed(KNOWN, reason).standing.points == 2


def test_a_recovery_is_loud_only_when_the_failure_was() -> None:
    quiet = failed(KNOWN).standing
    loud = failed(failed(failed(KNOWN).standing).standing, at=NOON + 9 * HOUR).standing
    for standing, is_loud in ((quiet, False), (loud, True)):
        record = visit(standing, seen=20, at=NOON + 10 * HOUR)
        assert [(event.name, event.loud) for event in record.events] == [("recovered", is_loud)]
        assert (record.standing.failures, record.standing.failing_since, record.standing.reported) == (0, None, None)
    assert visit(loud, seen=20, at=NOON + 10 * HOUR).events[0].text == "answers again after 3 failed visits in 10h"


def test_gone_is_told_at_once_and_believed_the_third_time() -> None:
    standing, told = KNOWN, []
    for days in range(3):
        record = failed(standing, "gone", status=410, at=NOON + days * DAY)
        standing = record.standing
        told.append(([event.name for event in record.events if event.loud], standing.given_up))
    assert told == [(["gone"], False), ([], False), (["gone"], True)]
    between = failed(failed(KNOWN, "gone", status=410).standing, "http-503").standing
    assert between.gone == 0
    assert visit(standing, seen=20, at=NOON + 9 * DAY).standing.given_up is False


def test_a_visit_that_was_not_made_changes_nothing() -> None:
    assert failed(KNOWN, "host-held") == Record(standing=KNOWN)


def test_a_host_at_which_another_worker_stays_is_a_failure_after_an_hour() -> None:
    moved = replace(KNOWN, moved_to="https://new.example/")
    first = failed(moved, "host-taken")
    assert first == Record(standing=replace(moved, failing_since=NOON))
    soon = failed(first.standing, "host-taken", at=NOON + HOUR / 2)
    assert (soon.standing.failures, soon.events) == (0, ())
    standing, told = soon.standing, []
    for minutes in range(60, 600):
        record = failed(standing, "host-taken", at=NOON + minutes * HOUR / 60, detail="another worker")
        standing = record.standing
        told += [event.text for event in record.events]
    assert told == ["host-taken for 6h01m, 242 visits in a row: another worker"]
    assert (standing.failures, standing.points, standing.moved_to) == (540, 3, "https://new.example/")
    assert visit(first.standing, seen=20, at=NOON + HOUR).standing.failing_since is None


# ---------------------------------------------------------------- gaps and floods


def test_a_document_that_shares_nothing_with_the_last_is_a_gap() -> None:
    busy = Standing(last_ok=NOON - 3 * HOUR, entries=5, rhythm=Rhythm(found=400.0, watched=100.0, at=NOON - 3 * HOUR))
    record = visit(busy, new=5)
    (gap,) = [event for event in record.events if event.name == "gap"]
    assert gap.text == "this visit shared no item with the last, 3h before: about 6 may be missing"
    assert record.standing.gaps == 1


@pytest.mark.parametrize(
    ("standing", "how"),
    [
        (KNOWN, {"new": 5, "seen": 1}),
        (KNOWN, {"new": 5, "changed": 1}),
        (KNOWN, {"new": 5, "first": True}),
        (KNOWN, {}),
        (Standing(last_ok=NOON - HOUR), {"new": 5}),  # the last document was empty
    ],
)
def test_what_is_no_gap(standing: Standing, how: dict[str, Any]) -> None:
    record = visit(standing, **how)
    assert "gap" not in names(record)
    assert record.standing.gaps == 0


def test_a_flood_is_noted_and_a_first_visit_is_none() -> None:
    assert "flood" in names(visit(KNOWN, new=15, seen=5))
    assert "flood" not in names(visit(KNOWN, new=15, seen=5, first=True))
    assert "flood" not in names(visit(Standing(), new=15, first=True))


# ---------------------------------------------------------------- rhythm and silence


def test_a_first_visit_s_backlog_is_not_learnt_from() -> None:
    first = visit(Standing(), new=300, first=True).standing
    assert (first.rhythm.learnt, first.rhythm.at, first.entries) == (0, NOON, 300)
    assert visit(first, new=3, seen=1, at=NOON + HOUR).standing.rhythm.learnt == 3


def test_a_source_that_comes_back_after_months_is_not_called_silent() -> None:
    regular = Rhythm(found=90.0, watched=90.0, gap=HOUR, learnt=50, at=NOON - 90 * DAY, last_new=NOON - 90 * DAY)
    record = visit(Standing(rhythm=regular, last_ok=NOON - 90 * DAY), new=20, first=True)
    assert record.events == ()
    assert record.standing.rhythm.rate == regular.rate


def test_a_visit_without_a_document_teaches_as_well() -> None:
    assert unchanged().standing.rhythm.watched > 0
    assert failed().standing.rhythm == KNOWN.rhythm


def test_silence_is_told_once_and_so_is_its_end() -> None:
    regular = Rhythm(gap=HOUR, learnt=50, longest=HOUR, at=NOON - HOUR, last_new=NOON - 25 * HOUR)
    silent = unchanged(Standing(rhythm=regular, last_ok=NOON - HOUR))
    assert [(event.name, event.text, event.loud) for event in silent.events] == [
        ("silent", "nothing new for 25h; usual is one every 1h", True)
    ]
    still = unchanged(silent.standing, at=NOON + HOUR)
    assert (still.events, still.standing.silent) == ((), NOON)
    speaks = visit(still.standing, new=1, seen=19, at=NOON + 2 * HOUR)
    assert [(event.name, event.text, event.loud) for event in speaks.events] == [
        ("speaks", "speaks again after 27h", False)
    ]
    assert speaks.standing.silent is None


def test_what_a_document_says_of_itself_is_kept_until_another_says_otherwise() -> None:
    hints = Hints(ttl=HOUR, skip_hours=frozenset({1}), skip_days=frozenset({6}), hub="h", topic="t")
    told = visit(KNOWN, reading=Reading(title=None, dialect="rss20", hints=hints)).standing
    assert told.wishes == Wishes(ttl=HOUR, skip_hours=frozenset({1}), skip_days=frozenset({6}))
    assert (unchanged(told).standing.wishes, unchanged(told).standing.hub) == (told.wishes, "h")
    assert visit(told, seen=1).standing.wishes == Wishes()


# ---------------------------------------------------------------- servers that lie


def test_news_under_the_same_validators_is_a_lie() -> None:
    record = visit(KNOWN, new=1, seen=19, unconditional=True, validators=ETAG)
    assert names(record) == ["untrusted"]
    assert record.standing.untrusted == NOON
    assert record.standing.wants_whole(NOON + 29 * DAY)
    assert not record.forget  # the bytes are still worth comparing


def test_other_bytes_with_the_same_items_are_no_lie() -> None:
    assert names(visit(KNOWN, seen=20, unconditional=True, validators=ETAG)) == []


def test_news_only_ever_in_the_daily_whole_document_is_a_lie_the_third_time() -> None:
    standing, told = KNOWN, []
    for days in range(3):
        standing = unchanged(standing, at=NOON + days * DAY).standing
        record = visit(standing, new=1, seen=19, unconditional=True, at=NOON + days * DAY + HOUR)
        standing = record.standing
        told.append(names(record))
    assert told == [[], [], ["untrusted"]]


def test_a_change_that_the_server_told_of_clears_it() -> None:
    doubted = visit(KNOWN, new=1, seen=19, unconditional=True).standing
    assert doubted.doubts == 1
    assert visit(doubted, new=1, seen=19).standing.doubts == 0


def test_after_a_month_a_server_is_believed_again_when_it_tells_of_a_change() -> None:
    liar = Standing(untrusted=NOON - 31 * DAY, last_full=NOON - HOUR, entries=20, last_ok=NOON - HOUR)
    assert not liar.wants_whole(NOON)
    record = visit(liar, new=1, seen=19)
    assert (names(record), record.standing.untrusted) == (["trusted"], None)


def test_a_server_without_validators_cannot_lie_about_them() -> None:
    plain = Validators(body_hash=b"0" * 16)
    assert names(visit(KNOWN, new=1, seen=19, unconditional=True, known=plain, validators=plain)) == []


def test_the_whole_document_is_asked_for_once_a_day() -> None:
    assert Standing().wants_whole(NOON)
    full = visit(KNOWN, seen=20).standing
    assert full.last_full == NOON
    later = unchanged(full, at=NOON + 23 * HOUR).standing
    assert not later.wants_whole(NOON + 23 * HOUR)
    assert later.wants_whole(NOON + DAY)


# ---------------------------------------------------------------- moving


def test_a_move_is_believed_after_three_agreeing_visits() -> None:
    standing = KNOWN
    for _ in range(2):
        record = unchanged(standing, moved_to=NEW)
        assert (record.standing.moved_to, record.forget, names(record)) == (None, False, [])
        standing = record.standing
    record = unchanged(standing, moved_to=NEW)
    assert (record.standing.moved_to, record.forget, names(record)) == (NEW, True, ["moved"])


def test_a_visit_that_is_led_elsewhere_starts_the_count_again() -> None:
    standing = unchanged(unchanged(KNOWN, moved_to=NEW).standing, moved_to=NEW).standing
    assert standing.headed == 2
    assert unchanged(standing, moved_to="https://other.example/").standing.headed == 1
    assert unchanged(standing).standing.headed == 0


def test_back_home_is_a_move_as_well() -> None:
    away = Standing(moved_to=NEW, heading=SOURCE.url, headed=2)
    record = unchanged(away, moved_to=SOURCE.url)
    assert (record.standing.moved_to, record.forget, names(record)) == (None, True, ["moved"])


@pytest.mark.parametrize(("reason", "failures", "back"), [("http-404", 1, True), ("dns", 2, False), ("dns", 3, True)])
def test_a_new_address_that_fails_is_given_up_for_the_old_one(reason: str, failures: int, *, back: bool) -> None:
    away = Standing(moved_to=NEW, failures=failures - 1, points=failures - 1, failing_since=NOON)
    record = failed(away, reason)
    assert (record.standing.moved_to is None, record.forget) == (back, back)
    assert ("moved-back" in names(record)) is back


# ---------------------------------------------------------------- kind: auto


def test_what_is_found_is_visited_from_now_on() -> None:
    found = Discovery(url=NEW, kind="feed", why="the page names it")
    record = visit(new=3, first=True, discovered=found)
    assert (record.standing.moved_to, record.standing.read_as) == (NEW, "feed")
    assert [(event.name, event.text) for event in record.events if event.name == "found"] == [
        ("found", f"feed at {NEW}: the page names it")
    ]


def test_what_stands_at_the_address_itself_is_no_move() -> None:
    record = visit(first=True, discovered=Discovery(url=SOURCE.url, kind="sitemap", why="it is one"))
    assert (record.standing.moved_to, record.standing.read_as) == (None, "sitemap")


def test_what_was_found_and_fails_is_looked_for_again() -> None:
    standing = replace(KNOWN, moved_to=NEW, read_as="feed")
    record = visit(standing, answer=Answer.FAILED, reason="http-404", status=404, reading=None)
    assert (record.standing.moved_to, record.standing.read_as) == (None, None)
