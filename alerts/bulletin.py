"""The bulletin: a message about many things, or about Tocsin itself, laid out whatever it is shown on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from alerts.card import NAME_LIMIT, clean, names_an_address, safe_link
from alerts.story import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

TITLE_LIMIT = 140  # Slack's header takes 150
FACT_LIMIT = 400
ITEM_LIMIT = 160
HEADING_LIMIT = 200
LEAD_LIMIT = 600
LINK_LIMIT = 500  # a longer address is left out: it is one of many
LABEL_LIMIT = 40  # of a bar

# How a bulletin is made shorter, step by step: lines of each part, parts, facts.
_SHRINKS = (
    (20, 30, 20), (15, 30, 20), (12, 30, 20), (10, 30, 20), (8, 30, 20), (6, 30, 20), (5, 30, 20), (4, 30, 20),
    (3, 30, 20), (2, 30, 10), (1, 20, 10), (0, 20, 10), (0, 10, 8), (0, 4, 4), (0, 0, 0),
)  # fmt: skip


class Topic(StrEnum):
    """What a bulletin is about."""

    DIGEST = "digest"
    SUMMARY = "summary"  # of what was held back in quiet hours or beyond a budget
    STORM = "storm"
    HEALTH = "health"  # of sources, of ways out, of the configuration
    TRIAL = "trial"  # of what rules on trial would have sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line: a story, or something else that is named."""

    text: str
    link: str | None = None  # None when there is none that is short and safe to click
    host: str | None = None  # where the link leads
    remark: str = ""  # "Reuters +3", "last read 26 h ago"

    @property
    def title_is_an_address(self) -> bool:
        """Whether the text names a web address, so that as a link's text it could deceive."""
        return names_an_address(self.text)

    @property
    def says(self) -> str:
        """The line without its link."""
        return f"{self.text} — {self.remark}" if self.remark else self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Lines under a heading."""

    heading: str
    items: tuple[Item, ...] = ()
    more: int = 0  # further ones that are not named here

    @property
    def rest(self) -> str:
        """How many are not named."""
        return f"+{self.more} more" if self.items else f"{self.more} not listed"


@dataclass(frozen=True, slots=True)
class Bar:
    """How many stories one rule found, for a chart."""

    label: str
    value: int
    usual: float | None = None  # None: unknown

    @property
    def says(self) -> str:
        """The number, and the usual one."""
        return str(self.value) if self.usual is None else f"{self.value}, usually {self.usual:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulletin:
    """What to say: clean, capped text, safe to escape and show."""

    channel: str  # as written in config.yaml
    topic: Topic
    title: str
    severity: Severity = Severity.NOTICE
    lead: str = ""  # one or two sentences below the title
    facts: tuple[tuple[str, str], ...] = ()  # label and value
    parts: tuple[Part, ...] = ()
    chart: tuple[Bar, ...] = ()  # says at a glance what the headings of its parts say
    foot: str = ""
    subject: str = ""  # what buttons on it are about: a source, a storm
    notice: str | None = None

    @property
    def headline(self) -> str:
        """What it is called, on whatever it is shown."""
        return self.title

    @property
    def graded(self) -> str:
        """The title, after how grave it is where that is more than usual."""
        return f"{self.severity.name}: {self.title}" if self.severity >= Severity.HIGH else self.title


def item(text: str, url: str | None = None, remark: str = "") -> Item:
    """Return a line with text of others made clean, and its address where that is short and safe to click."""
    host = safe_link(url) if len(url or "") <= LINK_LIMIT else None
    return Item(
        text=clean(text, ITEM_LIMIT) or "(no title)",
        link=url if host else None,
        host=host,
        remark=clean(remark, NAME_LIMIT),
    )


def tidied(bulletin: Bulletin) -> Bulletin:
    """Return a bulletin with every text made clean and short enough."""
    return replace(
        bulletin,
        title=clean(bulletin.title, TITLE_LIMIT) or bulletin.topic.value,
        lead=clean(bulletin.lead, LEAD_LIMIT),
        facts=tuple((clean(label, NAME_LIMIT), clean(value, FACT_LIMIT)) for label, value in bulletin.facts),
        parts=tuple(_tidy_part(part) for part in bulletin.parts),
        chart=tuple(replace(bar, label=clean(bar.label, LABEL_LIMIT) or "(no name)") for bar in bulletin.chart),
        foot=clean(bulletin.foot, LEAD_LIMIT),
    )


def _tidy_part(part: Part) -> Part:
    items = tuple(item(one.text, one.link, one.remark) for one in part.items)
    return replace(part, heading=clean(part.heading, HEADING_LIMIT), items=items)


def shrunk(bulletin: Bulletin) -> Iterator[Bulletin]:
    """Yield a bulletin, and then with ever fewer lines, parts and facts; what is left out is counted.

    A chart goes with the last of the lines: the headings have its numbers.
    """
    yield bulletin
    for items, parts, facts in _SHRINKS:
        yield replace(
            bulletin,
            facts=_few_facts(bulletin.facts, facts),
            parts=_few_parts(bulletin.parts, items, parts),
            chart=bulletin.chart if items else (),
        )


def fitting(bulletin: Bulletin, limit: int, write: Callable[[Bulletin], str]) -> str:
    """Return as much of a bulletin as ``write`` can say in ``limit`` characters; the barest form may be longer."""
    text = ""
    for fewer in shrunk(bulletin):
        text = write(fewer)
        if len(text) <= limit:
            break
    return text


def _few_parts(parts: tuple[Part, ...], items: int, most: int) -> tuple[Part, ...]:
    few = tuple(
        replace(part, items=part.items[:items], more=part.more + max(len(part.items) - items, 0))
        for part in parts[:most]
    )
    left = parts[most:]
    lines = sum(len(part.items) + part.more for part in left)
    return (*few, Part(heading=f"and {len(left)} more headings", more=lines)) if left else few


def _few_facts(facts: tuple[tuple[str, str], ...], most: int) -> tuple[tuple[str, str], ...]:
    left = len(facts) - most
    return (*facts[:most], ("And more", f"{left} not shown")) if left > 0 else facts


def encode(bulletin: Bulletin) -> dict[str, Any]:
    """Return a bulletin as it is kept, ready for JSON; its channel and what a delivery adds are kept beside it."""
    return {
        "topic": bulletin.topic,
        "title": bulletin.title,
        "severity": int(bulletin.severity),
        "lead": bulletin.lead,
        "facts": [list(fact) for fact in bulletin.facts],
        "parts": [
            {
                "heading": part.heading,
                "items": [[one.text, one.link, one.host, one.remark] for one in part.items],
                "more": part.more,
            }
            for part in bulletin.parts
        ],
        "chart": [[bar.label, bar.value, bar.usual] for bar in bulletin.chart],
        "foot": bulletin.foot,
        "subject": bulletin.subject,
    }


def decode(kept: Mapping[str, Any], channel: str) -> Bulletin:
    """Return the bulletin that ``encode`` made; before there were charts it kept none."""
    return Bulletin(
        channel=channel,
        topic=Topic(kept["topic"]),
        title=kept["title"],
        severity=Severity(kept["severity"]),
        lead=kept["lead"],
        facts=tuple((label, value) for label, value in kept["facts"]),
        parts=tuple(
            Part(
                heading=part["heading"],
                items=tuple(
                    Item(text=text, link=link, host=host, remark=says) for text, link, host, says in part["items"]
                ),
                more=part["more"],
            )
            for part in kept["parts"]
        ),
        chart=tuple(Bar(label, value, usual) for label, value, usual in kept.get("chart", ())),
        foot=kept["foot"],
        subject=kept["subject"],
    )
