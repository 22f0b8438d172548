"""Every key that config.yaml may hold, now or in a later version, in one table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the configuration.

    In ``path``, ``[]`` stands for each entry of a list and ``*`` for each name that the user chose.
    """

    path: str
    about: str

    @property
    def section(self) -> str:
        """The path of the mapping that holds this key; empty for the file itself."""
        return self.path.rpartition(".")[0]

    @property
    def name(self) -> str:
        """The key as the user writes it."""
        return self.path.rpartition(".")[2]


KEYS: tuple[Key, ...] = (
    Key("store", "where everything is kept: sqlite:///PATH, relative to this file, or postgresql://user@host/database"),
    Key("engine", "what runs the work: auto (by the store), embedded or procrastinate"),
    Key("timezone", "the zone in which times are shown"),
    Key("include", "globs of further files with sources, entities, lists, queries and rules"),
    # Slack
    Key("slack", "how cards reach Slack; without a token they are printed to the terminal"),
    Key("slack.token", "the bot token, xoxb-…; may come from an unset variable"),
    Key("slack.token_file", "a file that holds the bot token"),
    Key("slack.api_url", "the address of Slack's API, for gateways"),
    Key("slack.app_token", "the app-level token, xapp-…, for buttons and /tocsin; may come from an unset variable"),
    Key("slack.app_token_file", "a file that holds the app-level token"),
    Key("slack.webhook", "an incoming webhook instead of a token: no threads, no edits, one channel"),
    Key("slack.webhook_file", "a file that holds the address of the incoming webhook"),
    Key("slack.ops_channel", "the channel in which Tocsin says what is not well with itself"),
    Key("slack.admins", "Slack ids of those who may mute and snooze; empty: everybody"),
    # fetching
    Key("fetch", "how sources are visited"),
    Key("fetch.user_agent", "who we say we are; {version} is filled in"),
    Key("fetch.contact", "an e-mail address, sent as the From header"),
    Key("fetch.concurrency", "visits at the same time, over all hosts"),
    Key("fetch.per_host", "how gently one host is visited"),
    Key("fetch.per_host.concurrency", "visits of one host at the same time"),
    Key("fetch.per_host.delay", "pause between two visits of one host"),
    Key("fetch.timeout", "how long an answer may take"),
    Key("fetch.max_body", "how large a document may be, after decompression"),
    Key("fetch.allow_private", "private networks (CIDR) that may be fetched, on every port"),
    Key("fetch.robots", "robots.txt: obey or ignore; it is asked before pages, listings and sitemaps that were found"),
    Key("fetch.proxy", "a proxy for all requests: http://[user:password@]host:port"),
    Key("fetch.proxy_file", "a file that holds the proxy's address"),
    Key("fetch.browser", "the program for `render: browser`; else the first Chromium on the path"),
    # defaults
    Key("defaults", "what holds for sources and rules that do not say otherwise"),
    Key(
        "defaults.every",
        "how often a source is visited: auto (as its rhythm asks), a duration of at least 1s, or a cron string",
    ),
    Key(
        "defaults.fulltext",
        "whether each new item's page is fetched: auto (when the source's own text is short), always or never",
    ),
    Key("defaults.to", "the channels of rules without `to:`"),
    Key("defaults.severity", "info, notice, high or critical"),
    Key("defaults.backlog", "first visit: how young a story must be to alert: none, a duration, or all"),
    Key("defaults.every_min", "the shortest interval that `every: auto` may choose"),
    Key("defaults.every_max", "the longest interval that `every: auto` may choose"),
    # sources
    Key("sources", "what is watched: addresses, or mappings with the keys below"),
    Key("sources[].id", "a short name, unique; default: from host and path"),
    Key("sources[].url", "the address of the feed, sitemap or section page"),
    Key("sources[].name", "the name on cards; default: the host"),
    Key("sources[].kind", "feed, sitemap, listing (a page of links), or auto: whatever is found there"),
    Key("sources[].every", "how often it is visited: auto, a duration of at least 1s, or a cron string"),
    Key("sources[].fulltext", "whether each new item's page is fetched: auto, always or never"),
    Key("sources[].language", "the language of its stories, such as ja"),
    Key("sources[].country", "where it is published, two letters"),
    Key("sources[].tier", "1 wire or government … 4 unknown"),
    Key("sources[].type", "wire, government, press, state-media, think-tank or blog"),
    Key("sources[].tags", "your own words for it"),
    Key("sources[].backlog", "first visit: none, a duration, or all"),
    Key("sources[].timezone", "the zone of its dates that name none"),
    Key("sources[].links", "listing: which links are articles, as CSS"),
    Key("sources[].links_match", "listing: what the addresses of articles match, as a regular expression (RE2)"),
    Key("sources[].next", "listing: the link to the next page, as CSS"),
    Key("sources[].pages", "listing: how many pages are read in one visit, by way of `next`"),
    Key("sources[].article", "where the parts of an article's page are; what is not said is found by itself"),
    Key("sources[].article.title", "the headline, as CSS"),
    Key("sources[].article.body", "the text, as CSS"),
    Key("sources[].article.date", "the date of publication, as CSS"),
    Key("sources[].render", "browser: pages are loaded in one, so that their scripts run (extra [browser])"),
    Key("sources[].headers", "request headers, sent to the source's host only"),
    Key("sources[].auth", "credentials, sent to the source's host only"),
    Key("sources[].auth.basic", "user:password"),
    Key("sources[].auth.basic_file", "a file that holds user:password"),
    Key("sources[].auth.bearer", "a token"),
    Key("sources[].auth.bearer_file", "a file that holds the token"),
    Key("sources_from", "OPML files with more feeds, or globs of them; relative to this file"),
    # rules
    Key("entities", "things in the world, and their names in every language"),
    Key("entities.*.label", "the name on cards; default: the id"),
    Key("entities.*.type", "your own word for what it is"),
    Key("entities.*.aliases", "its names: a list, or lists by language"),
    Key("entities.*.note", "a remark for the reader of this file"),
    Key("entities.*.except", "longer names inside which a name does not count"),
    Key("entities.*.aliases[].text", "the name"),
    Key("entities.*.aliases[].case", "any, or exact: capitals, accents and punctuation as written"),
    Key("entities.*.aliases[].forms", "plural, exact, or stem: forms with the same Snowball stem, in its language"),
    Key("entities.*.aliases[].needs", "a query that must hold as well, or the name does not count"),
    Key("entities.*.aliases[].within", "where `needs` must hold: story, paragraph, sentence, or so many words"),
    Key("entities.*.aliases[].boundary", "auto, word: only as a whole word, or none: also inside words"),
    Key("entities.*.aliases[].lang_only", "true: counts only in stories of its language"),
    Key("lists", "plain lists of terms; a term may have the keys of an alias"),
    Key("queries", "pieces of queries under a name"),
    Key("use", "alias packs that come with Tocsin; `tocsin packs list` names them"),
    Key("rules", "what to alert for"),
    Key("rules[].id", "a short name, unique"),
    Key("rules[].name", "the name on cards; default: the id"),
    Key("rules[].when", "the query that must hold for a story"),
    Key("rules[].severity", "info, notice, high or critical"),
    Key("rules[].to", "the channels that hear of it"),
    Key("rules[].tags", "your own words for it"),
    Key("rules[].owner", "who looks after the rule"),
    Key("rules[].enabled", "false switches the rule off"),
    Key("rules[].note", "a remark for the reader of this file"),
    Key("rules[].only", "gates that a story must pass, whatever it says"),
    Key("rules[].only.languages", "languages of the story; zh includes zh-hant and zh-hans"),
    Key("rules[].only.sources", "sources, by id, or by host with its sub-domains"),
    Key("rules[].only.min_words", "how long the text must be, in words"),
    Key("rules[].only.max_age", "how old the story may be when it is found; an undated one passes"),
    Key("rules[].only.tier", "the worst tier of the source that is good enough"),
    Key("rules[].only.countries", "countries of the source, two letters"),
    Key("rules[].raise", "higher severities on conditions; the highest that holds counts"),
    Key("rules[].raise[].to", "the severity, above the rule's own"),
    Key("rules[].raise[].if", "the query that must hold as well"),
    Key("rules[].quiet", "limits of one rule in each of its channels"),
    Key("rules[].quiet.same_story", "how long the same text is not told again, beyond cards.same_story"),
    Key("rules[].quiet.at_most", "messages in a time, such as 3/h; what exceeds it comes in a summary"),
    Key("rules[].tests", "stories that must and must not match, run by `tocsin check` and before every reload"),
    Key("rules[].tests.match", "stories that must match: texts, or mappings with the keys below"),
    Key("rules[].tests.match[].title", "the headline"),
    Key("rules[].tests.match[].body", "the text"),
    Key("rules[].tests.match[].source", "the source, by id or host"),
    Key("rules[].tests.match[].lang", "the language"),
    Key("rules[].tests.match[].severity", "the severity that it must match with"),
    Key("rules[].tests.match[].highlights", "exactly the words that must be found, in reading order"),
    Key("rules[].tests.ignore", "stories that must not match: texts, or mappings with the keys below"),
    Key("rules[].tests.ignore[].title", "the headline"),
    Key("rules[].tests.ignore[].body", "the text"),
    Key("rules[].tests.ignore[].source", "the source, by id or host"),
    Key("rules[].tests.ignore[].lang", "the language"),
    Key("rules[].shadow", "true: on trial, judged and counted, never sent"),
    Key("rules[].independent_sources", "so many outlets that tell of one event, before the rule speaks"),
    Key("rules[].count", "so many stories within a time, before the rule speaks"),
    Key("rules[].count.n", "how many stories, at least 2"),
    Key("rules[].count.within", "within what time"),
    Key("rules[].spike", "many more stories than usual, before the rule speaks"),
    Key("rules[].spike.times", "how many times the usual number"),
    Key("rules[].spike.within", "the time in which stories are counted"),
    Key("rules[].spike.against", "the past that says what is usual"),
    Key("rules[].first_seen", "only what is new: the first story with a term, or the first of a source"),
    Key("rules[].silence", "speak when no story matched for so long"),
    # cards and log
    Key("cards", "how stories become messages"),
    Key("cards.same_story", "how long a story with the same text counts as a copy"),
    Key("cards.hold", "how long an alert waits for its story's page, at most 10m; a critical one never does"),
    Key("cards.thread_life", "how long a card grows, 1d to 90d: what comes later is told in a message of its own"),
    Key("cards.style", "full, or compact: two lines"),
    Key("cards.template", "a file with your own wording, relative to this file"),
    Key("log", "what the daemon writes"),
    Key("log.format", "auto, pretty, keyvalue or json; auto: pretty on a terminal, keyvalue elsewhere"),
    Key("log.level", "debug, info, warning or error"),
    # other ways out
    Key("notifiers", "ways out beside Slack, each under a name that `to:` can call"),
    Key("notifiers.*.webhook", "the address that signed JSON is posted to"),
    Key("notifiers.*.webhook_file", "a file that holds that address"),
    Key("notifiers.*.secret", "what the JSON is signed with; the receiver needs the same"),
    Key("notifiers.*.secret_file", "a file that holds the secret"),
    Key("notifiers.*.apprise", "an address of Apprise, for mail, chats and phones (extra [apprise])"),
    Key("notifiers.*.apprise_file", "a file that holds that address"),
    Key("notifiers.*.jsonl", "a file that gets a line for each message; relative to this file"),
    Key("fallback", "the notifier that critical alerts take as well when their own way has refused them for 5 minutes"),
    # feeds that push
    Key("websub", "hubs that tell at once when a feed has news; without it, feeds are only polled"),
    Key("websub.listen", "where hubs are answered: HOST:PORT"),
    Key("websub.public_url", "the address by which hubs reach that port from outside, best by https"),
    # who gets a message and when
    Key("routes", "who gets what: the first route that takes a match counts"),
    Key("routes[].match", "what it takes: all that is written must hold, and of each list one is enough"),
    Key("routes[].match.severity", "that level or higher"),
    Key("routes[].match.tags", "tags of the rule or of the source"),
    Key("routes[].match.rules", "rules, by id"),
    Key("routes[].match.sources", "sources, by id, or by host with its sub-domains"),
    Key("routes[].match.tier", "the worst tier of the source that is good enough"),
    Key("routes[].match.countries", "countries of the source, two letters"),
    Key("routes[].match.languages", "languages of the story; zh includes zh-hant and zh-hans"),
    Key("routes[].match.owner", "who looks after the rule"),
    Key("routes[].to", "the channels that hear of it; a rule's own `to:` comes before them"),
    Key("routes[].also", "notifiers that hear of it as well"),
    Key("routes[].group", "messages that wait for company, to be told together"),
    Key("routes[].group.wait", "how long the first of them waits"),
    Key("routes[].group.interval", "how long the next wait after that"),
    Key("routes[].style", "full or compact"),
    Key("routes[].template", "a file with your own wording, relative to this file"),
    Key("quiet_hours", "hours in which channels are left alone"),
    Key("quiet_hours[].name", "a short name, unique"),
    Key("quiet_hours[].channels", "the channels that are left alone; default: all"),
    Key("quiet_hours[].between", "from when to when, such as 22:00-07:00"),
    Key("quiet_hours[].days", "the days on which it begins, such as mon-fri or sat,sun; default: every day"),
    Key("quiet_hours[].except", "the severity that is told nevertheless, and any above it"),
    Key("quiet_hours[].then", "digest: the channel's next digest lists what was held back, else a summary at the end"),
    Key("quiet_hours[].timezone", "the zone of these hours; default: `timezone`"),
    Key("budgets", "how many messages a channel takes"),
    Key("budgets.per_channel", "messages in a time, such as 20/h; critical ones always pass"),
    Key("budgets.overflow", "digest: the channel's next digest lists what exceeds it, else a summary"),
    Key("escalate", "whom to tell when nobody acknowledges a message"),
    Key("escalate[].severity", "that level or higher"),
    Key("escalate[].unless_acked", "how long somebody has to acknowledge it"),
    Key("escalate[].to", "the channels that are told then"),
    Key("digests", "summaries at a time of the day"),
    Key("digests[].name", "a short name, unique"),
    Key("digests[].at", "the time of the day, such as 07:30"),
    Key("digests[].days", "the days on which it is sent, such as mon-fri; default: every day"),
    Key("digests[].to", "the channels that it is sent to"),
    Key("digests[].rules", "the rules that it tells of, by id, or all"),
    Key("digests[].timezone", "the zone of its time; default: `timezone`"),
    Key("digests[].empty", "silent or sent: what happens when there is nothing to tell"),
    # what is not well
    Key("health", "from when on a source is not well, so that `slack.ops_channel` hears of it"),
    Key("health.source_failing", "how long a source must fail"),
    Key(
        "health.source_silent",
        "how long a source must answer and have nothing new: auto (much longer than usual for it), a duration, or off",
    ),
    # the console
    Key("console", "a web page and an API on this machine; null switches them off"),
    Key("console.listen", "where it is served: HOST:PORT"),
    Key("console.token", "what lets people in, and lets them act; without it the page can only be read"),
    Key("console.token_file", "a file that holds the token"),
    # how it looks after itself
    Key(
        "health.canary", "how often a story of our own must arrive in `slack.ops_channel`, one message edited in place"
    ),
    Key("metrics", "numbers for a monitoring system: /metrics, /healthz and /readyz"),
    Key("metrics.listen", "where they are served by themselves: HOST:PORT; else on the console's port"),
    Key("retention", "how long things are kept; `forever` is possible"),
    Key("retention.stories", "title, link and what was decided"),
    Key("retention.bodies", "the words of a story"),
    Key("retention.seen", "that a story is known, after all else of it is gone; at least 60d"),
    Key("retention.outbox", "messages that tell of no story, and the logs of deliveries and visits"),
    Key("backup", "copies of the store"),
    Key("backup.path", "the folder that they are kept in, relative to this file"),
    Key(
        "backup.at",
        "the time of the day at which one is made, in `timezone`; without it, only `tocsin backup` makes one",
    ),
    Key("backup.keep", "how many are kept"),
    Key("disk", "what is done before the disk is full"),
    Key("disk.stop_below", "with less free space, nothing is collected any more; what there is is delivered"),
    Key("disk.ballast", "space that is set aside, and let go when the rest is used up"),
    # evidence
    Key("capture", "for how long raw answers are kept beside the store, such as 7d; off: they are not"),
)


@cache
def keys_of(section: str) -> Mapping[str, Key]:
    """Return the keys of one section by name; the file itself is the section ``""``."""
    return {key.name: key for key in KEYS if key.section == section}


def sections_with(name: str) -> list[str]:
    """Return the sections that have a key of this name, those inside a list's entries left out."""
    homes = {key.section for key in KEYS if key.name == name and key.section}
    return sorted(home for home in homes if "[]." not in home and not home.endswith("aliases[]"))
