"""``tocsin explain``: why a rule holds for a story, how it missed, and what became of the story."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import click

from crawler.cli.clauses import grow_rule
from crawler.cli.common import config_option, json_option, load_config, print_json, shown
from crawler.cli.kin import kin_facts, kin_lines, story_facts
from crawler.cli.page_words import page_words, unwanted_in
from crawler.cli.search import local
from crawler.cli.subjects import known_rule, stories_of
from crawler.ids import STORY_LENGTH, decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from alerts.rules.explain import Verdict
    from alerts.story import Story
    from crawler.config.model import Config
    from crawler.store import Kin, PageStatus, Ruling
    from crawler.store.aftermath import Aftermath

_WANTED = (
    f"Write RULE SUBJECT, or the id of a story, which is {STORY_LENGTH} letters and digits: "
    "`tocsin stories` and `tocsin search` show it"
)


@click.command()
@click.argument("rule", metavar="[RULE]", required=False)
@click.argument("subject", metavar="SUBJECT", required=False)
@config_option
@json_option
@click.option("--source", help="The id or host of the source that a text is said to come from.")
@click.option("--fetch", is_flag=True, help="Visit the address, also where the store has the story.")
def explain(
    rule: str | None, subject: str | None, config: str | None, source: str | None, *, as_json: bool, fetch: bool
) -> None:
    """Show of every part of a rule whether it holds for a story, by which words, and how near it missed.

    RULE is the id of a rule, also of one that is switched off. SUBJECT is the id of a story in the store,
    a file, - for standard input, a text, or an address. Where the store has a story at the address, that is explained
    (with --fetch it is visited all the same); else it is visited, and of a feed each story is explained. Of a story in
    the store, what was decided when it came is shown as well, and what became of its page, and why.

    Without RULE, SUBJECT is the id of a story in the store: what was decided by every rule, which other outlets
    have its text and how that is known, and the event that it tells of.
    """
    from alerts.rules.explain import explain as explain_rule

    if rule is None:
        raise click.UsageError(f"what shall be explained? {_WANTED}")
    loaded = load_config(config)
    if subject is None:
        if fetch:
            raise click.UsageError("--fetch is for RULE and an address")
        _explain_story(loaded, rule, source, as_json=as_json)
        return
    known = known_rule(loaded, rule)
    stories = stories_of(loaded, subject, source, fetch=fetch)
    explained = [(story, explain_rule(loaded.rules, known.id, story)) for story in stories]
    kept = {story.id: _kept(loaded, story.id, known.id) for story, _ in explained}
    if as_json:
        print_json([_facts(story, verdict, kept[story.id]) for story, verdict in explained])
        return
    for story, verdict in explained:
        _print(story, verdict)
        if of := kept[story.id]:
            _print_kept(of, loaded.timezone)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What the store has of one story beside its words."""

    rulings: Sequence[Ruling]
    page: PageStatus | None
    kin: Kin
    after: Mapping[str, Aftermath]  # by message
    unwanted: str  # why there was no need of its page, if there was none


def _kept(config: Config, story: int, rule: str | None = None) -> _Kept | None:
    """Return what is kept of a story, of its verdicts those by one rule or by all; None when it is not stored."""
    if not story:
        return None
    return asyncio.run(_ask(config, story, rule))


async def _ask(config: Config, story: int, rule: str | None) -> _Kept | None:
    from crawler.clock import SystemClock
    from crawler.store import Store
    from crawler.store.aftermath import aftermath

    clock = SystemClock()
    store = Store.open(config.store, clock=clock, exclusive=False)
    try:
        kin = await store.kin(story, clock.now())
        if kin is None:
            return None
        rulings = [one for one in await store.rulings(story) if rule in {None, one.match.rule}]
        after = await store.read(partial(aftermath, keys={one.delivery for one in rulings if one.delivery}))
        page, unwanted = await store.page(story), await unwanted_in(store, config, story)
        return _Kept(rulings=rulings, page=page, kin=kin, after=after, unwanted=unwanted)
    finally:
        await store.close()


def _explain_story(config: Config, code: str, source: str | None, *, as_json: bool) -> None:
    """Tell all that is known of a story of the store; raises click.UsageError when there is none of that id."""
    if source is not None:
        raise click.UsageError("--source is for texts; a story of the store has its source")
    try:
        number = decode(code) if len(code) == STORY_LENGTH else 0
    except ValueError:
        number = 0
    if not number:
        raise click.UsageError(f"what shall {shown(code, 40)} be explained for? {_WANTED}")
    kept = _kept(config, number)
    if kept is None:
        raise click.UsageError(f"there is no story {code} in the store")
    if as_json:
        print_json(story_facts(kept.kin.story) | _kept_facts(kept))
        return
    _print_kept(kept, config.timezone, head=True)


def _facts(story: Story, verdict: Verdict, kept: _Kept | None) -> dict[str, object]:
    return {
        "rule": verdict.rule,
        "title": story.title,
        "language": story.language,
        "holds": verdict.holds,
        "enabled": verdict.enabled,
        "gates": verdict.gates,
        "severity": verdict.severity.label,
        "query": verdict.query,
        "raises": [{"to": to.label, "if": explanation} for to, explanation in verdict.raises],
    } | _kept_facts(kept)


def _kept_facts(kept: _Kept | None) -> dict[str, object]:
    """Return what the store has of a story; of none, the same keys."""
    return {
        "recorded": [
            {
                "version": one.version,
                "rule": one.match.rule,
                "channel": one.channel or None,
                "reason": one.reason,
                "words": one.reason.words,
                "because": one.says or None,
                "until": one.until,
                "route": one.route or None,
                "delivery": one.delivery,
                "state": one.state,
                **_after_facts(kept.after.get(one.delivery or "") if kept else None),
            }
            for one in (kept.rulings if kept else ())
        ],
        "page": kept.page if kept else None,
    } | kin_facts(kept.kin if kept else None)


def _after_facts(after: Aftermath | None) -> dict[str, object]:
    """Return what became of a message; of none, the same keys."""
    return {
        "storm": after.storm if after else None,
        "escalations": list(after.escalations) if after else [],
        "acknowledged": after.acknowledged if after else None,
    }


def _after_lines(after: Aftermath | None, zone: ZoneInfo) -> Iterator[str]:
    """Say what became of a message: what lists it, who looks after it, who was told that nobody did."""
    if after and (storm := after.storm):
        when = f" since {local(storm.at, zone)}" if storm.at else ""
        yield f"listed{when} by the message of a storm, {storm.key}, which is {storm.state}: {storm.why}"
    if after and after.acknowledged:
        yield f"{after.acknowledged.user} acknowledged it at {local(after.acknowledged.at, zone)}"
    for one in after.escalations if after else ():
        yield f"{one.channel} was told at {local(one.at, zone)}: {one.why}; that message is {one.state}"


def _print(story: Story, verdict: Verdict) -> None:
    from rich.console import Console
    from rich.text import Text
    from rich.tree import Tree

    console = Console(highlight=False)
    console.print(Text(story.title or story.text[:80] or "an empty text", "bold"))
    outcome = f"holds, {verdict.severity.label}" if verdict.holds else "does not hold"
    root = Tree(Text(verdict.rule, "bold") + Text(f": {outcome}", "green" if verdict.holds else "red"))
    grow_rule(root, verdict)
    console.print(root)


def _print_kept(kept: _Kept, zone: ZoneInfo, *, head: bool = False) -> None:
    """Print what was decided about a story, what became of its page, and what it shares with others."""
    from rich.console import Console
    from rich.text import Text

    from crawler.clock import SystemClock

    console = Console(highlight=False)
    told = kept.kin.story
    if head:
        seen = Text(f"{local(told.member.seen, zone)}  ", "dim")
        console.print(seen + Text(shown(told.member.outlet), "cyan") + Text(f"  {encode(told.member.story)}", "dim"))
        console.print(Text(shown(told.title) or "no title", "bold"))
        console.print(Text(shown(told.url or "no address"), "dim"))
    name, text = page_words(kept.page, SystemClock().now(), kept.unwanted)
    console.print(Text(f"page {name}: ", "bold") + Text(shown(text), "not bold"))
    for one in kept.rulings:
        message = f", the message is {one.state}" if one.state else ""
        rule = f"rule {one.match.rule}, " if head else ""
        line = Text(f"version {one.version}, {rule}{one.channel or 'no channel'}: {one.reason}", "bold")
        console.print(line + Text(f" ({one.reason.words}{message})", "not bold"))
        after = _after_lines(kept.after.get(one.delivery or ""), zone)
        for more in filter(None, (one.says, one.route, *after)):
            console.print(Text(f"  {shown(more)}", "dim"))
    if head and not kept.rulings:
        console.print(Text("no rule holds for it", "bold"))
    for part in kin_lines(kept.kin, zone, lists=head):
        console.print(part)
