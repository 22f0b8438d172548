"""The report of a replay as one HTML page that needs nothing from outside."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from crawler.replay.chart import Chart, chart_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, tzinfo

    from jinja2 import Template

    from crawler.replay.nouns import Result
    from crawler.replay.samples import Sample
    from crawler.replay.volume import Volume

TEMPLATE = "report.html.jinja"
_SOURCES = 15  # that are named


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One side of a comparison: how many there are, and the newest of them."""

    name: str  # gained, lost or unchanged
    number: int
    samples: Sequence[Sample]

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.number - len(self.samples)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that the page shows."""

    title: str
    made: datetime
    zone: tzinfo
    result: Result
    volume: Volume
    samples: Sequence[Sample] = ()  # the newest messages
    changes: Sequence[Change] = ()  # none: nothing was compared
    before: Volume | None = None  # of the rules that are compared with
    rules: Sequence[str] = ()  # ids; none: all
    against: str = ""  # the file that is compared with
    graver: int = 0  # of the unchanged, those of another severity
    renamed: Mapping[str, str] = field(default_factory=dict)  # rules, and what they were called there

    @property
    def chart(self) -> Chart:
        """Messages by day and channel."""
        return chart_of(self.volume, self.before)

    @property
    def sources(self) -> Sequence[tuple[str, int]]:
        """The outlets that were found most."""
        return self.volume.sources[:_SOURCES]

    @property
    def other_sources(self) -> int:
        """How many further outlets were found."""
        return max(0, len(self.volume.sources) - _SOURCES)


def html(report: Report) -> str:
    """Write the page; all that comes from stories is escaped."""
    return _template().render(report=report)


@cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    from crawler.ids import encode

    environment = Environment(
        loader=PackageLoader("crawler.replay", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["code"] = encode
    environment.filters["moment"] = _moment
    environment.filters["counted"] = _counted
    return environment.get_template(TEMPLATE)


def _moment(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def _counted(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
