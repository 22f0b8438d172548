"""``tocsin cards``: how messages look, before anybody gets one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from alerts.bulletin import Topic
from alerts.outbox import Delivery, Kind, Receipt, State
from alerts.routing.spec import RouteSpec, Style
from alerts.story import Alert
from crawler.cli.common import config_option, json_option, load_config, print_json
from crawler.cli.subjects import known_rule, stories_of
from crawler.ids import STORY_LENGTH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alerts.bulletin import Bulletin
    from alerts.story import Story
    from crawler.config.model import Config

LOOKED_AT = 1000  # of the newest stories, when one is wanted that a rule holds for
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
PARENT = Receipt(channel="C0PREVIEW1", message="1793628600.000100")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody wants to see."""

    route: RouteSpec | None = None
    style: Style | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A message as it would be sent, or edited."""

    what: str
    delivery: Delivery
    edits: bool = False


@click.group()
def cards() -> None:
    """Look at messages before anybody gets one."""


@cards.command("preview")
@click.argument("subjects", metavar="[RULE|STORY]...", nargs=-1)
@config_option
@json_option
@click.option("--route", "number", type=click.IntRange(1), help="As this route tells it, counted from 1.")
@click.option("--style", type=click.Choice([style.value for style in Style]), help="Only in this style.")
@click.option("--channel", help="The channel that is shown as its place.")
def preview(
    subjects: tuple[str, ...],
    config: str | None,
    number: int | None,
    style: str | None,
    channel: str | None,
    *,
    as_json: bool,
) -> None:
    """Show how messages look with this configuration: every kind of them, with made-up stories.

    With RULE, the card for the newest story in the store that the rule holds for; with STORY, the id that `tocsin
    stories` shows, the card for that story. --json prints what Slack would be given; the `blocks` of a payload can
    be pasted into Slack's Block Kit Builder. Nothing is sent.
    """
    from crawler.clock import SystemClock

    loaded, now = load_config(config), SystemClock().now()
    asked = Asked(route=_route(loaded, number), style=Style(style) if style else None, channel=channel)
    if subjects:
        shown = [_of_subject(loaded, subject, asked, now) for subject in subjects]
    else:
        shown = [*_sample_cards(loaded, asked, now), *_sample_bulletins(loaded, asked, now)]
    if as_json:
        print_json([_facts(loaded, one) for one in shown])
    else:
        _print(loaded, shown)


def _route(config: Config, number: int | None) -> RouteSpec | None:
    routes = config.routing.routes
    if number is None:
        return None
    if number > len(routes):
        raise click.UsageError(f"there is no route {number}: `routes:` has {len(routes)}")
    return routes[number - 1]


def _sample_cards(config: Config, asked: Asked, now: datetime) -> Iterator[Preview]:
    from alerts import samples

    channel = _channel(config, asked)
    first, copy = samples.full_alert(channel, now), samples.copy_alert(channel, now)
    kinds = (("a story", first), ("a story of which little is known", samples.bare_alert(channel, now)))
    for what, alert in (*kinds, ("many stories together", samples.stream_alert(channel, now))):
        for look, style, template in _looks(config, asked):
            yield Preview(what=f"{what}, {look}", delivery=_delivery(alert, now, style, template))
    _, style, template = next(_looks(config, asked))
    reply = replace(_delivery(copy, now, style, template), kind=Kind.REPLY, parent=PARENT)
    yield Preview(what="another outlet, in the thread", delivery=reply)
    yield Preview(what="a note in the thread", delivery=replace(reply, note="the outlet changed the headline"))
    grown = replace(first, also=(*first.also, copy.story.outlet), retitled=f"{first.story.title}, ministers say")
    later = replace(_delivery(grown, now, style, template), revision=1, receipt=PARENT)
    yield Preview(what="the first card, edited since", delivery=later, edits=True)


def _sample_bulletins(config: Config, asked: Asked, now: datetime) -> Iterator[Preview]:
    from alerts import samples
    from alerts.health_cards import Setting
    from spiders.reasons import meaning

    channel = _channel(config, asked)
    setting = Setting(channel=channel, zone=config.timezone, meaning=meaning)
    for topic, bulletin in samples.bulletins(channel, now, setting).items():
        ops = topic is Topic.HEALTH and not asked.channel and config.slack.ops_channel
        yield Preview(what=str(topic), delivery=_delivery(replace(bulletin, channel=ops or channel), now))


def _looks(config: Config, asked: Asked) -> Iterator[tuple[str, Style, str | None]]:
    """Yield what to call each look that there is to see, its style and its wording: the one in force first."""
    route = asked.route or RouteSpec()
    template = route.template or config.cards.template
    own = asked.style or route.style or config.cards.style
    yield f"{own}, worded by {template}" if template else own, own, template
    if asked.route or asked.style:
        return
    for style in Style:
        if template or style != own:
            yield style, style, None
    for name in config.wordings:
        if name != template:
            yield f"{own}, worded by {name}", own, name


def _of_subject(config: Config, subject: str, asked: Asked, now: datetime) -> Preview:
    """Return the card for what somebody named; raises click.UsageError and ClickException."""
    rules = {rule.id for rule in config.rules.rules}
    if len(subject) == STORY_LENGTH and subject[0].isdecimal() and subject not in rules:
        (story,) = stories_of(config, subject, None)
        return _of_story(config, story, asked, now, what=f"story {subject}")
    known_rule(config, subject)
    story = asyncio.run(_newest(config, subject))
    return _of_story(config, story, asked, now, what=f"rule {subject}", rule=subject)


async def _newest(config: Config, rule: str) -> Story:
    from crawler.clock import SystemClock
    from crawler.store import Store

    clock = SystemClock()
    store = Store.open(config.store, clock=clock, exclusive=False)
    try:
        for story in await store.kept(before=None, after=BEGINNING, limit=LOOKED_AT):
            if any(match.rule == rule for match in config.rules.match(story)):
                return story
    finally:
        await store.close()
    raise click.ClickException(
        f"rule {rule} holds for none of the newest {LOOKED_AT:,} stories; `tocsin cards preview` shows made-up ones"
    )


def _of_story(
    config: Config, story: Story, asked: Asked, now: datetime, *, what: str, rule: str | None = None
) -> Preview:
    """Return the card for a story, as the first channel that hears of it by a rule is shown it."""
    findings = config.judge(story)
    meant = next((one for one in findings if rule in {None, one.match.rule}), None)
    if meant is None:
        raise click.ClickException(f"no rule holds for {what}, so there is no card for it")
    channel = next(iter(meant.channels), None)
    together = [one.match for one in findings if one is meant or (channel and channel in one.channels)]
    alert = Alert(channel=asked.channel or channel or _channel(config, asked), story=story, matches=tuple(together))
    spec = asked.route or meant.spec
    style = asked.style or spec.style or config.cards.style
    template = spec.template or config.cards.template
    look = f"{style}, worded by {template}" if template else style
    return Preview(what=f"{what}, {look}", delivery=_delivery(alert, now, style, template))


def _channel(config: Config, asked: Asked) -> str:
    routed = asked.route.to if asked.route else ()
    rules = (channel for rule in config.rules.rules for channel in rule.to)
    return asked.channel or next(iter((*routed, *config.defaults, *rules)), "#news")


def _delivery(
    content: Alert | Bulletin, now: datetime, style: Style = Style.FULL, template: str | None = None
) -> Delivery:
    return Delivery(
        key="01PREVIEW00000000000000000",
        content=content,
        state=State.PENDING,
        queued=now,
        style=style,
        template=template,
    )


def _facts(config: Config, one: Preview) -> dict[str, object]:
    """Return a message and what Slack would be given for it."""
    from alerts.face import face_for
    from alerts.slack.blocks import edit, message

    face = face_for(one.delivery, wordings=config.wordings, zone=config.timezone)
    buttons = config.slack.app_token is not None
    if one.edits:
        payload = edit(face, delivery=one.delivery, receipt=PARENT, buttons=buttons)
    else:
        payload = message(face, delivery=one.delivery, channel=one.delivery.channel, buttons=buttons)
    return {"what": one.what, "payload": payload}


def _print(config: Config, shown: Sequence[Preview]) -> None:
    from rich.console import Console
    from rich.text import Text

    from alerts.face import face_for
    from alerts.notify.console import WIDEST
    from alerts.notify.console import shown as looks

    console = Console(highlight=False)
    for one in shown:
        face = face_for(one.delivery, wordings=config.wordings, zone=config.timezone)
        console.print(Text(one.what, "bold"))
        console.print(looks(face, one.delivery.channel, config.timezone), width=min(console.width, WIDEST))
        console.print()
