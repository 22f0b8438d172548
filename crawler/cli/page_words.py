"""What became of a story's page, for people."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from crawler.cli.common import ago
from crawler.visits.page import PageState
from spiders.reasons import meaning

if TYPE_CHECKING:
    from datetime import datetime

    from crawler.config.model import Config
    from crawler.store import PageStatus, Store


async def unwanted_in(store: Store, config: Config, story_id: int) -> str:
    """Return why the page of a story in the store was not to be fetched."""
    from crawler.intake.wanted import unwanted
    from crawler.store import reports

    story = await store.story(story_id)
    if story is None:
        return "there is no such story"
    source = next((one for one in config.sources if one.id == story.outlet.id), None)
    return unwanted(story, source, await store.read(partial(reports.first_read, name=story.outlet.id)))


def page_words(page: PageStatus | None, now: datetime, unwanted: str) -> tuple[str, str]:
    """Say what became of a story's page, and why; ``unwanted`` is why there was no need of it, if there was none."""
    if page is None:
        return "not wanted", unwanted
    if page.state is PageState.READ:
        return "read", f"{ago(page.at, now)}, {page.detail}"
    if page.state is PageState.FAILED:
        return "failed", f"{page.reason}, {ago(page.at, now)}. {meaning(page.reason)} {_aside(page.detail)}".rstrip()
    if page.at is None:
        return "due", page.detail
    return "due again", f"{page.reason}, {ago(page.at, now)}. {meaning(page.reason)} {_aside(page.detail)}"


def _aside(detail: str) -> str:
    return f"({detail})" if detail else ""
