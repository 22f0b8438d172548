"""``tocsin why``: why a story was told or not, step by step, or why there is no such story."""

from __future__ import annotations

import asyncio
from dataclasses import fields
from typing import TYPE_CHECKING

import click

from crawler.cli.common import config_option, json_option, load_config, print_json, shown, working
from crawler.cli.subjects import known_rule
from crawler.ids import STORY_LENGTH

if TYPE_CHECKING:
    from crawler.config.model import Config
    from crawler.why.absent import Robots
    from crawler.why.chain import Chain, Clock, Step
    from crawler.why.inquiry import Facts

_WANTED = (
    f"write an address, the id of a story ({STORY_LENGTH} letters and digits, which `tocsin stories` and "
    "`tocsin search` show), or the link of a message in Slack"
)


@click.command()
@click.argument("subject")
@config_option
@json_option
@click.option("--text", "texts", is_flag=True, help="Show the text as it is kept, and what was left out of its page.")
@click.option("--rule", "only", help="Only what became of this rule, with each of its clauses.")
@click.option(
    "--fetch", is_flag=True, help="Fetch the address now, and judge what is there; nothing is stored or sent."
)
def why(subject: str, config: str | None, only: str | None, *, texts: bool, fetch: bool, as_json: bool) -> None:
    """Say why a story was told, or where it ended: the whole chain, from its source to its message.

    SUBJECT is the address of a story, in any spelling and also the one that its page names; or the id of a story, or
    the link of a message in Slack. The first line is the answer. Then come the steps: source, visit, copies, page,
    text, each rule that held or came near, what kept its message back, every attempt to deliver it, and its link.

    Of an address that no story has: which source should have had it, when that is visited next, and what the robots.txt
    of its host says, which is asked for that. Nothing else is fetched without --fetch.
    """
    from crawler.clock import SystemClock
    from crawler.why.chain import Clock
    from crawler.why.inquiry import chain_about, facts_about, with_robots
    from crawler.why.subject import subject_of

    asked = subject_of(subject)
    if asked is None:
        raise click.UsageError(f"{shown(subject, 80)} is nothing that can be asked about: {_WANTED}")
    loaded = load_config(config)
    rule = known_rule(loaded, only).id if only else None
    clock = Clock(now=SystemClock().now(), zone=loaded.timezone)
    facts = facts_about(loaded, asked, clock.now)
    if asked.story is not None and not facts.trails:
        raise click.UsageError(f"there is no story {shown(subject, 40)} in the store: {_WANTED}")
    if facts.absence and facts.absence.is_a_page:
        facts = with_robots(facts, asyncio.run(_robots(loaded, facts.absence.url)))
    chain = chain_about(facts, loaded, clock, only=rule, every=as_json)
    address = asked.url or _address(facts)
    if fetch:
        chain = _with_trial(loaded, chain, address, clock, rule)
    if as_json:
        print_json(_facts(chain))
        return
    from crawler.cli.why_print import print_chain, print_text

    print_chain(chain, clock, whole=rule is not None)
    if texts:
        print_text(chain)
    if address and not fetch and not chain.told:
        click.echo("`--fetch` tries it now.")


def _address(facts: Facts) -> str | None:
    return facts.trails[0].story.url if facts.trails else None


async def _robots(config: Config, url: str) -> Robots:
    """Ask the host of an address for its rules."""
    from alerts.errors import FetchError
    from crawler.cli.probe import Probe
    from crawler.why.absent import Robots

    if not config.fetch.obey_robots:
        return Robots(reason="allowed", detail="fetch.robots is ignore")
    try:
        with working(f"asking for the robots.txt of {url}"):
            async with Probe(config) as probe:
                await probe.ask_robots(url)
    except FetchError as error:
        return Robots(reason=error.reason, detail=error.detail)
    return Robots(reason="allowed")


def _with_trial(config: Config, chain: Chain, url: str | None, clock: Clock, only: str | None) -> Chain:
    """Return a chain with what stands at its address now; raises click.UsageError where it has none."""
    from alerts.errors import FetchError
    from crawler.cli.try_article import found_at
    from crawler.why.inquiry import chain_about, facts_about
    from crawler.why.subject import Subject
    from crawler.why.trial import failed_trial, tried

    if url is None:
        raise click.UsageError("--fetch is for what has an address")
    try:
        with working(f"visiting {url}"):
            found = found_at(config, url, as_page=chain.story is not None)
    except FetchError as error:
        return failed_trial(chain, error)
    if chain.story is None and found.looked and found.looked.stored:  # it led to a story that is kept
        known = facts_about(config, Subject(story=found.looked.stored.id), clock.now)
        chain = chain_about(known, config, clock, only=only)
    return tried(chain, found.stories, found.looked, judge=config.judge, rules=config.rules, only=only)


def _facts(chain: Chain) -> dict[str, object]:
    """Return a chain for programs."""
    from crawler.cli.cut_words import cut_facts
    from spiders.clean import length_of

    return {
        "verdict": chain.verdict,
        "told": chain.told,
        "ended": chain.ended,
        "reason": chain.reason,
        "story": chain.story,
        "title": chain.title or None,
        "about": chain.about or None,
        "words": length_of(chain.text) if chain.story else None,
        "text": chain.text or None,
        "reading": chain.reading or None,
        "left_out": [cut_facts(one) for one in chain.cuts],
        "steps": [_step(one) for one in chain.steps],
    }


def _step(one: Step) -> dict[str, object]:
    """Return a step for programs, with severities by name."""
    facts: dict[str, object] = {field.name: getattr(one, field.name) for field in fields(one)}
    if one.clauses:
        clauses = {field.name: getattr(one.clauses, field.name) for field in fields(one.clauses)}
        facts["clauses"] = clauses | {"severity": one.clauses.severity.label}
    return facts
