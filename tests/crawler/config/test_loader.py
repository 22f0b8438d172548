from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.errors import ConfigError, Place
from alerts.routing.spec import Style
from alerts.rules.embedded import run_tests
from alerts.rules.spec import Rate
from crawler import __version__
from crawler.config import load
from crawler.config.keys import KEYS, keys_of
from crawler.config.model import (
    AppriseConfig,
    CardsConfig,
    ConsoleConfig,
    FetchConfig,
    HostLimits,
    JsonlConfig,
    LogConfig,
    SlackConfig,
    WebhookConfig,
    WebSubConfig,
)
from crawler.config.secret import Secret
from crawler.config.strangers import watched
from spiders.source import Fulltext, Selectors, Source
from tests.crawler.config.makers import base, loaded, with_key, write
from tests.fakes import story

EVERYTHING = """\
store: sqlite:///data/news.db
engine: embedded
timezone: Europe/Paris
capture: 7d
slack:
  token: ${BOT}
  app_token: xapp-1
  api_url: https://gateway.example/slack
  ops_channel: "#ops"
  admins: [U0ADA00001, W0BOB00001]
fetch:
  user_agent: "Desk/{version} (+https://example.org/bot)"
  contact: newsdesk@example.org
  concurrency: 8
  per_host: {concurrency: 2, delay: 500ms}
  timeout: 10s
  max_body: 2MiB
  allow_private: [127.0.0.0/8]
  robots: ignore
  proxy: http://anna:${WORD}@proxy.example:3128
  browser: /opt/chromium
websub: {listen: "[::1]:8322", public_url: https://desk.example/hook/}
console: {listen: "0.0.0.0:9321", token: "${WORD}-4f1c8a52be0d97e3"}
notifiers:
  hook: {webhook: "https://hooks.example/${WORD}", secret: "${WORD}"}
  mail: {apprise: "mailto://desk:${WORD}@mail.example"}
  audit: {jsonl: var/audit.jsonl}
fallback: mail
defaults: {every: 10m, every_min: 30s, every_max: 1h, fulltext: never, to: ["#news"], severity: high, backlog: 2h}
sources:
  - https://www.nhk.or.jp/rss/news/cat6.xml
  - id: mofa
    url: https://www.mofa.go.jp/rss/news.xml
    name: MOFA Japan
    kind: feed
    every: auto
    fulltext: auto
    language: EN
    country: JP
    tier: 1
    type: government
    tags: [japan, ministry]
    backlog: all
    timezone: Asia/Tokyo
  - url: https://www.example.org/defence/
    kind: listing
    every: "*/10 6-22 * * MON-FRI"
    fulltext: always
    links: a.headline
    links_match: /20[0-9]{2}/
    next: a.next
    pages: 2
    article: {title: h1, body: div.story, date: time}
    render: browser
    headers: {Accept-Language: ja, X-Key: "${WORD}"}
    auth: {basic: "anna:${WORD}"}
  - {url: https://www.example.org/api.xml, auth: {bearer: "${WORD}"}}
sources_from: []
include: []
use: []
entities:
  japan:
    label: Japan
    type: country
    aliases:
      en: [Japan, Japanese]
      fr: {text: JPN, case: exact, forms: exact, needs: Tokyo, within: 12, boundary: word, lang_only: true}
      ja: 日本
    except: [Japan Airlines]
    note: the country
lists:
  signing: [signed, {text: ratified}]
queries:
  deal: $signing AND treaty
rules:
  - id: japan
    name: Japan in the news
    when: $japan AND NOT $deal
    only: {languages: [en], sources: [mofa], min_words: 1, max_age: 3d, tier: 2, countries: [jp]}
    severity: high
    raise: [{to: critical, if: Tokyo}]
    to: ["#japan", C0123ABC]
    tags: [asia]
    owner: anna
    enabled: yes
    shadow: no
    count: {n: 5, within: 1h}
    spike: {times: 4, within: 1h, against: 14d}
    first_seen: term
    independent_sources: 3
    note: a first rule
    tests:
      match:
        - {title: Japan, body: Tokyo, source: mofa, lang: en, severity: critical, highlights: [Japan]}
      ignore: [France, {title: France, body: Paris, source: mofa, lang: en}]
  - {id: silent, when: $japan, to: "#japan", silence: 3d}
  - {id: quiet, when: $japan, to: "#japan", quiet: {same_story: 7d, at_most: 10/30m}}
cards: {same_story: 24h, hold: 10s, thread_life: 30d, style: compact}
log: {format: json, level: debug}
health: {source_failing: 12h, source_silent: 3d, canary: 10m}
retention: {stories: 60d, bodies: 20d, seen: 200d, outbox: 20d}
backup: {path: copies, at: "03:40", keep: 3}
disk: {stop_below: 2GB, ballast: 32MB}
metrics: {listen: "127.0.0.1:8390"}
routes:
  - match:
      severity: high
      tags: [asia]
      rules: [japan]
      sources: [mofa]
      tier: 1
      countries: [jp]
      languages: [en]
      owner: anna
    to: ["#asia"]
    also: [hook]
    group: {wait: 1m, interval: 10m}
    style: full
quiet_hours:
  - {name: night, channels: ["#news"], between: "22:00-07:00", days: mon-fri, except: critical, then: digest,
     timezone: Asia/Tokyo}
budgets: {per_channel: 20/h, overflow: digest}
escalate: [{severity: critical, unless_acked: 15m, to: ["#managers"]}]
digests: [{name: morning, at: "07:30", days: mon-fri, to: "#news", rules: all, timezone: Asia/Tokyo, empty: sent}]
"""


def test_every_available_key_is_read_from_a_file_that_has_them_all(tmp_path: Path) -> None:
    config = loaded(tmp_path, EVERYTHING, BOT="xoxb-1", WORD="hush")
    assert config.path == tmp_path / "config.yaml"
    assert config.store == f"sqlite:///{tmp_path}/data/news.db"
    assert config.timezone == ZoneInfo("Europe/Paris")
    assert config.slack == SlackConfig(
        token=Secret("xoxb-1"),
        app_token=Secret("xapp-1"),
        api_url="https://gateway.example/slack/",
        ops_channel="#ops",
        admins=frozenset({"U0ADA00001", "W0BOB00001"}),
    )
    assert config.fetch == FetchConfig(
        user_agent=f"Desk/{__version__} (+https://example.org/bot)",
        contact="newsdesk@example.org",
        concurrency=8,
        per_host=HostLimits(concurrency=2, delay=timedelta(milliseconds=500)),
        timeout=timedelta(seconds=10),
        max_body=2 * 1024 * 1024,
        allow_private=(ip_network("127.0.0.0/8"),),
        obey_robots=False,
        proxy=Secret("http://anna:hush@proxy.example:3128"),
        browser=Path("/opt/chromium"),
    )
    common = Source(
        id="", url="", name="", every_min=timedelta(seconds=30), every_max=timedelta(hours=1), fulltext=Fulltext.NEVER
    )
    assert config.sources == (
        replace(
            common,
            id="nhk-news-cat6",
            url="https://www.nhk.or.jp/rss/news/cat6.xml",
            name="nhk.or.jp",
            kind="auto",
            every=timedelta(minutes=10),
            backlog=timedelta(hours=2),
        ),
        replace(
            common,
            id="mofa",
            url="https://www.mofa.go.jp/rss/news.xml",
            name="MOFA Japan",
            kind="feed",
            every=None,
            fulltext=Fulltext.AUTO,
            backlog=timedelta.max,
            language="en",
            country="jp",
            tier=1,
            type="government",
            tags=("japan", "ministry"),
            timezone=ZoneInfo("Asia/Tokyo"),
        ),
        replace(
            common,
            id="example-defence",
            url="https://www.example.org/defence/",
            name="example.org",
            kind="listing",
            cron="*/10 6-22 * * mon-fri",
            cron_zone=ZoneInfo("Europe/Paris"),
            fulltext=Fulltext.ALWAYS,
            backlog=timedelta(hours=2),
            links="a.headline",
            links_match="/20[0-9]{2}/",
            next="a.next",
            pages=2,
            article=Selectors(title="h1", body="div.story", date="time"),
            render=True,
            headers=(("Accept-Language", "ja"), ("X-Key", "hush"), ("Authorization", "Basic YW5uYTpodXNo")),
        ),
        replace(
            common,
            id="example-api",
            url="https://www.example.org/api.xml",
            name="example.org",
            kind="auto",
            every=timedelta(minutes=10),
            backlog=timedelta(hours=2),
            headers=(("Authorization", "Bearer hush"),),
        ),
    )
    assert "hush" not in repr(config)
    assert config.cards == CardsConfig(
        same_story=timedelta(hours=24),
        hold=timedelta(seconds=10),
        thread_life=timedelta(days=30),
        style=Style.COMPACT,
    )
    assert config.log == LogConfig(format="json", level="debug")
    assert config.websub == WebSubConfig(host="::1", port=8322, public_url="https://desk.example/hook")
    assert config.console == ConsoleConfig(host="0.0.0.0", port=9321, token=Secret("hush-4f1c8a52be0d97e3"))  # noqa: S104
    assert config.notifiers["audit"] == JsonlConfig(path=tmp_path / "var" / "audit.jsonl")
    assert list(map(type, config.notifiers.values())) == [WebhookConfig, AppriseConfig, JsonlConfig]
    assert config.fallback == "mail"
    assert config.defaults == ("#news",)
    routing = config.routing
    assert [len(routing.routes), len(routing.quiet_hours), len(routing.escalate), len(routing.digests)] == [1] * 4
    assert routing.budget == Rate(count=20, per=timedelta(hours=1))
    assert config.channels == {"#news", "#japan", "C0123ABC", "#asia", "hook", "#managers"}
    assert config.warnings == ()


def paths_in(node: yaml.Node, section: str = "") -> set[str]:
    """The paths of all keys in a file, as crawler.config.keys writes them; what has no keys of its own is a leaf."""
    if isinstance(node, yaml.SequenceNode):
        return set().union(*(paths_in(child, f"{section}[]") for child in node.value))
    if not isinstance(node, yaml.MappingNode):
        return set()
    free = not keys_of(section)  # the keys are names that the user chose
    found = set()
    for key, value in node.value:
        if section == "entities.*.aliases":  # by language
            found |= paths_in(value, section if isinstance(value, yaml.SequenceNode) else f"{section}[]")
        else:
            path = f"{section}.{'*' if free else key.value}".lstrip(".")
            found |= paths_in(value, path) | ({path} if not free else set())
    return found


def test_the_file_that_has_them_all_has_them_all() -> None:
    root = yaml.compose(EVERYTHING, Loader=yaml.CSafeLoader)
    assert root is not None
    known = {key.path for key in KEYS}
    twins = {path for path in known if path.endswith("_file")}  # each excludes its key, and has tests of its own
    twins |= {"slack.webhook"}  # excludes the token
    twins |= {"cards.template", "routes[].template"}  # name files, and have tests of their own
    assert known - paths_in(root) == twins


def test_a_small_file_gets_the_documented_defaults(tmp_path: Path) -> None:
    config = loaded(tmp_path, base())
    assert config.store == f"sqlite:///{tmp_path}/var/tocsin.db"
    assert config.timezone == ZoneInfo("UTC")
    assert config.slack == SlackConfig()
    assert config.fetch == FetchConfig(user_agent=f"Tocsin/{__version__}")
    assert config.cards == CardsConfig()
    assert config.log == LogConfig()
    assert config.sources[0].every is None
    assert config.sources[0].backlog == timedelta(hours=24)


@pytest.mark.parametrize("section", ["slack", "fetch", "defaults", "cards", "log", "include"])
def test_a_section_whose_lines_are_all_commented_out_is_as_good_as_absent(tmp_path: Path, section: str) -> None:
    assert loaded(tmp_path, base() | {section: None}).fetch == loaded(tmp_path, base()).fetch


def test_a_windows_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + EVERYTHING.replace("\n", "\r\n").encode())
    assert len(load(path, {"BOT": "x", "WORD": "x"}).sources) == 4


def problem_of(path: Path) -> tuple[Place, str]:
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    (problem,) = caught.value.problems
    return problem.place, problem.message


def test_a_missing_file_is_named_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "nowhere.yaml"
    assert problem_of(path) == (Place(str(path), 1, 1), "cannot be read: No such file or directory")


def test_a_path_that_no_file_can_have_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in problem_of(tmp_path / "nul\0.yaml")[1]


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert problem_of(tmp_path)[1] == "cannot be read: Is a directory"


def test_bytes_that_are_not_utf8_are_placed(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes("timezone: UTC\nentities: {Élysée".encode() + b"\xe9}")
    place, message = problem_of(path)
    assert (place.line, place.column) == (2, 18)
    assert "not UTF-8" in message


def test_a_control_character_is_placed(tmp_path: Path) -> None:
    place, message = problem_of(write(tmp_path, "timezone: UTC\nstore: \x07"))
    assert (place.line, place.column) == (2, 8)
    assert "U+0007" in message


def test_an_empty_file_says_how_to_begin(tmp_path: Path) -> None:
    assert problem_of(write(tmp_path, ""))[1] == "the file is empty"


def test_a_file_is_called_as_the_user_would_from_where_they_stand() -> None:
    here = Path.cwd()
    with TemporaryDirectory(dir=here) as folder:
        path = write(Path(folder), "")
        assert problem_of(path)[0].file == f"{Path(folder).name}/config.yaml"
        assert problem_of(path.relative_to(here))[0].file == f"{Path(folder).name}/config.yaml"


def test_included_files_add_sources_entities_and_rules(tmp_path: Path) -> None:
    write(tmp_path, {"rules": [{"id": "fiji", "when": "$fiji", "to": "#fiji"}]}, "rules/b.yaml")
    write(tmp_path, {"entities": {"fiji": {"aliases": ["Fiji"]}}}, "rules/a.yaml")
    write(tmp_path, {"sources": ["https://fiji.example/feed.xml"]}, "more.yaml")
    config = loaded(tmp_path, base() | {"include": ["rules/*.yaml", "rules/a.yaml", "more.yaml"]})
    assert [source.id for source in config.sources] == ["example", "fiji"]
    assert config.warnings == ()


def test_one_included_file_may_hold_everything_about_rules(tmp_path: Path) -> None:
    example = (Path(__file__).parent / "rules-example.yaml").read_text("utf-8")
    write(tmp_path, example, "rules/example.yaml")
    config = loaded(
        tmp_path, base() | {"include": ["rules/*.yaml"], "entities": {}, "rules": [], "defaults": {"to": "#n"}}
    )
    unwatched = [f"no source is called `{host}`, and none is at that host" for host in ("reuters.com", "nikkei.com")]
    assert sorted(warning.message for warning in config.warnings) == sorted(
        ["no rule uses the list critical_minerals", *unwatched]
    )
    assert len(config.rules.rules) == 8
    report = run_tests(config.rules, watched(config.sources))
    assert (report.passed, report.problems) == (35, ())


def test_a_list_or_a_query_may_stand_in_an_included_file(tmp_path: Path) -> None:
    write(tmp_path, {"lists": {"pact": ["treaty"]}, "queries": {"deal": "$japan AND $pact"}}, "more.yaml")
    rules = [{"id": "deal", "when": "$deal", "to": "#news"}]
    config = loaded(tmp_path, base() | {"include": ["more.yaml"], "rules": rules})
    assert config.warnings == ()
    assert [match.rule for match in config.rules.match(story(title="Japan signs treaties"))] == ["deal"]


def test_an_included_file_follows_an_absolute_glob(tmp_path: Path) -> None:
    write(tmp_path, {"sources": ["https://fiji.example/feed.xml"]}, "more/a.yaml")
    config = loaded(tmp_path, base() | {"include": str(tmp_path / "more" / "*.yaml")})
    assert len(config.sources) == 2


def test_defaults_of_the_main_file_hold_for_included_files(tmp_path: Path) -> None:
    write(tmp_path, {"sources": ["https://fiji.example/feed.xml"]}, "more.yaml")
    config = loaded(tmp_path, base() | {"include": "more.yaml", "defaults": {"every": "7m"}})
    assert [source.every for source in config.sources] == [timedelta(minutes=7)] * 2


@pytest.mark.parametrize("key", ["sources", "entities", "rules"])
def test_what_an_included_file_repeats_is_refused_with_both_places(tmp_path: Path, key: str) -> None:
    write(tmp_path, {key: base()[key]}, "more.yaml")
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, base() | {"include": ["more.yaml"]})
    (problem,) = caught.value.problems
    assert problem.place.file == str(tmp_path / "more.yaml")
    assert f"{tmp_path / 'config.yaml'}:1:" in str(problem)


def test_an_included_file_cannot_include(tmp_path: Path) -> None:
    write(tmp_path, {"include": ["more.yaml"]}, "more.yaml")
    with pytest.raises(ConfigError, match="`include` cannot stand in an included file"):
        loaded(tmp_path, base() | {"include": ["more.yaml"]})


def test_a_glob_that_is_none_is_refused(tmp_path: Path) -> None:
    for pattern in ("a**/b", "nul\0.yaml", "/"):
        with pytest.raises(ConfigError, match="include"):
            loaded(tmp_path, base() | {"include": [pattern]})


def test_an_absolute_store_stays_where_it_is(tmp_path: Path) -> None:
    assert (
        loaded(tmp_path, base() | {"store": "sqlite:////srv/tocsin/news.db"}).store == "sqlite:////srv/tocsin/news.db"
    )


def test_strings_stay_strings(tmp_path: Path) -> None:
    text = """\
sources:
  - {id: 0777, url: "https://example.org/", name: 2026-11-24, country: NO, tags: [yes, 1e3, 12:30]}
rules:
  - {id: on, when: Japan, to: "#news"}
"""
    (source,) = loaded(tmp_path, text).sources
    assert (source.id, source.name, source.country) == ("0777", "2026-11-24", "no")
    assert source.tags == ("yes", "1e3", "12:30")


def test_an_alias_of_yaml_is_followed(tmp_path: Path) -> None:
    text = """\
sources:
  - {id: a, url: "https://example.org/a", tags: &mine [japan, france]}
  - {id: b, url: "https://example.org/b", tags: *mine}
rules: []
"""
    first, second = loaded(tmp_path, text).sources
    assert first.tags == second.tags == ("japan", "france")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
ODD_LINES = ("  - #x", "\t- y", "- [#z", ' "', "? ", "a: &a [*a]", "b: *a", "<<: *a", "!x y", "---", "rules: |")
HYPOTHESIS = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def attempt(path: Path) -> None:
    try:
        config = load(path, {"A": "1"})
    except ConfigError as error:
        assert error.problems  # noqa: PT017 - an error without a problem would tell the user nothing
    else:
        assert config.path == path


@HYPOTHESIS
@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_a_configuration_or_a_config_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(content)
    attempt(path)


@HYPOTHESIS
@given(st.lists(st.sampled_from([*EVERYTHING.split("\n"), *ODD_LINES]), max_size=30))
def test_any_shuffle_of_lines_is_a_configuration_or_a_config_error(tmp_path: Path, lines: list[str]) -> None:
    attempt(write(tmp_path, "\n".join(lines)))


@HYPOTHESIS
@given(st.sampled_from(KEYS), ANYTHING)
def test_any_value_of_any_key_is_a_configuration_or_a_config_error(tmp_path: Path, key: object, value: object) -> None:
    attempt(write(tmp_path, with_key(getattr(key, "path", ""), value)))


def test_reading_a_configuration_loads_no_heavy_library() -> None:
    heavy = {"scrapy", "sqlalchemy", "aiohttp", "asyncio", "slack_sdk", "feedparser", "twisted", "click", "rich"}
    command = [sys.executable, "-c", "import sys, crawler.config; print(*sys.modules)"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert not heavy & set(done.stdout.split())
