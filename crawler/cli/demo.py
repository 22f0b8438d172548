"""``tocsin demo``: the whole thing at work, offline, in half a minute."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from datetime import UTC
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from crawler.demo.show import Line

FATES = {
    "alert": ("told", "bold green"),
    "edit": ("told after an edit", "bold green"),
    "copy": ("folded", "cyan"),
    "backlog": ("kept quiet", "yellow"),
    "late": ("still to come", "magenta"),
    "silent": ("no match", "dim"),
}


@click.command()
def demo() -> None:
    """Watch Tocsin work: a small news web on this machine, the real daemon, cards as they come.

    Takes less than 30 seconds, needs no network and no Slack, and leaves nothing behind. At the end
    every publication is listed with what became of it, and why.
    """
    from rich.console import Console
    from rich.text import Text

    from alerts.notify.console import ConsoleNotifier
    from crawler import log
    from crawler.clock import SystemClock
    from crawler.demo.show import show
    from crawler.owners import refuse_strangers

    refuse_strangers()
    log.configure("auto", "error")
    console = Console(highlight=False)
    console.print(
        "[b]A few small outlets[/] in several languages publish for a quarter of a minute. "
        "Each is visited every second;\nwhat a rule holds for is told below, one card for each story.\n"
    )
    clock = SystemClock()
    here = clock.now().astimezone().tzinfo or UTC
    lines = asyncio.run(show(ConsoleNotifier(console, here), clock))
    console.print()
    console.print(_table(lines))
    counts = Counter(FATES[line.fate][0] if line.fate else "unexpected" for line in lines)
    console.print(
        Text(f"\n{len(lines)} published: ", "bold") + Text(", ".join(f"{n} {what}" for what, n in counts.items()))
    )
    wrong = [line for line in lines if not line.expected]
    for line in wrong:
        console.print(f"[b red]not as the script says:[/] {line.item.site}/{line.item.story}: {line.why}")
    console.print("Now look at config.yaml, and start your own with [b]make run[/].")
    sys.exit(1 if wrong else 0)


def _table(lines: Sequence[Line]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", width=None)
    table.add_column("at", justify="right", no_wrap=True)
    table.add_column("outlet", no_wrap=True, max_width=18, overflow="ellipsis")
    table.add_column("headline", no_wrap=True, max_width=44, overflow="ellipsis")
    table.add_column("became", no_wrap=True)
    table.add_column("why", overflow="fold")
    for line in lines:
        word, style = FATES[line.fate] if line.fate else ("unexpected", "bold red")
        outlet = line.outcome.outlet.name if line.outcome else line.item.site
        headline = Text(line.item.versions[-1].title)
        table.add_row(f"{line.item.at}s", outlet, headline, Text(word, style=style), Text(line.why))
    return table
