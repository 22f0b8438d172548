"""The plain sections of a configuration: slack, fetch, cards, health, log and the defaults."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import crawler
from alerts.health import Limits
from alerts.story import Severity
from crawler.config import values
from crawler.config.every import every
from crawler.config.model import CardsConfig, FetchConfig, HostLimits, LogConfig, SlackConfig, WebSubConfig
from crawler.config.notifiers import destination, webhook_address
from crawler.config.routing import style
from crawler.config.rules import RuleDefaults
from crawler.config.sources import SourceDefaults, fulltext

if TYPE_CHECKING:
    from datetime import timedelta
    from zoneinfo import ZoneInfo

    from crawler.config.nodes import Section

DEFAULT_USER_AGENT = "Tocsin/{version}"
_LONGEST_TIMEOUT = 600 * values.SECOND
_LONGEST_HOLD = 600 * values.SECOND
_MINUTE = 60 * values.SECOND
_DAY = 86_400 * values.SECOND


def user_agent(value: str) -> str:
    """Read ``fetch.user_agent`` and fill the version in."""
    agent = values.header(value)
    unknown = [name for name in re.findall(r"\{(.*?)\}", agent) if name != "version"]
    if unknown:
        raise values.Unusable(f"holds {{{unknown[0]}}}, which nobody fills in", "only {version} is filled in")
    return agent.replace("{version}", crawler.__version__)


def program(value: str) -> Path:
    """Read the name or the path of a program; whether it is there is seen when it is needed."""
    return Path(values.text(value)).expanduser()


def read_slack(section: Section) -> SlackConfig:
    """Read ``slack:``."""
    api_url = section.read("api_url", values.address, SlackConfig().api_url)
    token = section.secret("token", may_be_unset=True)
    webhook = section.secret("webhook", webhook_address, "address")
    given = section.get("webhook") or section.get("webhook_file")
    if token and webhook and given:
        given.error("`token` and `webhook` are both given", "keep the token: a webhook can do less")
    app_token = section.secret("app_token", app_token_of, "app-level token", may_be_unset=True)
    asked = section.get("app_token") or section.get("app_token_file")
    if app_token and asked and not token:
        note = "buttons, /tocsin and the home page need the bot token as well"
        section.context.findings.warn(asked.place, note, "set `token`: docs/slack.md says where it is found")
    return SlackConfig(
        token=token,
        webhook=webhook,
        api_url=api_url.rstrip("/") + "/",
        app_token=app_token,
        ops_channel=section.optional("ops_channel", values.channel),
        admins=frozenset(section.many("admins", slack_user)),
    )


def app_token_of(value: str) -> str:
    """Read ``slack.app_token``."""
    token = values.credential(value)
    if not token.startswith("xapp-"):
        hint = "it begins with xapp-: Basic Information, App-Level Tokens of your Slack app; xoxb-… goes to slack.token"
        raise values.Unusable("is not an app-level token", hint, secret=True)
    return token


def slack_user(value: str) -> str:
    """Read the id of somebody in Slack."""
    name = value.strip()
    if not re.fullmatch(r"[UW][A-Z0-9]{5,20}", name):
        hint = "it begins with U or W: in Slack open the person's profile, ⋮, Copy member ID"
        raise values.Unusable("is not the id of a person in Slack", hint)
    return name


def read_fetch(section: Section) -> FetchConfig:
    """Read ``fetch:``."""
    known = FetchConfig(user_agent=user_agent(DEFAULT_USER_AGENT))
    per_host = section.section("per_host")
    return FetchConfig(
        user_agent=section.read("user_agent", user_agent, known.user_agent),
        contact=section.optional("contact", values.contact),
        concurrency=section.read("concurrency", values.whole(1, 1000), known.concurrency),
        per_host=HostLimits(
            concurrency=per_host.read("concurrency", values.whole(1, 100), known.per_host.concurrency),
            delay=per_host.read("delay", values.duration_between(0 * values.SECOND), known.per_host.delay),
        ),
        timeout=section.read("timeout", values.duration_between(values.SECOND / 10, _LONGEST_TIMEOUT), known.timeout),
        max_body=section.read("max_body", values.positive_size, known.max_body),
        allow_private=section.many("allow_private", values.network),
        obey_robots=section.read("robots", values.choice("obey", "ignore"), "obey") == "obey",
        proxy=section.secret("proxy", values.proxy, "address"),
        browser=section.optional("browser", program),
    )


def read_defaults(
    section: Section, zone: ZoneInfo, ways: frozenset[str] = frozenset()
) -> tuple[SourceDefaults, RuleDefaults]:
    """Read ``defaults:``; ``zone`` is the one in which cron strings count, ``ways`` are the names of notifiers."""
    known = SourceDefaults(zone=zone)
    shortest, longest = _bounds(section, known)
    for_sources = SourceDefaults(
        every=section.read("every", every, known.every),
        every_min=shortest,
        every_max=longest,
        fulltext=section.read("fulltext", fulltext, known.fulltext),
        backlog=section.read("backlog", values.backlog, known.backlog),
        zone=zone,
    )
    for_rules = RuleDefaults(
        to=section.many("to", destination(ways)),
        severity=section.read("severity", values.severity, Severity.NOTICE),
        to_given=section.tried("to"),
        ways=ways,
    )
    return for_sources, for_rules


def _bounds(section: Section, known: SourceDefaults) -> tuple[timedelta, timedelta]:
    length = values.duration_between(values.SECOND)
    shortest = section.read("every_min", length, known.every_min)
    longest = section.read("every_max", length, known.every_max)
    if shortest > longest and (written := section.get("every_max") or section.get("every_min")):
        limits = f"`every_min` is {values.spell(shortest)} and `every_max` {values.spell(longest)}"
        written.error(f"no interval is left: {limits}", "write the longer one as `every_max`")
    return shortest, longest


def read_cards(section: Section) -> CardsConfig:
    """Read ``cards:``."""
    usual = CardsConfig()
    return CardsConfig(
        hold=section.read("hold", values.duration_between(0 * values.SECOND, _LONGEST_HOLD), usual.hold),
        same_story=section.read("same_story", values.duration, usual.same_story),
        thread_life=section.read("thread_life", values.duration_between(_DAY, 90 * _DAY), usual.thread_life),
        style=section.read("style", style, usual.style),
        template=section.optional("template", values.text),
    )


def read_websub(section: Section) -> WebSubConfig | None:
    """Read ``websub:``; None, with the problem noted, when it cannot be used."""
    listen, address = section.required("listen"), section.required("public_url")
    place = listen.read(values.listen) if listen else None
    public_url = address.read(_base) if address else None
    if place is None or address is None or public_url is None:
        return None
    if public_url.startswith("http:"):
        note = "everybody on the way can read what hubs send, and the secret that makes it believable"
        section.context.findings.warn(address.place, note, "put a proxy with TLS before it, and write https")
    return WebSubConfig(host=place[0], port=place[1], public_url=public_url)


def _base(value: str) -> str:
    url = values.address(value)
    if urlsplit(url).query or urlsplit(url).fragment:
        raise values.Unusable("has something behind its path", "write https://host/path")
    return url.rstrip("/")


def read_health(section: Section) -> Limits:
    """Read ``health:``."""
    known = Limits()
    silent = section.read("source_silent", source_silent, known)
    return replace(silent, failing=section.read("source_failing", values.duration_between(_MINUTE), known.failing))


def source_silent(value: str) -> Limits:
    """Read ``health.source_silent``."""
    word = value.strip().lower()
    if word in {"auto", "off"}:
        return Limits(rhythm=word == "auto")
    try:
        return Limits(silent=values.duration_between(_MINUTE)(value), rhythm=False)
    except values.Unusable as error:
        raise values.Unusable("is neither auto, off nor a duration of 1m or more", error.hint) from error


def read_log(section: Section) -> LogConfig:
    """Read ``log:``."""
    known = LogConfig()
    return LogConfig(
        format=section.read("format", values.choice("auto", "pretty", "keyvalue", "json"), known.format),
        level=section.read("level", values.choice("debug", "info", "warning", "error"), known.level),
    )
