"""The posts of a live blog on their way into the store: each is a story of its own, as if a feed had listed it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.policy import is_backlog
from alerts.story import DateNote
from crawler.store.following import Listing
from crawler.visits import backfill
from crawler.visits.poll import Answer, Claim, Poll, Validators
from crawler.visits.standing import Next, Standing
from spiders.entry import Entry, Reading
from spiders.source import Fulltext

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from crawler.visits.page import PageVisit
    from crawler.visits.poll import Tally
    from spiders.article import Article
    from spiders.liveblog import Post
    from spiders.source import Source

_DIALECT = "live-blog"
_WHY = "its page is visited, not its source"


def polls(visit: PageVisit) -> Sequence[Poll]:
    """Return what a visit found on a live blog, as polls of its source: none for any other page.

    On the first visit, posts older than the source's ``backlog`` are a backlog of their own, which is told to nobody
    and only teaches ``first_seen``.
    """
    if visit.article is None or visit.source is None:
        return ()
    posts, first = visit.article.posts, not visit.claim.reads
    old = {post for post in posts if first and is_backlog(post.published, visit.at, visit.source.backlog)}
    parts = ((True, [post for post in posts if post in old]), (False, [post for post in posts if post not in old]))
    return [_poll(visit, visit.article, visit.source, part, first=is_old) for is_old, part in parts if part]


def listing(poll: Poll, present: Collection[int]) -> Listing | None:
    """Return what a source lists, as a poll found it; None for a live blog's posts, and for what fills a gap."""
    is_other = poll.reading is not None and poll.reading.dialect in {_DIALECT, backfill.DIALECT}
    return None if is_other else Listing(source=poll.source.id, stories=present)


def _poll(visit: PageVisit, article: Article, source: Source, posts: Sequence[Post], *, first: bool) -> Poll:
    claim = visit.claim
    entries = tuple(_entry(post, claim.url, article.language) for post in posts)
    return Poll(
        claim=Claim(
            source=source.id,
            due=claim.due,
            token=claim.token,
            first=first,
            validators=Validators(),
            standing=Standing(last_ok=visit.at),  # so that very many new ones are told together
        ),
        source=replace(source, fulltext=Fulltext.NEVER),  # they have no page but this
        at=visit.at,
        answer=Answer.READ,
        reason=visit.reason,
        elapsed=timedelta(0),
        reading=Reading(title=article.title, dialect=_DIALECT, language=article.language, entries=entries),
        validators=Validators(),
        schedule=_unscheduled,
    )


def _entry(post: Post, blog: str, language: str | None) -> Entry:
    address = f"{blog.partition('#')[0]}#{post.id}"
    return Entry(
        identity=address,
        url=address,
        title=post.title,
        text=post.text,
        language=language,
        published=post.published,
        date_note=None if post.published else DateNote.MISSING,
    )


def _unscheduled(poll: Poll, _tally: Tally) -> Next:
    return Next(at=poll.at, why=_WHY)
