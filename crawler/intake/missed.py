"""What fills a gap: of what other documents list of it, the stories that are not known yet, taken in like any news."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.intake import polls
from crawler.visits.backfill import is_near

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crawler.intake.sift import Item
    from crawler.intake.threads import WordCounts
    from crawler.intake.verdicts import Judging
    from crawler.store.plan import Memory, Plan
    from crawler.visits.poll import Poll


def plan(
    poll: Poll, items: Sequence[Item], memory: Memory, judging: Judging, *, now: datetime, counts: WordCounts
) -> Plan:
    """Decide what the stories change that were missed, as ``polls.plan`` does for those of a visit."""
    return polls.plan(poll, unknown(items, poll.source.id, memory), memory, judging, now=now, counts=counts)


def unknown(items: Sequence[Item], source: str, memory: Memory) -> list[Item]:
    """Return the items that a source has not brought yet, under whatever name.

    A sitemap knows stories by their address alone, the feed by names of its own, so an address that the source
    brought already, near in time, is that story.
    """
    seen = memory.seen([item.key for item in items]) if items else {}
    strangers = [item for item in items if item.key not in seen]
    keys = {item.key: [key for key in (item.address_key, item.link_key) if key] for item in strangers}
    nameless = [item for item in strangers if item.entry.identity == item.entry.url]
    wanted = {key for item in nameless for key in keys[item.key]}
    alike = memory.alike(wanted) if wanted else {}
    known = {
        item.key
        for item in nameless
        for key in keys[item.key]
        for kin in alike.get(key, ())
        if kin.story.source == source and is_near(kin.story.published, item.entry.published)
    }
    return [item for item in strangers if item.key not in known]
