"""The record of a source: what one visit changes in how the source does, and what of it is worth telling."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from crawler.visits import flood
from crawler.visits.poll import Answer
from crawler.visits.spans import roughly
from crawler.visits.standing import GRUDGE, Event, Standing, Wishes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawler.visits.poll import Poll, Tally
    from spiders.entry import Hints

HELD = "host-held"  # the reason of a visit that was not made because its host wants to be left alone
TAKEN = "host-taken"  # … or because another worker is at it
OFFLINE = frozenset({"dns", "unreachable", "refused", "connect-timeout", "timeout"})  # as often our fault as theirs
OVERLOADED = frozenset({429, 503})
GONE = 410
_HARD = frozenset({400, 401, 402, 403, 405, 406, 451})  # statuses that waiting hardly mends
_HARD_REASONS = frozenset(
    {"bad-redirect", "bad-url", "blocked-address", "insecure-redirect", "redirect-loop", "robots", "secret-missing"}
)
_REPORT_POINTS = 3
_REPORT_AFTER = timedelta(hours=6)
_AGREEING = 3  # answers in a row before a move, a farewell or a lie is believed
_FRUITLESS = 3  # failures in a row at a new address, before the old one is tried again
_HOUR = timedelta(hours=1)
_PATIENCE = _HOUR  # with another worker that is at the host, before that counts as a failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is known after a visit."""

    standing: Standing
    events: tuple[Event, ...] = ()
    forget: bool = False  # the validators belong to another address


def after(poll: Poll, tally: Tally) -> Record:
    """Return what is known after a visit that changed ``tally``."""
    if poll.reason == HELD:
        return Record(standing=poll.claim.standing)
    if poll.reason == TAKEN:
        return _taken(poll)
    return _failed(poll) if poll.answer is Answer.FAILED else _answered(poll, tally)


# ---------------------------------------------------------------- after a failure


def _taken(poll: Poll) -> Record:
    """Let a source that is never visited be seen as failing; it is no server's fault, so no back-off grows by it."""
    before = poll.claim.standing
    since = before.failing_since or poll.at
    if poll.at - since < _PATIENCE:
        return Record(standing=replace(before, failing_since=since))
    found = _failed(poll)
    points = max(before.points, min(found.standing.points, _REPORT_POINTS))
    return replace(found, standing=replace(found.standing, points=points))


def _failed(poll: Poll) -> Record:
    before = poll.claim.standing
    gone = before.gone + 1 if poll.status == GONE else 0
    standing = replace(
        before,
        failures=before.failures + 1,
        points=before.points + (2 if poll.status in _HARD or poll.reason in _HARD_REASONS else 1),
        failing_since=before.failing_since or poll.at,
        gone=gone,
        given_up=gone >= _AGREEING,
    )
    events = [*_farewell(standing), *_report(poll, standing)]
    if events and not before.reported:
        standing = replace(standing, reported=poll.at)
    if standing.moved_to and _is_no_better(poll, standing):
        events.append(Event(name="moved-back", text=f"{standing.moved_to} fails: back to {poll.source.url}"))
        standing = replace(standing, moved_to=None, read_as=None, heading=None, headed=0)
        return Record(standing=standing, events=tuple(events), forget=True)
    return Record(standing=standing, events=tuple(events))


def _farewell(standing: Standing) -> Iterator[Event]:
    if standing.gone == 1:
        text = "its server says that it is gone for good (410): it will be asked twice more"
        yield Event(name="gone", text=text, loud=True)
    elif standing.given_up:
        text = f"its server said {_AGREEING} times that it is gone for good (410): left until its entry changes"
        yield Event(name="gone", text=text, loud=True)


def _report(poll: Poll, standing: Standing) -> Iterator[Event]:
    """Say aloud that a source fails: not for a hiccup, and once."""
    since = standing.last_ok or standing.failing_since or poll.at
    if standing.reported or standing.points < _REPORT_POINTS or poll.at - since <= _REPORT_AFTER:
        return
    text = f"{poll.reason} for {roughly(poll.at - since)}, {standing.failures} visits in a row: {poll.detail}"
    yield Event(name="down", text=text.removesuffix(": "), loud=True)


def _is_no_better(poll: Poll, standing: Standing) -> bool:
    """Tell whether to go back to the address before a move: at once, unless the network may be at fault."""
    if poll.reason == TAKEN:
        return False
    passing = poll.reason in OFFLINE or poll.status in OVERLOADED
    return not passing or standing.failures >= _FRUITLESS


# ---------------------------------------------------------------- after an answer


def _answered(poll: Poll, tally: Tally) -> Record:
    before = poll.claim.standing
    new = 0 if poll.claim.first else tally.new  # what was there before the first visit did not arrive between two
    rhythm = before.rhythm.begin(poll.at) if poll.claim.first else before.rhythm.learn(new, poll.at)
    standing = replace(
        before,
        failures=0,
        points=0,
        failing_since=None,
        reported=None,
        gone=0,
        given_up=False,
        last_ok=poll.at,
        rhythm=rhythm,
    )
    events = list(_recovery(poll))
    if poll.reading is not None:
        events += _gap(poll, tally)
        standing = _with_document(poll, standing)
        standing = replace(standing, gaps=before.gaps + any(event.name == "gap" for event in events))
    if found := flood.decide(new, standing.entries, poll.claim, poll.at):
        events.append(Event(name="flood", text=found.reason))
    standing, heard = _voice(poll, standing, new)
    standing, trust = _trust(poll, standing, tally)
    standing, move = _address(poll, standing)
    forget = any(event.name == "moved" for event in move)
    return Record(standing=standing, events=(*events, *heard, *trust, *move), forget=forget)


def _recovery(poll: Poll) -> Iterator[Event]:
    before = poll.claim.standing
    if not before.failures:
        return
    span = f" in {roughly(poll.at - before.failing_since)}" if before.failing_since else ""
    text = f"answers again after {before.failures} failed visit{'s' if before.failures > 1 else ''}{span}"
    yield Event(name="recovered", text=text, loud=before.reported is not None)


def _gap(poll: Poll, tally: Tally) -> Iterator[Event]:
    """Say so when a document shares nothing with the last one: what came and went between them was not seen."""
    before = poll.claim.standing
    if poll.claim.first or not before.entries or not tally.new or tally.seen or tally.changed:
        return
    known = before.rhythm
    span = None if known.at is None else poll.at - known.at
    missing = 0 if span is None else round(known.rate * (span / _HOUR)) - tally.new
    text = "this visit shared no item with the last" + (f", {roughly(span)} before" if span else "")
    how_many = f"about {missing} may be missing" if missing > 0 else "some may be missing"
    yield Event(name="gap", text=f"{text}: {how_many}")


def _with_document(poll: Poll, standing: Standing) -> Standing:
    if poll.reading is None:
        return standing
    hints: Hints = poll.reading.hints
    return replace(
        standing,
        entries=len(poll.reading.entries),
        wishes=Wishes(ttl=hints.ttl, skip_hours=hints.skip_hours, skip_days=hints.skip_days),
        hub=hints.hub,
        topic=hints.topic,
    )


def _voice(poll: Poll, standing: Standing, new: int) -> tuple[Standing, tuple[Event, ...]]:
    """Say it once when a source falls silent, and when it speaks again."""
    before = poll.claim.standing.rhythm
    if standing.silent and new:
        silence = roughly(poll.at - (before.last_new or standing.silent))
        return replace(standing, silent=None), (Event(name="speaks", text=f"speaks again after {silence}"),)
    if not standing.silent and standing.rhythm.is_silent(poll.at) and before.last_new and before.gap:
        silence, usual = roughly(poll.at - before.last_new), roughly(before.gap)
        event = Event(name="silent", text=f"nothing new for {silence}; usual is one every {usual}", loud=True)
        return replace(standing, silent=poll.at), (event,)
    return standing, ()


def _trust(poll: Poll, standing: Standing, tally: Tally) -> tuple[Standing, tuple[Event, ...]]:
    """Find out whether a server lies about what has changed.

    It does when the whole document, asked for once a day, has news although the server names the same validators
    as before; and when, time after time, only that daily document has news.
    """
    if poll.reason == "304":
        return standing, ()
    claim, news = poll.claim, bool(tally.new or tally.changed) and not poll.claim.first
    standing = replace(standing, last_full=poll.at)
    known = claim.validators.etag or claim.validators.last_modified
    if not (claim.unconditional and known):
        if news and standing.untrusted:
            return replace(standing, doubts=0, untrusted=None), (_TRUSTED,)
        return replace(standing, doubts=0) if news else standing, ()
    if claim.standing.untrusted and poll.at - claim.standing.untrusted < GRUDGE:
        return standing, ()
    doubts = standing.doubts + 1 if news else 0
    same = (poll.validators.etag, poll.validators.last_modified) == (
        claim.validators.etag,
        claim.validators.last_modified,
    )
    if news and (same or doubts >= _AGREEING):
        return replace(standing, doubts=0, untrusted=poll.at), (_UNTRUSTED,)
    return replace(standing, doubts=doubts), ()


_TRUSTED = Event(name="trusted", text="its server tells of changes again")
_UNTRUSTED = Event(
    name="untrusted",
    text="its server says that nothing has changed when it has: asked for the whole document from now on",
)


def _address(poll: Poll, standing: Standing) -> tuple[Standing, tuple[Event, ...]]:
    """Stay with what was found, and believe a permanent redirect when three visits in a row were led the same way."""
    if found := poll.discovered:
        moved_to = None if found.url == poll.source.url else found.url
        event = Event(name="found", text=f"{found.kind} at {found.url}: {found.why}")
        return replace(standing, moved_to=moved_to, read_as=found.kind, heading=None, headed=0), (event,)
    target = poll.moved_to
    if target is None or target == (poll.claim.url or poll.source.url):
        return replace(standing, heading=None, headed=0), ()
    headed = standing.headed + 1 if target == standing.heading else 1
    if headed < _AGREEING:
        return replace(standing, heading=target, headed=headed), ()
    text = f"moved to {target}: visited there from now on; `url:` in the configuration should say so"
    moved_to = None if target == poll.source.url else target
    event = Event(name="moved", text=text, loud=True)
    return replace(standing, moved_to=moved_to, heading=None, headed=0), (event,)
