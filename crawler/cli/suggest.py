"""``tocsin suggest``: what stored stories suggest for a rule."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from alerts.tuning.clauses import parts_of
from alerts.tuning.wording import spelled
from crawler.cli.common import config_option, config_path, json_option, load_config, print_json, shown
from crawler.cli.search import moment
from crawler.cli.subjects import known_rule
from crawler.ids import encode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rich.console import Console

    from alerts.rules.ruleset import Rule
    from alerts.tuning.survey import Example, Findings
    from crawler.config.model import Config
    from crawler.tuning.suggestion import Suggestion

_CLAUSES = 8  # that stories lacked, and are listed


@click.command()
@click.argument("rule")
@config_option
@json_option
@click.option("--since", default="30d", show_default=True, help="Only stories seen after: 30d (ago), or 2026-11-02.")
def suggest(rule: str, config: str | None, since: str, *, as_json: bool) -> None:
    """Read the stored stories for what RULE nearly found, other names of what it looks for, and what rises with it.

    Near misses are stories for which every clause of the rule but one holds. Other names stand in brackets beside a
    known one, or are spelled nearly alike. What is told elsewhere are copies and stories of the same events in other
    languages that the rule does not find. What rises stands in clearly more of the matches of the last 7 days than of
    those before. Nothing is changed.
    """
    from crawler.clock import SystemClock

    loaded = load_config(config)
    known = known_rule(loaded, rule)
    now = SystemClock().now()
    found = asyncio.run(_suggestion(loaded, known, _names(config, known), moment(since, now, loaded.timezone), now))
    if as_json:
        print_json(_facts(found))
        return
    _print(found, known)


def _names(config: str | None, rule: Rule) -> Sequence[str]:
    import os

    from crawler.config.loader import read_ground
    from crawler.tuning.suggestion import names_of

    ground = read_ground(config_path(config), os.environ)
    return names_of(rule, (ground.packed, ground.own))


async def _suggestion(config: Config, rule: Rule, names: Sequence[str], since: datetime, now: datetime) -> Suggestion:
    from crawler.cli.progress import counting
    from crawler.clock import SystemClock
    from crawler.store import Store
    from crawler.tuning.suggestion import suggest as of_rule

    store = Store.open(config.store, clock=SystemClock(), exclusive=False)
    try:
        with counting("stories") as progress:
            return await of_rule(config, store, rule, names=names, since=since, now=now, progress=progress)
    finally:
        await store.close()


def _facts(found: Suggestion) -> dict[str, object]:
    of = found.findings
    return {
        "rule": found.rule,
        "stories_read": of.read,
        "stories_stored": found.stored,
        "capped": found.capped,
        "matches": of.matches,
        "searched_for_names": of.looked,
        "searched_in_a_hurry": of.is_hurried,
        "near_misses": [
            {"clause": one.clause, "stories": one.stories, "examples": list(map(_example, one.examples))}
            for one in of.near
        ],
        "names": [
            {
                "name": one.text,
                "beside": one.of,
                "how": one.kind,
                "stories": one.stories,
                "examples": list(map(_example, one.examples)),
            }
            for one in of.spellings
        ],
        "elsewhere": list(map(_example, found.elsewhere)),
        "rising": [
            {"term": spelled(one.term), "recent": one.here, "before": one.there, "z": round(one.z, 2)}
            for one in of.rising
        ],
        "recent_matches": of.recent,
        "matches_before": of.before,
    }


def _example(one: Example) -> dict[str, object]:
    return {
        "story": encode(one.story),
        "title": one.title,
        "url": one.url,
        "outlet": one.outlet,
        "language": one.language,
        "says": one.says or None,
    }


def _print(found: Suggestion, rule: Rule) -> None:
    from rich.console import Console
    from rich.text import Text

    console, of = Console(highlight=False), found.findings
    console.print(Text(rule.id, "bold") + Text(f"  {' '.join(rule.when.value.split())}", "dim"))
    more = f" of {found.stored:,}, the newest" if found.capped else ""
    console.print(f"{of.read:,} stories were read{more}; the rule holds for {of.matches:,} of them.")
    _print_near(console, of, alone=len(parts_of(rule)) == 1)
    hurried = ", the newest: there was no time to search more" if of.is_hurried else ""
    _heading(console, "Names that may be meant too", f"from {of.looked:,} matches and near misses{hurried}")
    for one in of.spellings:
        line = Text(f"  {shown(one.text)}", "bold") + Text(f"  {one.kind}: {shown(one.of)}; {_stories(one.stories)}")
        console.print(line)
        _print_examples(console, one.examples[:1])
    _none(console, of.spellings)
    _heading(console, "Told in other languages, and not found", "copies of matches, and stories of the same events")
    _print_examples(console, found.elsewhere)
    _none(console, found.elsewhere)
    _heading(console, "Rising", f"{of.recent:,} matches of the last 7 days against {of.before:,} before")
    for term in of.rising:
        console.print(Text(f"  {shown(spelled(term.term))}", "bold") + Text(f"  {term.here} and {term.there}"))
    _none(console, of.rising)


def _print_near(console: Console, of: Findings, *, alone: bool) -> None:
    from rich.text import Text

    _heading(console, "Near misses", "all holds but one clause")
    for one in of.near[:_CLAUSES]:
        console.print(Text("  without ") + Text(one.clause, "bold") + Text(f": {_stories(one.stories)}"))
        _print_examples(console, one.examples)
    if len(of.near) > _CLAUSES:
        console.print(Text(f"  and {len(of.near) - _CLAUSES} more clauses; --json lists them", "dim"))
    _none(console, of.near, "none: the rule has one clause only" if alone else "none")


def _print_examples(console: Console, examples: Sequence[Example]) -> None:
    from rich.text import Text

    for one in examples:
        language = f" ({one.language})" if one.language else ""
        says = f"  {shown(one.says)}" if one.says else ""
        title = Text(f"    {encode(one.story)}  {shown(one.title) or '(no title)'}{language}")
        console.print(title + Text(f"  {shown(one.outlet)}{says}", "dim"), soft_wrap=True)


def _heading(console: Console, title: str, note: str) -> None:
    from rich.text import Text

    console.print()
    console.print(Text(title, "underline") + Text(f"  {note}", "dim"))


def _none(console: Console, found: Sequence[object], said: str = "none") -> None:
    if not found:
        console.print(f"  [dim]{said}[/]")


def _stories(number: int) -> str:
    return "1 story" if number == 1 else f"{number:,} stories"
