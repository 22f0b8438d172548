"""The chain of an address that is in no story: who should have had it, and what stands in the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawler.visits.spans import roughly
from crawler.why.chain import Chain, Mark, Step, sentence
from spiders.reasons import meaning

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crawler.store.ledger import Account
    from crawler.store.nearby import Near
    from crawler.why.chain import Clock

_OTHERS = 4  # further sources that are named


@dataclass(frozen=True, slots=True, kw_only=True)
class Robots:
    """What the host's robots.txt says of an address, as of now."""

    reason: str  # "allowed", or FetchError.reason
    detail: str = ""

    @property
    def allows(self) -> bool:
        """Whether a page may be read."""
        return self.reason == "allowed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """What is known of an address that is in no story."""

    url: str
    host: str
    names_a_story: bool  # False: it is a front page, a login or the like
    near: Sequence[Near]
    configured: Sequence[str] = ()  # ids of sources of that host in the configuration that the store does not know
    robots: Robots | None = None  # None: nobody asked
    paused: str | None = None  # why no source is visited at all, and the way out

    @property
    def is_a_page(self) -> bool:
        """Whether it may be a story's page, so that the rules of its host matter."""
        return self.names_a_story and not (self.near and self.near[0].is_it)


def chain_of_absent(absence: Absence, clock: Clock) -> Chain:
    """Return the chain of an address that was never seen."""
    best = absence.near[0] if absence.near else None
    reason, says = _verdict(absence, best, clock)
    if absence.paused:
        says += ", but nothing is collected now: the disk is nearly full"
    unseen = "forgotten" if best and best.forgotten else "never-seen"
    steps = [Step(name="address", mark=Mark.ENDED, reason=unseen, says="no story has it")]
    if best is not None and best.is_it:
        says_it = f"it is the address of the source {best.dossier.account.id}"
        steps = [Step(name="address", mark=Mark.NOTED, reason="source", says=says_it)]
    elif not absence.names_a_story:
        front = "by its form it is no story's: a front page, a login or the like"
        steps.append(Step(name="form", mark=Mark.NOTED, reason="no-story", says=front))
    steps += _source_steps(absence, clock)
    if absence.robots:
        steps.append(_robots_step(absence.robots))
    return Chain(
        verdict=sentence(says), told=False, ended="source", reason=reason, steps=tuple(steps), about=absence.url
    )


def _verdict(absence: Absence, best: Near | None, clock: Clock) -> tuple[str, str]:
    never = "Never seen"
    if absence.configured and not (best and (best.same_host or best.brought)):
        ids = ", ".join(absence.configured)
        return "not-taken-up", f"{never}: {ids} in the configuration has not been taken up by a running Tocsin yet"
    if best is None:
        way_out = f"`tocsin sources add {absence.host}` looks for what can be watched there"
        return "no-source", f"{never}: no source is of {absence.host}, nor brought anything from there; {way_out}"
    name = best.dossier.account.id
    if best.forgotten:
        kept = "its story is no longer kept (`retention.stories`)"
        return "forgotten", f"Seen at {clock.at(best.forgotten)} in the source {name}, and forgotten since: {kept}"
    reason, says = _of_source(best, clock)
    if best.is_it:
        return reason, f"The source {name} {says}"
    return reason, f"{never}: the source {name}, which should have it, {says}"


def _of_source(best: Near, clock: Clock) -> tuple[str, str]:
    """Say what stands in the way at a source, as short name and as words."""
    account, how = best.dossier.account, best.dossier.account.standing
    if account.condition == "disabled":
        return "source-disabled", "is not in the configuration any more, so it is not visited"
    if account.last_at is None:
        return "never-visited", f"has not been visited yet: {_next(account, clock)}"
    if how.failures:
        since = f" since {clock.until(how.failing_since)}" if how.failing_since else ""
        trouble = account.last_reason or "failing"
        return trouble, f"fails{since}: {trouble}: {meaning(trouble).rstrip('.')}"
    if best.is_it:
        return "source", f"was last visited at {clock.at(account.last_at)} and does well: {_next(account, clock)}"
    read = clock.at(account.last_ok or account.last_at)
    odd = _oddities(best)
    nothing = f"it lists nothing: {'; '.join(odd)}" if odd else "it lists nothing"
    listed = f"it lists {how.entries} now" if how.entries else nothing
    return "not-listed", f"was read at {read} and has not listed it ({listed}); {_next(account, clock)}"


def _oddities(best: Near) -> tuple[str, ...]:
    """Return what was noted of the last document that was read: that it is damaged, or too long to be read whole."""
    return next((one.notes for one in best.dossier.visits if one.answer == "read"), ())


def _next(account: Account, clock: Clock) -> str:
    if account.next_due is None:
        return "it is visited no more"
    if account.next_due <= clock.now:
        return "its next visit is due now"
    return f"next visit at {clock.at(account.next_due)}, in {roughly(account.next_due - clock.now)}"


def _source_steps(absence: Absence, clock: Clock) -> Iterator[Step]:
    if not absence.near:
        yield Step(name="source", mark=Mark.ENDED, reason="no-source", says=f"none is of {absence.host}")
        return
    best = absence.near[0]
    account, how = best.dossier.account, best.dossier.account.standing
    well = account.condition in {"ok", "silent"}
    mark = Mark.PASSED if well else Mark.WAITS if account.condition == "new" else Mark.ENDED
    yield Step(
        name="source", mark=mark, reason=account.condition, says=f"{account.id} ({account.name}): {_why_near(best)}"
    )
    if account.last_at:
        detail = f": {account.last_detail}" if how.failures and account.last_detail else ""
        answer = f"{account.last_reason}{detail}"
        more = [f"{how.gaps} visits shared nothing with the one before: stories may have passed unseen"] * bool(
            how.gaps
        )
        says = f"last answer {answer}; {account.stories} stories, {how.entries} in the last document"
        passed = Mark.ENDED if how.failures else Mark.PASSED
        reason = account.last_reason or ""
        yield Step(name="visit", mark=passed, reason=reason, says=says, at=account.last_at, more=tuple(more))
    for host, (until, why) in best.dossier.holds.items():
        if host.removeprefix("www.") == absence.host:
            says = f"{host} wants to be left alone until {clock.until(until)}: {why}"
            yield Step(name="held", mark=Mark.WAITS, reason="host-held", says=says)
    if account.next_due:
        yield Step(name="next", mark=Mark.WAITS, reason="due", says=f"{_next(account, clock)}: {account.next_why}")
    if absence.paused:
        yield Step(name="paused", mark=Mark.ENDED, reason="disk-low", says=absence.paused)
    if others := [one.dossier.account.id for one in absence.near[1 : 1 + _OTHERS]]:
        yield Step(name="others", mark=Mark.NOTED, reason="others", says=f"or {', '.join(others)}")


def _why_near(best: Near) -> str:
    if best.is_it:
        return "this is where it is read"
    brought = f"brought {best.brought} stories from there" if best.brought else ""
    place = "is of the same host" if best.same_host else "is of the same site"
    near = f"{place}{' and section' if best.section else ''}"
    return ", ".join(filter(None, (near if best.same_host or not brought else "", brought)))


def _robots_step(robots: Robots) -> Step:
    if robots.allows:
        return Step(name="robots", mark=Mark.PASSED, reason="allowed", says="robots.txt lets its page be read")
    if robots.reason == "robots":
        says = f"the page is closed to programs: {robots.detail}"
        return Step(name="robots", mark=Mark.ENDED, reason="robots", says=says)
    says = f"{robots.reason}: {meaning(robots.reason)}"
    return Step(name="robots", mark=Mark.NOTED, reason=robots.reason, says=says, more=(robots.detail,))
