"""What tests of commands and reports ask of article pages: one visit, which brings a text or a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.errors import FetchError
from crawler.visits.page import PageState, PageVisit, after_failure
from spiders.article import Article
from tests.crawler.store.makers import LEASE

if TYPE_CHECKING:
    from tests.crawler.store.makers import Newsroom


async def visit_page(room: Newsroom, url: str, brings: str | Article | FetchError) -> None:
    """Visit the page at ``url``, which is due now; it holds a text, with more or without, or cannot be had."""
    now = room.clock.now()
    claims = {one.url: one for one in await room.store.claim_pages(now, 100, LEASE)}
    claim = claims.pop(url)
    for other in claims.values():
        await room.store.release_page(other)
    if isinstance(brings, FetchError):
        next_at, detail = after_failure(claim, brings, now, 0.5)
        state = PageState.FAILED if next_at is None else PageState.DUE
        visit = PageVisit(claim=claim, at=now, state=state, reason=brings.reason, detail=detail, next_at=next_at)
    else:
        article = brings if isinstance(brings, Article) else Article(title="", text=brings, method="extraction")
        visit = PageVisit(
            claim=claim, at=now, state=PageState.READ, reason="200", detail="by extraction", article=article
        )
    await room.ingest.commit_page(visit)
