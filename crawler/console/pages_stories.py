"""Stories: what was collected, searched as ``tocsin search`` does, and why each was told or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse
from starlette.routing import Route

from alerts.errors import QueryError
from alerts.search.query import AllOf, Query, parse
from crawler.config.values import Unusable
from crawler.console.room import address, asked, moment, story_id
from crawler.console.views import StoryRow, searched
from crawler.console.views_story import chain_view, story_view
from crawler.console.whys import chain_for
from crawler.ids import encode
from crawler.store.search import Order, Search
from crawler.why.subject import Subject, subject_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from alerts.rules.ruleset import Rule, RuleSet
    from alerts.story import Span, Story
    from crawler.console.room import Room

PAGE = 40
EVERYTHING = Query(written="", words=AllOf(()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody looks for, as they wrote it."""

    q: str = ""
    since: str = ""
    until: str = ""
    matched: bool = False
    best: bool = False  # the best first, where there are words

    def link(self, **changes: str | None) -> str:
        """Return the address of this search, with changes."""
        parts = {
            "q": self.q,
            "since": self.since,
            "until": self.until,
            "matched": "1" if self.matched else None,
            "by": "relevance" if self.best else None,
        }
        return address("/stories", parts | changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search brought."""

    rows: tuple[StoryRow, ...] = ()
    older: str | None = None  # the code below which the next page begins
    fault: str = ""  # why it cannot be searched, with the way out


class Stories:
    """Serves the list and the page of one story."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def routes(self) -> list[Route]:
        """Return what is served."""
        return [Route("/stories", self.list), Route("/stories/{code}", self.show), Route("/why", self.why)]

    async def list(self, request: Request) -> Response:
        """Show the stories that are looked for, the newest first."""
        wanted = Wanted(
            q=asked(request, "q"),
            since=asked(request, "since"),
            until=asked(request, "until"),
            matched=asked(request, "matched") == "1",
            best=asked(request, "by") == "relevance",
        )
        below = asked(request, "below")
        found = await find(self._room, wanted, story_id(below) if below else None)
        status = 400 if found.fault else 200
        return self._room.page(request, "stories.html", status=status, wanted=wanted, found=found, below=below)

    async def show(self, request: Request) -> Response:
        """Show one story, and why it was told or not."""
        room, number = self._room, story_id(request.path_params["code"])
        story = await room.browse.story(number)
        if story is None:
            raise HTTPException(404, "There is no such story, or it is kept no longer.")
        now, config = room.now(), room.config()
        rulings = (await room.browse.rulings([number])).get(number, ())
        chosen = asked(request, "rule")
        rule = room.rule(chosen) if chosen else None
        view = story_view(
            story,
            rulings,
            kin=await room.browse.kin(number, now),
            page=await room.browse.page(number),
            editions=await room.browse.editions(number),
            found=words_of(config.rules, rule, story) if rule else None,
        )
        chain = await chain_for(config, Subject(story=number), now, rule=chosen or None)
        known = [one.id for one in config.rules.rules]
        return room.page(request, "story.html", story=view, chain=chain_view(chain), known=known, chosen=chosen)

    async def why(self, request: Request) -> Response:
        """Show what became of an address, a story or a message of Slack's."""
        room, written = self._room, asked(request, "of")
        subject = subject_of(written) if written else None
        if subject is not None and subject.story is not None and await room.browse.story(subject.story):
            return RedirectResponse(f"/stories/{encode(subject.story)}", 303)
        chain = await chain_for(room.config(), subject, room.now()) if subject else None
        view = chain_view(chain) if chain else None
        status = 400 if written and subject is None else 200
        return room.page(request, "why.html", status=status, written=written, chain=view)


def words_of(rules: RuleSet, rule: Rule, story: Story) -> tuple[Span, ...]:
    """Return the words of a story that a rule's query finds, whatever its gates say."""
    scan = rules.scan(story)
    return scan.spans(rule.part.hits(scan) or ())


async def find(room: Room, wanted: Wanted, below: int | None) -> Found:
    """Return a page of what is looked for, or why it cannot be."""
    now, zone = room.now(), room.config().timezone
    try:
        query = parse(wanted.q) if wanted.q else None
        since, until = moment(wanted.since, now, zone), moment(wanted.until, now, zone, ends_day=True)
        search = Search(
            query=query or EVERYTHING,
            since=since,
            until=until,
            order=Order.RELEVANCE if wanted.best and query else Order.NEWEST,
            limit=PAGE + 1,
            below=below,
            matched=wanted.matched,
        )
        stories = await room.browse.search(search)
    except QueryError as error:
        return Found(fault=str(error))
    except Unusable as error:
        return Found(fault=f"That {error.message}: {error.hint}.")
    rulings = await room.browse.rulings([one.id for one in stories[:PAGE]])
    phrases = tuple(query.phrases()) if query else ()
    rows = tuple(searched(one, rulings.get(one.id, ()), phrases) for one in stories[:PAGE])
    more = len(stories) > PAGE and search.order is Order.NEWEST
    return Found(rows=rows, older=encode(stories[PAGE - 1].id) if more else None)
