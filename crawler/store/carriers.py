"""Which outlets carry a text, those of one owner being one."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from crawler.store.rows import outlet, owner
from crawler.store.schema import source, story, story_version

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection

    from alerts.story import Outlet, Story

_TOLD = (
    select(story.c.group_id, story_version.c.url.label("told_url"), source)
    .join(story_version, (story_version.c.story_id == story.c.id) & (story_version.c.version == story.c.version))
    .join(source, source.c.id == story.c.source_id)
    .where(story.c.group_id.in_(bindparam("groups", expanding=True)))
    .order_by(story.c.id)
)


def carriers(connection: Connection, groups: Collection[int]) -> Mapping[int, Mapping[str, Outlet]]:
    """Return who carries the copies of each group, in the order in which they published: by owner, the first outlet."""
    found: dict[int, dict[str, Outlet]] = defaultdict(dict)
    for row in connection.execute(_TOLD, {"groups": list(groups)}):
        found[row.group_id].setdefault(owner(row.told_url, row.url, row.id), outlet(row))
    return found


def others(by_owner: Mapping[str, Outlet], told: Story) -> tuple[Outlet, ...]:
    """Return the outlets that carry a text besides that of a story, and those that belong to it."""
    own = owner(told.url, "", told.outlet.id)
    return tuple(one for name, one in by_owner.items() if name != own and one.id != told.outlet.id)
