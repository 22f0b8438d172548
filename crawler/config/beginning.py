"""A first config.yaml, from a few answers; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.errors import ConfigError
from alerts.rules.query import parse
from alerts.rules.rewrite import house_lines
from crawler.config.slug import free_id
from crawler.config.writing import as_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from crawler.config.writing import Written

STARTERS: Mapping[str, tuple[str, str]] = {  # packs that are topics: what their rule is called, and its query
    "critical-minerals": ("Critical minerals", "$critical_minerals"),
    "export-controls": ("Export controls", "$export_control OR $entity_list OR $dual_use"),
    "sanctions": ("Sanctions", "$sanctions OR $secondary_sanctions OR $asset_freeze"),
}
_ID = re.compile(r'^  - id: "?([^"\n]+)', re.MULTILINE)
_WIDE = 46  # columns before a comment


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What is to be watched, and who is to hear of it."""

    timezone: str = "UTC"
    packs: tuple[str, ...] = ()
    channel: str | None = None  # None: cards are printed
    contact: str | None = None
    sources: tuple[Mapping[str, Written], ...] = ()  # entries of `sources:`
    topics: tuple[str, ...] = ()  # queries
    rules: tuple[str, ...] = ()  # further rules, written as entries of `rules:`
    left_out: tuple[str, ...] = ()  # what of other files was not taken over, and why


def config_text(answers: Answers) -> str:
    """Write the file, its sections in the order of docs/config.md."""
    parts = [
        _HEAD,
        _file(answers),
        _SLACK,
        _fetch(answers),
        _defaults(answers),
        _sources(answers),
        _rules(answers),
        _left_out(answers),
    ]
    return "\n\n".join("\n".join(part).rstrip() for part in parts if part) + "\n"


_HEAD = (
    "# What Tocsin watches, which words matter, and who is told. Written by `tocsin init`; it is yours to edit.",
    "#",
    "#   tocsin check              finds every mistake, with its line and the way out",
    "#   tocsin sources add URL    finds the feeds of a site and adds one",
    "#   tocsin once               visits everything, tells what matches, and stops; `tocsin run` goes on",
    "#",
    "# docs/config.md explains every key. Channels need quotes: an unquoted # begins a comment.",
)
_SLACK = (
    "slack:",
    f"{'  token: ${SLACK_BOT_TOKEN}':{_WIDE}}# a variable, so no secret stands here; not set: cards are printed",
    f"{'  app_token: ${SLACK_APP_TOKEN}':{_WIDE}}# for buttons and /tocsin; may be missing",
)


def _file(answers: Answers) -> Iterator[str]:
    yield _noted({"store": "sqlite:///var/tocsin.db"}, "made at the first start, relative to this file")
    yield _noted({"timezone": answers.timezone}, "of the times on cards")
    if answers.packs:
        yield _noted({"use": [*answers.packs]}, "names in many languages: `tocsin packs show NAME`")


def _fetch(answers: Answers) -> Iterator[str]:
    yield "fetch:"
    if answers.contact:
        yield "  " + _noted({"contact": answers.contact}, "sent along, so that a site can reach you", indent=2)
    else:
        yield f"{'  # contact: desk@example.org':{_WIDE}}# put your own here, so that a site can reach you"
    yield f"{'  per_host: {concurrency: 1, delay: 1s}':{_WIDE}}# gently, one request at a time"


def _defaults(answers: Answers) -> Iterator[str]:
    yield "defaults:"
    yield f"{'  every: auto':{_WIDE}}# as often as a source's rhythm asks"
    if answers.channel:
        yield "  " + _noted({"to": [answers.channel]}, "who hears of rules that do not say it", indent=2)
    else:
        yield "  " + _noted({"to": ["#news"]}, "printed to the terminal until there is a Slack token", indent=2)
    yield f"{'  backlog: 24h':{_WIDE}}# what is older at a first visit is kept, not told"


def _sources(answers: Answers) -> Iterator[str]:
    if not answers.sources:
        yield f"{'sources: []':{_WIDE}}# nothing yet: `tocsin sources add URL` adds one"
        return
    yield f"{'sources:':{_WIDE}}# `kind: auto`, as where nothing is said, finds the feed of a site"
    for entry in answers.sources:
        yield from (f"  {line}" for line in as_lines(entry))


def _rules(answers: Answers) -> Iterator[str]:
    starters = [STARTERS[pack] for pack in answers.packs if pack in STARTERS]
    drafts = [*starters, *((_name(topic), topic) for topic in answers.topics)]
    if not (drafts or answers.rules):
        yield f"{'rules: []':{_WIDE}}# nothing yet, so stories are stored and nobody is told: docs/rules.md"
        return
    yield f"{'rules:':{_WIDE}}# docs/rules.md tells what a query may say"
    taken = set(rule_ids(answers.rules))
    for name, query in drafts:
        identity = _free(name, taken)
        taken.add(identity)
        head: dict[str, Written] = {"id": identity, "name": name}
        yield from (f"  {line}" for line in as_lines(head))
        yield "    when: |"
        yield from (f"      {line}" for line in _query(query))
    yield from answers.rules


def _left_out(answers: Answers) -> Iterator[str]:
    if answers.left_out:
        yield "# Not taken over:"
        yield from (f"#   {_plain(one)}" for one in answers.left_out)


def rule_ids(lines: Iterable[str]) -> list[str]:
    """Return the ids of rules that are written as entries of `rules:`."""
    return _ID.findall("\n".join(lines))


def as_query(topic: str) -> str:
    """Return a topic as a query: as it stands where it is one, else as a phrase; raises ConfigError for neither."""
    try:
        parse(topic)
    except ConfigError:
        phrase = '"' + " ".join(topic.replace('"', " ").split()) + '"'
        parse(phrase)
        return phrase
    return topic


def _query(topic: str) -> Iterable[str]:
    return house_lines(parse(as_query(topic)))


def _name(topic: str) -> str:
    words = " ".join(re.sub(r'["$()\[\]{}|_~*]', " ", topic).split())
    return words[:80].strip() or "Topic"


def _free(name: str, taken: set[str]) -> str:
    words = re.findall(r"[a-z0-9]+", name.lower())
    base = "-".join(words)[:48].strip("-") or "topic"
    return base if base not in taken else free_id(f"https://{base}.example/", taken)


def _noted(entry: Mapping[str, Written], note: str, *, indent: int = 0) -> str:
    line = as_lines(entry)[0].removeprefix("- ")
    return f"{line:{_WIDE - indent}}# {note}" if len(line) < _WIDE - indent else f"{line}  # {note}"


def _plain(text: str) -> str:
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())
