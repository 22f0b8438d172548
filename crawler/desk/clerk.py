"""The clerk: does what people ask for in Slack, and answers them from what was written down."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import crawler
from alerts.bulletin import Bulletin, Topic
from alerts.errors import ConfigError
from alerts.face import face_for
from alerts.language import identify
from alerts.routing.silence import Matcher, Phase, Silence, fault_of
from alerts.rules.explain import explain
from alerts.search.query import parse
from alerts.slack.desk import Proposal
from alerts.slack.home import HomeFacts, MuteFact, SourceFact
from alerts.story import Outlet, Story
from alerts.tuning.clauses import clauses_of
from crawler.config.edits import promoted
from crawler.desk import words
from crawler.intake.held import names_of, preview
from crawler.nearest import nearest
from crawler.replay.forecast import brief, forecast
from crawler.store.search import Search
from crawler.tuning.advice import advise
from crawler.tuning.standing import standings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from alerts.outbox import Receipt
    from alerts.slack.desk import Audit
    from crawler.clock import Clock
    from crawler.config.model import Config
    from crawler.store import Store
    from crawler.store.enquiries import Enquiry

ALL = "all"  # in place of a rule
_FOUND = 10  # stories that a search lists
_ADVISED = timedelta(days=30)  # back to which …
_TRIED = 2_000  # … and on how many matches, the newest, proposals are tried
_UNKNOWN = "nobody knows this message any more"


class Clerk:
    """The Desk, over the store and the configuration in force."""

    def __init__(
        self,
        store: Store,
        config: Callable[[], Config],
        clock: Clock,
        *,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        """``config`` returns the one in force; ``wake`` tells the courier that there is something to deliver."""
        self._store = store
        self._people = store.people
        self._config = config
        self._clock = clock
        self._wake = wake

    # ------------------------------------------------------------ what changes something

    async def relevant(self, delivery: str, rule: str, audit: Audit) -> str | None:
        """Keep that somebody called a message's story relevant to a rule."""
        return await self._vote(delivery, rule, audit, relevant=True)

    async def not_relevant(self, delivery: str, rule: str, audit: Audit) -> str | None:
        """Keep that somebody called it not relevant."""
        return await self._vote(delivery, rule, audit, relevant=False)

    async def mute(self, rule: str, until: datetime, audit: Audit) -> str | None:
        """Silence a rule."""
        if hindrance := self._unknown(rule):
            return hindrance
        return await self._silence(Matcher(rules=(rule,)), until, "muted in Slack", audit)

    async def unmute(self, rule: str, audit: Audit) -> str | None:
        """End the silences of a rule and nothing else, or the one silence that has this for its id."""
        if await self._people.unmute(rule, audit) or await self._people.expire(rule, audit):
            return None
        wider = [one for one in await self._people.silences(audit.at) if rule in one.matcher.rules]
        if wider:
            named = "; ".join(f"/tocsin unmute {one.id} ends {words.meant(one.matcher)}" for one in wider)
            return f"{rule} is muted together with more: {named}"
        return self._unknown(rule) or f"rule {rule} is not muted"

    async def snooze(self, delivery: str, until: datetime, audit: Audit) -> str | None:
        """Silence the source of a message's story."""
        enquiry = await self._people.message(delivery)
        if enquiry is None:
            return _UNKNOWN
        content = enquiry.delivery.content
        if isinstance(content, Bulletin):
            return "this message is about no single source"
        source = content.story.outlet.id
        about = replace(audit, detail=f"source {source} {audit.detail}")
        return await self._silence(Matcher(sources=(source,)), until, "snoozed in Slack", about)

    async def acknowledge(self, delivery: str, audit: Audit) -> str | None:
        """Keep who looks after a message."""
        kept = await self._people.acknowledge(delivery, audit)
        if kept is None:
            return _UNKNOWN
        if kept.user == audit.user:
            return None
        return f"{kept.user} acknowledged it at {words.local(kept.at, self._config().timezone)} already"

    async def retry(self, delivery: str, audit: Audit) -> str | None:
        """Make the source that a message is about due, and let the patrol visit it."""
        source = await self._about(delivery)
        if source is None:
            return "this message is about no single source"
        return None if await self._people.retry(source, audit) else f"{source} is not watched any more"

    async def put_off(self, delivery: str, until: datetime, audit: Audit) -> str | None:
        """Keep that somebody wants to hear of a source's trouble later."""
        told_anew = f"at {words.local(until, self._config().timezone)}"
        if not await self._people.put_off(delivery, told_anew, audit):
            return "what it tells of is over, or was snoozed before"
        self._wake()
        return None

    async def unfold(self, delivery: str, audit: Audit) -> str | None:
        """Take the messages of a storm out of it, and wake the courier."""
        if not await self._people.unfold(delivery, audit):
            return "it lists no message that waits"
        self._wake()
        return None

    async def mute_storm(self, delivery: str, until: datetime, audit: Audit) -> str | None:
        """Silence the rules of a storm."""
        muted = await self._people.mute_storm(delivery, until, audit)
        return None if muted else "it lists no message any more"

    # ------------------------------------------------------------ what is only asked

    async def delivery_at(self, receipt: Receipt) -> str | None:
        """Return the key of the message that stands there."""
        return await self._people.standing_at(receipt)

    async def why(self, delivery: str) -> str:
        """Say why a message was sent; it is named by its key, or by the end of it."""
        enquiry = await self._meant(delivery)
        return enquiry if isinstance(enquiry, str) else words.why(enquiry, self._config().timezone)

    async def sources(self, delivery: str) -> str:
        """List the outlets that tell the story of a message."""
        enquiry = await self._meant(delivery)
        if isinstance(enquiry, str):
            return enquiry
        content = enquiry.delivery.content
        if isinstance(content, Bulletin):
            return "This message is about no single story."
        kin = await self._store.kin(content.story.id, self._clock.now())
        return words.sources(kin, self._config().timezone) if kin else "Its story is no longer kept."

    async def copy(self, delivery: str) -> str:
        """Return a message as plain text."""
        enquiry = await self._meant(delivery)
        if isinstance(enquiry, str):
            return enquiry
        config = self._config()
        return words.copy(face_for(enquiry.delivery, wordings=config.wordings), config.timezone)

    async def status(self) -> str:
        """Say how the sources do, what waits, and what is silenced."""
        now = self._clock.now()
        overview = await self._store.overview(now)
        return words.status(overview, await self._people.silences(now), now, self._config().timezone)

    async def rules(self) -> str:
        """List the rules in force."""
        now, config = self._clock.now(), self._config()
        silences, known = await self._people.silences(now), await standings(config, self._store, now)
        said = await asyncio.to_thread(forecast, config, now=now)
        sends = {one.id: brief(said, one.id, config.routing.budget) for one in known}
        return words.rules(known, silences, now, config.timezone, sends)

    async def advise(self, rule: str) -> str:
        """Say what a rule could exclude or require, tried on what it found in the last 30 days."""
        config = self._config()
        known = next((one for one in config.rules.rules if one.id == rule), None)
        if known is None:
            return f"Nothing can be said: {self._unknown(rule)}."
        since = self._clock.now() - _ADVISED
        return words.advice(await advise(config, self._store, known, since, most=_TRIED))

    async def test(self, rule: str, text: str) -> str:
        """Say whether a rule in force, or which of all, would hold for a text; nothing is kept."""
        rules, told = self._config().rules, self._told(text)
        if rule == ALL:
            return words.matched(rules.match(told), told)
        return self._unknown(rule) or words.trial(explain(rules, rule, told))

    async def search(self, query: str) -> str:
        """List the newest stories that a search finds; raises QueryError."""
        found = await self._store.search(Search(query=parse(query), limit=_FOUND + 1))
        return words.found(found[:_FOUND], self._config().timezone, more=len(found) > _FOUND)

    async def digest(self, name: str) -> str:
        """Return a digest as it stands now; without a name the first one, and of no such name which there are."""
        config = self._config()
        known = config.routing.digests
        spec = next((one for one in known if name in {"", one.name}), None)
        if spec is None:
            return words.digests(known)
        asked = partial(preview, spec, rules=names_of(config.rules), now=self._clock.now())
        pages = await self._store.ask(asked)
        return "\n\n".join(words.copy(page, config.timezone) for page in pages)

    async def home(self) -> HomeFacts:
        """Return what the home page shows."""
        now = self._clock.now()
        glance, silences = await self._people.glance(now), await self._people.silences(now)
        sources = (
            SourceFact(name=one.name, trouble=words.trouble(one), last_good=one.last_ok, fresh=one.fresh)
            for one in glance.sources
        )
        return HomeFacts(
            version=crawler.__version__,
            sources=tuple(sources),
            mutes=tuple(_muted(one) for one in silences if one.phase(now) is Phase.ACTIVE),
            waiting=glance.waiting,
            dead=glance.dead,
            last_alert=glance.last_alert,
        )

    async def promote(self, rule: str, audit: Audit) -> Proposal:
        """Return the edit that ends a rule's trial, as the files stand now, and keep who asked for it."""
        config = self._config()
        known = next((one for one in config.rules.rules if one.id == rule), None)
        if known is None:
            return Proposal(hindrance=self._unknown(rule))
        if not known.shadow:
            return Proposal(hindrance=f"rule {rule} is on trial no more")
        try:
            made = await asyncio.to_thread(promoted, known)
        except ConfigError as error:
            return Proposal(hindrance=str(error))
        await self._people.note(audit)
        return Proposal(edit=made.diff)

    async def _about(self, delivery: str) -> str | None:
        """Return the source that a message of Tocsin itself is about."""
        enquiry = await self._people.message(delivery)
        content = enquiry.delivery.content if enquiry else None
        if not isinstance(content, Bulletin) or content.topic is not Topic.HEALTH:
            return None
        return content.subject or None

    async def _vote(self, delivery: str, rule: str, audit: Audit, *, relevant: bool) -> str | None:
        clauses = partial(clauses_of, self._config().rules)
        if await self._people.vote(delivery, rule, relevant=relevant, why=audit, clauses=clauses) is not None:
            return None
        about = f" of rule {rule}" if rule else ""
        return f"there is no such message{about}, or it tells of no rule, or of many stories"

    async def _silence(self, matcher: Matcher, until: datetime, comment: str, audit: Audit) -> str | None:
        wanted = Silence(id="", matcher=matcher, author=audit.user, comment=comment, start=audit.at, end=until)
        if fault := fault_of(wanted):
            return f"{fault[0]}: {fault[1]}"
        await self._people.silence(wanted, audit)
        return None

    async def _meant(self, written: str) -> Enquiry | str:
        """Return the message that somebody means, or what stands in the way."""
        keys: Sequence[str] = await self._people.keys_like(written)
        if len(keys) > 1:
            return f"Several messages end with {written}: write more of the key."
        found = await self._people.message(keys[0]) if keys else None
        return found or f"There is no message {written}: `tocsin outbox list` shows the keys."

    def _unknown(self, rule: str) -> str | None:
        """Return that there is no such rule, with the nearest one."""
        known = [one.id for one in self._config().rules.rules]
        if rule in known:
            return None
        return f"there is no rule {rule}: {nearest(rule, known, '/tocsin rules')}"

    def _told(self, text: str) -> Story:
        """Return the story that a text tells: its first line is the title when an empty line follows."""
        first, blank, rest = text.strip().partition("\n\n")
        title, body = (first, rest.strip()) if blank and "\n" not in first else ("", text.strip())
        outlet = Outlet(id="text", name="text", host="")
        language, _ = identify(title, body, None)
        now = self._clock.now()
        return Story(id=0, outlet=outlet, url=None, title=title, text=body, language=language, seen=now)


def _muted(one: Silence) -> MuteFact:
    """Return how the home page shows a silence: a rule by its name, all else in words, to be undone by its id."""
    rules = one.matcher.rules
    if len(rules) == 1 and one.matcher == Matcher(rules=rules):
        return MuteFact(rule=rules[0], until=one.end, by=one.author)
    return MuteFact(rule=one.id, until=one.end, by=one.author, says=words.meant(one.matcher))
