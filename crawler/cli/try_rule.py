"""``tocsin try``: which rules hold for a story, and by which words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from crawler.cli.common import config_option, json_option, load_config, print_json
from crawler.cli.subjects import known_rule, stories_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.text import Text

    from alerts.story import Match, Span, Story

_LONG = 600  # characters of a text that is shown whole
_STYLES = {"info": "dim", "notice": "cyan", "high": "yellow", "critical": "bold red"}


@click.command("try")
@click.argument("rule")
@click.argument("subject")
@config_option
@json_option
@click.option("--source", help="The id or host of the source that a text is said to come from.")
@click.option("--limit", type=click.IntRange(1), default=10, show_default=True, help="How many stories to show.")
def try_rule(rule: str, subject: str, config: str | None, source: str | None, limit: int, *, as_json: bool) -> None:
    """Show which rules hold for a story, by which words, and how severe it is.

    RULE is the id of a rule, or all. SUBJECT is a text, a file, - for standard input, the id of a story
    in the store, or an address whose feed is visited once. In a text the first line is the title when an
    empty line follows. Nothing is stored and nothing is sent.
    """
    loaded = load_config(config)
    wanted = None if rule == "all" else known_rule(loaded, rule)
    if wanted and not wanted.enabled:
        raise click.UsageError(f"the rule {rule} is switched off (enabled: no); tocsin explain reads it all the same")
    judged = [
        (story, [match for match in loaded.rules.match(story) if wanted is None or match.rule == wanted.id])
        for story in stories_of(loaded, subject, source)
    ]
    judged.sort(key=lambda pair: not pair[1])  # what matched comes first
    if as_json:
        print_json([_facts(story, matches) for story, matches in judged[:limit]])
        return
    _print(judged, limit)


def _facts(story: Story, matches: Sequence[Match]) -> dict[str, object]:
    return {
        "title": story.title,
        "url": story.url,
        "language": story.language,
        "matches": [
            {
                "rule": match.rule,
                "severity": match.severity.label,
                "shadow": match.shadow,
                "words": [span.of(story) for span in match.spans],
                "spans": [[span.field, span.start, span.end] for span in match.spans],
            }
            for match in matches
        ],
    }


def _print(judged: Sequence[tuple[Story, Sequence[Match]]], limit: int) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for story, matches in judged[:limit]:
        spans = [span for match in matches for span in match.spans]
        if title := highlighted(story, "title", spans):
            console.print(title)
        console.print(highlighted(story, "text", spans))
        for match in matches:
            severity = match.severity.label
            words = ", ".join(dict.fromkeys(span.of(story) for span in match.spans))
            line = Text(f"  {severity:8} ", _STYLES[severity]) + Text(match.rule, "bold") + Text(f"  {words}", "dim")
            console.print(line + Text("  on trial", "magenta") if match.shadow else line)
        if not matches:
            console.print(Text("  no match", "dim"))
        console.print()
    hits = sum(bool(matches) for _, matches in judged)
    console.print(f"{hits} of {len(judged)} {'story' if len(judged) == 1 else 'stories'} matched")


def highlighted(story: Story, field: str, spans: Iterable[Span]) -> Text:
    """Return a field with the words of spans set off; of a long one the paragraphs that hold some."""
    from rich.text import Text

    here = [span for span in spans if span.field == field]
    text = Text(getattr(story, field), "bold" if field == "title" else "")
    for span in here:
        text.stylize("black on yellow", span.start, span.end)
    if len(text) <= _LONG:
        return text
    shown = [line for line in text.split("\n\n") if any(one.style == "black on yellow" for one in line.spans)]
    return Text("\n…\n").join(shown or [text[:_LONG] + Text(" …")])
