"""A chain as a terminal shows it: the answer first, then its steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.cli.clauses import grow_rule
from crawler.cli.common import shown
from crawler.cli.cut_words import cut_lines
from crawler.why.chain import Mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

    from crawler.why.chain import Chain, Clock, Step

_MARKS = {Mark.PASSED: ("✓", "green"), Mark.ENDED: ("✗", "red"), Mark.WAITS: ("…", "yellow"), Mark.NOTED: ("·", "dim")}
_TIME = 8  # of a time of day; where no step has a date
_DATED = 16
_DETAILS = 6  # lines below a step


def print_chain(chain: Chain, clock: Clock, *, whole: bool) -> None:
    """Print a chain; ``whole``: with all clauses of its rules, also of those that hold."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    console.print(_verdict(chain))
    for line in _head(chain):
        console.print(line, no_wrap=True, overflow="ellipsis")
    console.print()
    console.print(_table(chain, clock, whole=whole))
    for link in dict.fromkeys(step.link for step in chain.steps if step.link):
        console.print(Text(link, "cyan"), soft_wrap=True)


def print_text(chain: Chain) -> None:
    """Print the text as it is kept, and what was left out of its page; or that there is none."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    console.print()
    if not chain.text:
        console.print(Text("No text of it is kept.", "dim"))
    for paragraph in chain.text.splitlines():
        console.print(Text(shown(paragraph)))
    if chain.reading:
        console.print(Text(shown(f"read {chain.reading}"), "dim"))
    for line in cut_lines(chain.cuts):
        console.print(line)


def _verdict(chain: Chain) -> Text:
    from rich.text import Text

    head, colon, rest = chain.verdict.partition(": ")
    style = "bold green" if chain.told else "bold yellow" if "yet" in head or not colon else "bold red"
    return Text(shown(head) + colon, style) + Text(shown(rest), "not bold")


def _head(chain: Chain) -> Iterator[Text]:
    from rich.text import Text

    if chain.title:
        yield Text(shown(chain.title), "bold")
    if about := " · ".join(filter(None, (chain.about, chain.story))):
        yield Text(shown(about), "dim")


def _table(chain: Chain, clock: Clock, *, whole: bool) -> Table:
    from rich.table import Table
    from rich.text import Text

    times = [clock.at(step.at) if step.at else "" for step in chain.steps]
    table = Table(box=None, show_header=False, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column(width=1)
    table.add_column(width=max((len(step.name) for step in chain.steps), default=1), no_wrap=True)
    table.add_column(width=_DATED if any(len(time) > _TIME for time in times) else _TIME, no_wrap=True)
    table.add_column(overflow="fold", ratio=1)
    last = ""
    for step, time in zip(chain.steps, times, strict=True):
        sign, style = _MARKS[step.mark]
        name = "" if step.name == last and step.name == "rule" else step.name
        last = step.name
        table.add_row(Text(sign, style), Text(name, "bold"), Text(time, "dim"), _said(step, whole=whole))
    return table


def _said(step: Step, *, whole: bool) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    lines: list[RenderableType] = [Text(shown(step.says), "dim" if step.mark is Mark.NOTED else "")]
    lines += [Text(shown(one), "dim") for one in step.more[:_DETAILS]]
    if len(step.more) > _DETAILS:
        lines.append(Text(f"… and {len(step.more) - _DETAILS} more; --json has all", "dim"))
    if step.clauses is not None and (whole or not step.clauses.holds):
        lines.append(_clauses(step))
    return Group(*lines)


def _clauses(step: Step) -> RenderableType:
    from rich.tree import Tree

    root = Tree("", hide_root=True)
    if step.clauses:
        grow_rule(root, step.clauses)
    return root
