"""``tocsin demo``: the whole thing at work, offline, in half a minute."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from datetime import UTC
from typing import TYPE_CHECKING

import click

from crawler.cli.common import config_option

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from crawler.demo.show import Line

FATES = {  # by crawler.demo.script.Expect
    "alert": ("told", "bold green"),
    "edit": ("told after an edit", "bold green"),
    "page": ("told for its page", "bold green"),
    "copy": ("folded", "cyan"),
    "backlog": ("kept quiet", "yellow"),
    "silent": ("no match", "dim"),
}


@click.command()
@config_option
def demo(config: str | None) -> None:
    """Watch Tocsin work: a small news web on this machine, the real daemon, cards as they come.

    Takes less than 30 seconds, needs no network and no Slack, and leaves nothing behind. At the end
    every publication is listed with what became of it, and why. The demo brings a configuration of its
    own; one that --config names is not read.
    """
    del config
    from rich.console import Console
    from rich.text import Text

    from alerts.notify.console import ConsoleNotifier
    from crawler import log
    from crawler.clock import SystemClock
    from crawler.config.model import ConsoleConfig
    from crawler.demo.show import free_port, show
    from crawler.owners import refuse_strangers

    refuse_strangers()
    log.configure("auto", "error")
    console = Console(highlight=False)
    console.print(
        "[b]A few small outlets[/] in several languages publish for a quarter of a minute. "
        "Each is visited every second;\nwhat a rule holds for is told below, one card for each story.\n"
    )
    port = free_port(ConsoleConfig().port)
    console.print(f"Meanwhile its console is at http://127.0.0.1:{port}/\n")
    clock = SystemClock()
    here = clock.now().astimezone().tzinfo or UTC
    lines = asyncio.run(show(ConsoleNotifier(console, here), clock, port=port))
    console.print("\n[b]What became of everything that was published, and why[/]")
    for part in _ends(lines):
        console.print(part)
    counts = Counter(FATES[line.fate][0] if line.fate else "unexpected" for line in lines)
    ends = ", ".join(f"{count} {word}" for word, count in counts.items())
    console.print(Text.assemble((f"\n{len(lines)} published: ", "bold"), ends))
    wrong = [line for line in lines if not line.expected]
    for line in wrong:
        console.print(f"[b red]not as the script says:[/] {line.item.site}/{line.item.story}: {line.why}")
    console.print("Now begin your own: [b]tocsin init[/] asks what to watch, and [b]tocsin run[/] starts it.")
    sys.exit(1 if wrong else 0)


def _ends(lines: Sequence[Line]) -> Iterator[RenderableType]:
    """Yield the publications by what became of them, each with the reason below it."""
    from rich.padding import Padding
    from rich.text import Text

    for fate, (word, style) in FATES.items():
        here = [line for line in lines if line.fate == fate]
        if here:
            yield Text(f"\n{word} · {len(here)}", style=f"{style} underline")
        for line in here:
            headline = Text(line.item.versions[-1].title, style="bold")
            yield Padding(Text.assemble((f"{line.item.at:>2}s  ", "dim"), f"{line.outlet}: ", headline), (0, 0, 0, 1))
            why = f"{line.why}: {line.item.why}" if fate == "silent" else line.why
            yield Padding(Text(why, style="dim"), (0, 0, 0, 6))
