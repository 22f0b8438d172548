"""config.yaml into a Config, or every problem of it at once."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from alerts.errors import ConfigError, Level, Place
from alerts.rules.ruleset import compile_rules, no_garbage_collection
from alerts.rules.spec import Specs
from crawler.config import console, notifiers, outlines, packs, routing, sections, stores, upkeep, values, wordings
from crawler.config.capture import read_capture
from crawler.config.document import Document, read_document
from crawler.config.files import FileNotes, Files
from crawler.config.findings import Findings, TooMany
from crawler.config.marks import marks_of
from crawler.config.model import Config
from crawler.config.names import read_entity, read_list, read_saved_query
from crawler.config.nodes import Context, Item, Section
from crawler.config.rules import RuleDefaults, RuleDraft, read_rule
from crawler.config.secret import Secret
from crawler.config.sources import Draft, SourceDefaults, concealed, read_source, settle_sources
from crawler.config.strangers import warn_of_strangers, watched

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alerts.errors import Problem
    from alerts.routing.spec import RoutingSpec
    from alerts.rules.ruleset import RuleSet
    from alerts.rules.spec import EntitySpec, ListSpec, QuerySpec
    from alerts.rules.watched import Watched

_SHARED_KEYS = ("sources", "entities", "lists", "queries", "rules")  # what an included file may hold


@dataclass(frozen=True, slots=True, kw_only=True)
class _Contents:
    """What the main file and its included files list together."""

    sources: list[Draft] = field(default_factory=list)
    entities: list[EntitySpec] = field(default_factory=list)
    lists: list[ListSpec] = field(default_factory=list)
    queries: list[QuerySpec] = field(default_factory=list)
    rules: list[RuleDraft] = field(default_factory=list)

    @property
    def specs(self) -> Specs:
        """All that rules are compiled from."""
        return Specs(
            entities=tuple(self.entities),
            lists=tuple(self.lists),
            queries=tuple(self.queries),
            rules=tuple(draft.spec for draft in self.rules if draft.spec),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What reading a configuration brought."""

    config: Config | None  # None: there are errors among the problems
    problems: tuple[Problem, ...]  # in the order of the files
    files: Files  # all that was read, so that somebody can wait for a change
    store: str | None  # the store's URL, also of a configuration that cannot be used


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a rule stands on: all else that it is compiled with."""

    own: Specs  # the rules of the files among them
    packed: Specs  # of the packs in use
    watched: Watched
    defaults: RuleDefaults


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """Read a configuration; raises ConfigError with every problem found, in the order of the file."""
    attempt = read(path, environ)
    if attempt.config is None:
        raise ConfigError(attempt.problems)
    return attempt.config


def read(path: Path, environ: Mapping[str, str]) -> Attempt:
    """Read a configuration, sound or not."""
    findings, notes = Findings(), FileNotes()
    notes.note(path)
    config = None
    with no_garbage_collection(), suppress(TooMany):
        if document := read_document(path, findings):
            config = _read_config(document, findings, environ, notes)
    store, files = (config.store or None) if config else None, notes.files
    if config is None or findings.fatal:
        return Attempt(config=None, problems=findings.all, files=files, store=store)
    config = replace(config, warnings=findings.all, files=files)
    return Attempt(config=config, problems=findings.all, files=files, store=store)


def read_ground(path: Path, environ: Mapping[str, str]) -> Ground:
    """Read what rules stand on, whatever else is wrong; raises ConfigError when the file cannot be read."""
    findings, notes = Findings(), FileNotes()
    contents = _Contents()
    with no_garbage_collection(), suppress(TooMany):
        document = read_document(path, findings)
        main = _open(document, findings, environ, notes) if document else None
        if main is not None:
            zone, ways = main.read("timezone", values.zone, ZoneInfo("UTC")), notifiers.names_in(main)
            for_sources, for_rules = sections.read_defaults(main.section("defaults"), zone, ways)
            for section in (main, *_included(main)):
                _gather(section, contents, for_sources, for_rules)
            contents.sources.extend(_imported(main, for_sources))
            used = [packs.load(name) for name in main.many("use", packs.pack_name)]
            marks = marks_of(contents.specs)
            return Ground(
                own=contents.specs,
                packed=packs.specs_of(used, marks.names),
                watched=watched(settle_sources(contents.sources, findings)),
                defaults=for_rules,
            )
    raise ConfigError(findings.all)


def _read_config(document: Document, findings: Findings, environ: Mapping[str, str], notes: FileNotes) -> Config | None:
    main = _open(document, findings, environ, notes)
    if main is None:
        return None
    zone = main.read("timezone", values.zone, ZoneInfo("UTC"))
    ways = notifiers.names_in(main)
    for_sources, for_rules = sections.read_defaults(main.section("defaults"), zone, ways)
    contents = _Contents()
    for section in (main, *_included(main)):
        _gather(section, contents, for_sources, for_rules)
    contents.sources.extend(_imported(main, for_sources))
    folder = document.path.resolve().parent
    store_of = stores.store_in(folder)
    usual = store_of(stores.DEFAULT_STORE)
    store = main.optional("store", store_of) if main.get("store") else usual
    used = [packs.load(name) for name in main.many("use", packs.pack_name)]
    specs = contents.specs
    marks = marks_of(specs)
    sources = settle_sources(contents.sources, findings)
    known = watched(sources)
    routed = routing.read_routing(main, zone, _nameable(contents, known, ways))
    _check_routes(contents, routed.spec, findings)
    rules = _compile(specs, packs.specs_of(used, marks.names), known, findings)
    warn_of_strangers((*(draft.gates for draft in contents.rules), *routed.gates), known)
    if main.is_mapping:
        _warn_of_idleness(main, contents)
    return Config(
        path=document.path,
        store=store or "",  # with which it is refused
        engine=stores.read_engine(main, store),
        timezone=zone,
        slack=sections.read_slack(main.section("slack")),
        fetch=sections.read_fetch(main.section("fetch")),
        sources=sources,
        concealed=concealed(contents.sources, sources),
        hidden={name: Secret(value) for draft in contents.sources for name, value in draft.hidden.items()},
        capture=read_capture(main),
        rules=rules,
        marks=marks,
        cards=sections.read_cards(main.section("cards")),
        wordings=wordings.read_wordings(main, zone),
        log=sections.read_log(main.section("log")),
        health=sections.read_health(main.section("health")),
        care=upkeep.read_care(main, folder),
        defaults=for_rules.to,
        routing=routed.spec,
        websub=sections.read_websub(main.section("websub")) if main.get("websub") else None,
        console=console.read_console(main),
        notifiers=notifiers.read_notifiers(main),
        fallback=main.optional("fallback", notifiers.fallback(ways)),
    )


def _open(document: Document, findings: Findings, environ: Mapping[str, str], notes: FileNotes) -> Section | None:
    if document.root is None:
        start = Place(document.name, 1, 1)
        findings.error(start, "the file is empty", "begin with `sources:` and a list of addresses, see docs/config.md")
        return None
    return Section(Item("this file", document.root, Context(document, findings, environ, notes)), "")


def _included(main: Section) -> list[Section]:
    """Read the files that ``include:`` names, each once."""
    context = main.context
    opened: dict[Path, Section | None] = {}
    for entry in main.entries("include"):
        pattern = entry.read(values.text)
        hint = "write a glob such as rules/*.yaml"
        for path in _files(entry, pattern, hint) if pattern else ():
            if path.resolve() in opened:
                continue
            context.notes.note(path)
            document = read_document(path, context.findings)
            section = _open(document, context.findings, context.environ, context.notes) if document else None
            opened[path.resolve()] = section
            if section:
                _refuse_foreign_keys(section, context.document.name)
    return [section for section in opened.values() if section]


def _imported(main: Section, defaults: SourceDefaults) -> list[Draft]:
    """Read the OPML files that ``sources_from:`` names, each once."""
    opened: set[Path] = set()
    drafts: list[Draft] = []
    for entry in main.entries("sources_from"):
        pattern = entry.read(values.text)
        for path in _files(entry, pattern, "write a file such as feeds.opml, or a glob") if pattern else ():
            if path.resolve() not in opened:
                opened.add(path.resolve())
                main.context.notes.note(path)
                drafts += outlines.read_drafts(path, defaults, main.context.findings)
    return drafts


def _files(entry: Item, pattern: str, hint: str) -> tuple[Path, ...]:
    own = entry.context.document.path
    written = Path(pattern)
    folder = Path(written.anchor) if written.is_absolute() else own.parent
    try:
        relative = str(written.relative_to(folder)) if written.is_absolute() else pattern
        paths = entry.context.notes.find(folder, relative) if Path(relative).parts else ()
    except (ValueError, OSError) as error:
        entry.error(f"`{entry.name}: {pattern}` cannot be followed: {error}", hint)
        return ()
    if not paths:
        entry.error(f"`{entry.name}: {pattern}` matches no file", f"paths are relative to {own.parent.resolve()}")
    if any(path.resolve() == own.resolve() for path in paths):
        entry.error(f"`{entry.name}: {pattern}` matches this file itself", "put the other files into a folder")
        return ()
    return paths


def _refuse_foreign_keys(section: Section, main: str) -> None:
    for key, value in section.item.pairs():
        if section.tried(value.name) and value.name not in _SHARED_KEYS:
            key.error(f"`{value.name}` cannot stand in an included file", f"move it to {main}")


def _gather(section: Section, contents: _Contents, for_sources: SourceDefaults, for_rules: RuleDefaults) -> None:
    drafts = [read_source(item, for_sources) for item in section.entries("sources")]
    contents.sources.extend(draft for draft in drafts if draft)
    entities = [read_entity(key, item) for key, item in section.named("entities")]
    contents.entities.extend(entity for entity in entities if entity)
    lists = [read_list(key, item) for key, item in section.named("lists")]
    contents.lists.extend(one for one in lists if one)
    queries = [read_saved_query(key, item) for key, item in section.named("queries")]
    contents.queries.extend(query for query in queries if query)
    contents.rules.extend(read_rule(item, for_rules) for item in section.entries("rules"))


def _nameable(contents: _Contents, known: Watched, ways: frozenset[str]) -> routing.Known:
    specs = [draft.spec for draft in contents.rules if draft.spec]
    return routing.Known(
        rules={spec.id.value for spec in specs},
        tags={*known.tags, *(tag for spec in specs for tag in spec.tags)},
        owners={spec.owner for spec in specs if spec.owner},
        notifiers=ways,
    )


def _check_routes(contents: _Contents, routed: RoutingSpec, findings: Findings) -> None:
    if any(route.to or route.also for route in routed.routes):
        return  # which match finds a channel is known when it is there
    homeless = [rule for rule in contents.rules if not rule.routed]
    if homeless:
        more = f", nor do {len(homeless) - 1} below it" if len(homeless) > 1 else ""
        hint = 'write `to: ["#channel"]` in the rule, or in `defaults:` for all, or add `routes:`'
        findings.warn(homeless[0].place, f"this rule tells nobody{more}: its matches are only recorded", hint)


def _compile(own: Specs, packed: Specs, known: Watched, findings: Findings) -> RuleSet:
    rule_set, problems = compile_rules(
        (*own.entities, *packed.entities),
        own.rules,
        lists=(*own.lists, *packed.lists),
        queries=own.queries,
        watched=known,
    )
    for problem in problems:
        if not packs.is_within(problem.place) or problem.level is Level.ERROR:  # what we doubt of ours is our affair
            findings.add([problem])
    return rule_set


def _warn_of_idleness(main: Section, contents: _Contents) -> None:
    for name, listed, what in (
        ("sources", contents.sources, "nothing is watched"),
        ("rules", contents.rules, "stories are stored, and nobody is alerted"),
    ):
        elsewhere = name == "sources" and main.tried("sources_from")
        if not listed and not main.tried(name) and not elsewhere:
            main.context.findings.warn(main.item.place, f"there are no `{name}`: {what}")
