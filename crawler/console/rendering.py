"""Templates: what a page looks like, with everything escaped that is not ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

import crawler
from alerts.policy import Reason
from alerts.slack.actions import deed_words
from crawler.console.views import ago, spell
from crawler.visits.spans import roughly

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, tzinfo

PAGES = (  # path, name, the key that follows g
    ("/", "Now", "n"),
    ("/stories", "Stories", "s"),
    ("/sources", "Sources", "o"),
    ("/rules", "Rules", "r"),
    ("/delivery", "Delivery", "d"),
    ("/system", "System", "y"),
)


class Renderer:
    """Renders templates of this package."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=PackageLoader(__package__, "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.filters |= {
            "roughly": roughly,
            "bytes": spell,
            "words": _words,
        }
        self._environment.globals |= {"pages": PAGES, "version": crawler.__version__, "deed_words": deed_words}

    def warm(self) -> None:
        """Read every template, so that nobody waits for it."""
        for name in self._environment.list_templates():
            self._environment.get_template(name)

    def page(self, name: str, now: datetime, zone: tzinfo, context: Mapping[str, Any]) -> str:
        """Render a template; ``now`` and ``zone`` are those in which times are told."""

        def since(moment: datetime | None) -> str:
            return ago(moment, now)

        def local(moment: datetime) -> str:
            return _local(moment, zone)

        return self._environment.get_template(name).render(now=now, ago=since, local=local, **context)


def _words(reason: str) -> str:
    """Say what a reason means."""
    return f"{reason}: {Reason(reason).words}"


def _local(moment: datetime, zone: tzinfo) -> str:
    try:
        return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"
    except OverflowError:  # the first and the last day that can be written
        return f"{moment:%Y-%m-%d %H:%M:%S %Z}"
