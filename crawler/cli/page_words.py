"""What became of a story's page, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.cli.common import ago
from crawler.visits.page import PageState
from spiders.reasons import meaning

if TYPE_CHECKING:
    from datetime import datetime

    from crawler.store import PageStatus


def page_words(page: PageStatus | None, now: datetime) -> tuple[str, str]:
    """Say what became of a story's page, and why."""
    if page is None:
        return "not wanted", "the source's own text is long enough, `fulltext` is never, or the story was a backlog"
    if page.state is PageState.READ:
        return "read", f"{ago(page.at, now)}, {page.detail}"
    if page.state is PageState.FAILED:
        return "failed", f"{page.reason}, {ago(page.at, now)}. {meaning(page.reason)} {_aside(page.detail)}".rstrip()
    if page.at is None:
        return "due", page.detail
    return "due again", f"{page.reason}, {ago(page.at, now)}. {meaning(page.reason)} {_aside(page.detail)}"


def _aside(detail: str) -> str:
    return f"({detail})" if detail else ""
