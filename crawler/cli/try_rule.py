"""``tocsin try``: which rules hold for a story, and by which words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from crawler.cli.common import config_option, json_option, load_config, print_json
from crawler.cli.forecasts import facts as forecast_facts
from crawler.cli.forecasts import forecast_of, words
from crawler.cli.subjects import kept_at, known_rule, stories_of
from crawler.cli.try_article import Found, facts_of, found_at, lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.text import Text

    from alerts.judge import Judge
    from alerts.rules.ruleset import Rule, RuleSet
    from alerts.story import Match, Span, Story
    from crawler.cli.try_article import Looked
    from crawler.config.model import Config

_LONG = 600  # characters of a text that is shown whole
_PARAGRAPHS = 5  # with hits that are shown of a longer one
_SHOWN = 8  # words found that a line repeats
_STYLES = {"info": "dim", "notice": "cyan", "high": "yellow", "critical": "bold red"}


@click.command("try")
@click.argument("rule")
@click.argument("subject")
@config_option
@json_option
@click.option("--source", help="The id or host of the source that a text is said to come from.")
@click.option("--limit", type=click.IntRange(1), default=10, show_default=True, help="How many stories to show.")
@click.option("--fetch", is_flag=True, help="Visit the address, also where the store has the story.")
@click.option("--page", is_flag=True, help="Read the address as an article's page, whatever it looks like.")
def try_rule(
    rule: str,
    subject: str,
    config: str | None,
    source: str | None,
    limit: int,
    *,
    as_json: bool,
    fetch: bool,
    page: bool,
) -> None:
    """Show which rules hold for a story, by which words, and how severe it is.

    RULE is the id of a rule, or all. SUBJECT is a text, a file, - for standard input, the id of a story
    in the store, or an address. Where the store has a story at the address, that is tried. Else, and with --fetch or
    --page, the address is visited once: of a feed its stories are tried, of an article's page the article, and it is
    shown what was read there, what was left out and why, and what the store has of it. In a text the first line is the
    title when an empty line follows. Nothing is stored and nothing is sent. At the end stands what each of the rules
    would have sent in the last seven days.
    """
    loaded = load_config(config)
    wanted = None if rule == "all" else known_rule(loaded, rule)
    if wanted and not wanted.enabled:
        raise click.UsageError(f"the rule {rule} is switched off (enabled: no); tocsin explain reads it all the same")
    found = _found(loaded, subject, source, page=page, fetch=fetch)
    tried = [_trial(loaded.rules, story, wanted) for story in found.stories]
    tried.sort(key=lambda trial: not trial.matches)  # what matched comes first
    ids = {wanted.id} if wanted else {match.rule for trial in tried[:limit] for match in trial.matches}
    said = forecast_of(loaded, ids)
    if as_json:
        read = {} if found.looked is None else {"page": facts_of(found.looked)}
        told = {"forecasts": {one: forecast_facts(said, one) for one in sorted(ids)}}
        print_json([_facts(trial) | read | told for trial in tried[:limit]])
        return
    _print(tried, {one.id: one for one in loaded.rules.rules}, loaded.judge, limit, found.looked)
    for one in sorted(ids):
        click.echo(f"{one} {words(loaded, said, one)}")
    if wanted and not any(trial.matches or trial.held_back for trial in tried):
        click.echo(f"`tocsin explain {wanted.id}` with the same text says how near it came.")


def _found(config: Config, subject: str, source: str | None, *, page: bool, fetch: bool) -> Found:
    """Return the stories that a user means, with the page where it is visited; raises as ``stories_of``."""
    if subject.startswith(("http://", "https://")):
        if not (page or fetch) and (kept := kept_at(config, subject)):
            return Found(stories=[kept])
        return found_at(config, subject, as_page=page)
    if page:
        raise click.UsageError("--page is for addresses")
    if fetch:
        raise click.UsageError("--fetch is for addresses")
    return Found(stories=stories_of(config, subject, source))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trial:
    """What rules say to a story."""

    story: Story
    words: int
    matches: tuple[Match, ...]  # the most severe first
    held_back: tuple[tuple[str, str], ...]  # rules whose query holds, each with the gate that is closed


def _trial(rules: RuleSet, story: Story, wanted: Rule | None) -> _Trial:
    from alerts.rules.facts import closed_gate

    scan = rules.scan(story)
    asked = [one for one in rules.rules if one.enabled and wanted in {None, one}]
    closed = [(one, closed_gate(one.only, story, scan.words)) for one in asked]
    matches = [match for match in rules.match(story) if wanted is None or match.rule == wanted.id]
    return _Trial(
        story=story,
        words=scan.words,
        matches=tuple(sorted(matches, key=lambda match: -match.severity)),
        held_back=tuple((one.id, gate) for one, gate in closed if gate and one.part.hits(scan) is not None),
    )


def _facts(trial: _Trial) -> dict[str, object]:
    story = trial.story
    return {
        "title": story.title,
        "url": story.url,
        "language": story.language,
        "words": trial.words,
        "matches": [
            {
                "rule": match.rule,
                "severity": match.severity.label,
                "shadow": match.shadow,
                "words": [span.of(story) for span in match.spans],
                "spans": [[span.field, span.start, span.end] for span in match.spans],
            }
            for match in trial.matches
        ],
        "held_back": [{"rule": rule, "gate": gate} for rule, gate in trial.held_back],
    }


def _print(tried: Sequence[_Trial], rules: Mapping[str, Rule], judge: Judge, limit: int, looked: Looked | None) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for trial in tried[:limit]:
        story = trial.story
        spans = [span for match in trial.matches for span in match.spans]
        if title := highlighted(story, "title", spans):
            console.print(title)
        if looked:
            for line in lines(looked, set_off(story, "text", spans)):
                console.print(line, soft_wrap=True)
        elif text := highlighted(story, "text", spans):
            console.print(text)
        origin = f" · {story.outlet.name}" if story.outlet.id != "text" else ""
        words = f"{trial.words:,} word{'s' * (trial.words != 1)}"
        console.print(Text(f"{story.language or 'language unknown'} · {words}{origin}", "dim"))
        for match in trial.matches:
            console.print(_line(story, match, rules[match.rule], judge.place(match, story).channels))
        for rule, gate in trial.held_back:
            console.print(Text("  held back ", "yellow") + Text(rule, "bold") + Text(f"  only: {gate}", "yellow"))
        if not trial.matches:
            console.print(Text("  no match", "dim"))
        console.print()
    hits = sum(bool(trial.matches) for trial in tried)
    console.print(f"{hits} of {len(tried)} {'story' if len(tried) == 1 else 'stories'} matched")


def _line(story: Story, match: Match, rule: Rule, channels: Sequence[str]) -> Text:
    """Say by which words a rule holds, how severe that is, and where it would be told."""
    from rich.text import Text

    found = list(dict.fromkeys(span.of(story) for span in match.spans))
    words = ", ".join(f"“{word}”" for word in found[:_SHOWN])
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    severity = match.severity.label
    line = Text(f"  {severity:8} ", _STYLES[severity]) + Text(match.rule, "bold") + Text(f"  {words}{more}")
    if match.severity > rule.severity:
        line += Text(f"  raised from {rule.severity.label}", "dim")
    if match.shadow:
        return line + Text("  on trial: nothing is sent", "magenta")
    if rule.stream is not None:
        return line + Text("  counted: it has a condition on many stories", "magenta")
    return line + Text(f"  → {', '.join(channels)}" if channels else "  no channel", "dim")


def set_off(story: Story, field: str, spans: Iterable[Span]) -> Text:
    """Return a field whole with the words of spans set off."""
    from rich.text import Text

    text = Text(getattr(story, field), "bold" if field == "title" else "")
    for span in spans:
        if span.field == field:
            text.stylize("black on yellow", span.start, span.end)
    return text


def highlighted(story: Story, field: str, spans: Iterable[Span]) -> Text:
    """Return a field with the words of spans set off; of a long one the paragraphs that hold some."""
    from rich.text import Text

    text = set_off(story, field, spans)
    if len(text) <= _LONG:
        return text
    shown = [line for line in text.split("\n\n") if any(one.style == "black on yellow" for one in line.spans)]
    if len(shown) > _PARAGRAPHS:
        shown = [*shown[:_PARAGRAPHS], Text(f"and {len(shown) - _PARAGRAPHS} more paragraphs with such words", "dim")]
    return Text("\n…\n").join(shown or [text[:_LONG] + Text(" …")])
