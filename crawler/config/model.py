"""The configuration as the rest of the program sees it: each part gets its own section."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

from alerts.health import Limits
from alerts.judge import Judge, Switch
from alerts.routing.spec import RoutingSpec, Style
from crawler.config.care import CareConfig
from crawler.config.files import Files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ipaddress import IPv4Network, IPv6Network
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from alerts.errors import Place, Problem
    from alerts.face import Wording
    from alerts.rules.ruleset import RuleSet
    from crawler.config.marks import Marks
    from crawler.config.secret import Secret
    from spiders.source import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackConfig:
    """The ``slack:`` section."""

    token: Secret | None = None  # None: the webhook, or else cards are printed to the terminal
    webhook: Secret | None = None  # an incoming webhook, where there is no token
    api_url: str = "https://slack.com/api/"
    app_token: Secret | None = None  # None: no buttons, no /tocsin, no home page
    ops_channel: str | None = None  # where Tocsin says what is not well with itself
    admins: frozenset[str] = frozenset()  # Slack ids; none: everybody may mute


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookConfig:
    """An entry of ``notifiers:`` that posts signed JSON."""

    url: Secret
    secret: Secret
    place: Place = field(compare=False)  # where the address stands


@dataclass(frozen=True, slots=True, kw_only=True)
class AppriseConfig:
    """An entry of ``notifiers:`` that sends by Apprise."""

    url: Secret
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonlConfig:
    """An entry of ``notifiers:`` that writes lines to a file."""

    path: Path  # absolute


NotifierConfig: TypeAlias = WebhookConfig | AppriseConfig | JsonlConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class HostLimits:
    """``fetch.per_host``: how gently one host is visited."""

    concurrency: int = 1
    delay: timedelta = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchConfig:
    """The ``fetch:`` section."""

    user_agent: str  # {version} already filled in
    contact: str | None = None  # the From header
    concurrency: int = 64
    per_host: HostLimits = HostLimits()
    timeout: timedelta = timedelta(seconds=30)
    max_body: int = 5 * 1024 * 1024  # bytes, after decompression
    allow_private: tuple[IPv4Network | IPv6Network, ...] = ()
    obey_robots: bool = True
    proxy: Secret | None = None  # http://[user:password@]host:port
    browser: Path | None = None  # the program for `render: browser`; None: the first Chromium on the path


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSubConfig:
    """The ``websub:`` section."""

    host: str  # an address of this machine
    port: int
    public_url: str  # by which hubs reach us; callbacks are below it


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleConfig:
    """The ``console:`` section."""

    host: str = "127.0.0.1"  # an address of this machine
    port: int = 8321
    token: Secret | None = None  # None: whoever is on this machine may look, and nobody may act


@dataclass(frozen=True, slots=True, kw_only=True)
class CardsConfig:
    """The ``cards:`` section."""

    hold: timedelta = timedelta(seconds=30)  # how long an alert waits for its story's page
    same_story: timedelta = timedelta(hours=72)
    thread_life: timedelta = timedelta(days=14)  # how long a card grows
    style: Style = Style.FULL  # of what no route says otherwise
    template: str | None = None  # the name of one of the wordings


@dataclass(frozen=True, slots=True, kw_only=True)
class LogConfig:
    """The ``log:`` section."""

    format: str = "auto"  # auto | pretty | keyvalue | json
    level: str = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A configuration that was checked whole."""

    path: Path
    store: str  # an SQLAlchemy URL; file paths are absolute, and a server's may hold a password
    timezone: ZoneInfo
    slack: SlackConfig
    fetch: FetchConfig
    sources: tuple[Source, ...]
    rules: RuleSet
    marks: Marks  # what each rule and name says, to tell what a reload changes
    cards: CardsConfig
    log: LogConfig
    health: Limits = field(default_factory=Limits)
    care: CareConfig = field(default_factory=CareConfig)
    engine: str = "embedded"  # or "procrastinate": what runs the work
    defaults: tuple[str, ...] = ()  # the channels of what neither a rule nor a route sends anywhere
    routing: RoutingSpec = field(default_factory=RoutingSpec)
    websub: WebSubConfig | None = None
    console: ConsoleConfig | None = None
    notifiers: Mapping[str, NotifierConfig] = field(default_factory=dict)  # by name
    fallback: str | None = None  # the name of one
    wordings: Mapping[str, Wording] = field(default_factory=dict)  # by the names that `cards` and routes have for them
    capture: timedelta | None = None  # for how long raw answers are kept; None: they are not
    hidden: Mapping[str, Secret] = field(default_factory=dict)  # of variables in addresses of sources, by their names
    concealed: frozenset[str] = frozenset()  # ids of sources whose address holds the value of a variable
    waits: tuple[str, ...] = ()  # sections that the file has otherwise, from the next start on
    warnings: tuple[Problem, ...] = ()
    files: Files = field(default_factory=Files)  # all that was read for it

    @property
    def judge(self) -> Judge:
        """Return what judges stories by these rules, and finds their channels by these routes."""
        tagged = self.sources if self.routing.routes else ()
        tags = {source.id: source.tags for source in tagged if source.tags}
        routed = Switch(routes=self.routing.routes, defaults=self.defaults, source_tags=tags)
        return Judge(self.rules, routed)

    @property
    def channels(self) -> frozenset[str]:
        """Every channel and notifier that some message may go to."""
        routes = self.routing.routes
        own = (rule.to for rule in self.rules.rules)
        later = (*(spec.to for spec in self.routing.escalate), *(spec.to for spec in self.routing.digests))
        named = (*own, self.defaults, *(route.to for route in routes), *(route.also for route in routes), *later)
        return frozenset(channel for channels in named for channel in channels)
