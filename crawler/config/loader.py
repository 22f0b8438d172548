"""config.yaml into a Config, or every problem of it at once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from alerts.errors import ConfigError, Place
from alerts.rules.ruleset import compile_rules
from crawler.config import sections, values
from crawler.config.document import Document, read_document
from crawler.config.findings import Findings
from crawler.config.model import Config
from crawler.config.nodes import Context, Item, Section
from crawler.config.rules import RuleDefaults, RuleDraft, read_entity, read_rule
from crawler.config.sources import Draft, SourceDefaults, read_source, settle_sources

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alerts.rules.ruleset import RuleSet
    from alerts.rules.spec import EntitySpec

_SHARED_KEYS = ("sources", "entities", "rules")  # what an included file may hold


@dataclass(frozen=True, slots=True, kw_only=True)
class _Contents:
    """What the main file and its included files list together."""

    sources: list[Draft] = field(default_factory=list)
    entities: list[EntitySpec] = field(default_factory=list)
    rules: list[RuleDraft] = field(default_factory=list)


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """Read a configuration; raises ConfigError with every problem found, in the order of the file."""
    findings = Findings()
    document = read_document(path, findings)
    config = _read_config(document, findings, environ) if document else None
    if findings.fatal or config is None:
        raise ConfigError(findings.all)
    return replace(config, warnings=findings.all)


def _read_config(document: Document, findings: Findings, environ: Mapping[str, str]) -> Config | None:
    main = _open(document, findings, environ)
    if main is None:
        return None
    for_sources, for_rules = sections.read_defaults(main.section("defaults"))
    contents = _Contents()
    for section in (main, *_included(main)):
        _gather(section, contents, for_sources, for_rules)
    main.optional("engine", sections.engine)
    folder = document.path.resolve().parent
    store_of = sections.store_in(folder)
    rules = _compile(contents, findings)
    sources = settle_sources(contents.sources, findings)
    if main.is_mapping:
        _warn_of_idleness(main, contents)
    return Config(
        path=document.path,
        store=main.read("store", store_of, store_of(sections.DEFAULT_STORE)),
        timezone=main.read("timezone", values.zone, ZoneInfo("UTC")),
        slack=sections.read_slack(main.section("slack")),
        fetch=sections.read_fetch(main.section("fetch")),
        sources=sources,
        rules=rules,
        cards=sections.read_cards(main.section("cards")),
        log=sections.read_log(main.section("log")),
    )


def _open(document: Document, findings: Findings, environ: Mapping[str, str]) -> Section | None:
    if document.root is None:
        start = Place(document.name, 1, 1)
        findings.error(start, "the file is empty", "begin with `sources:` and a list of addresses, see docs/config.md")
        return None
    return Section(Item("this file", document.root, Context(document, findings, environ)), "")


def _included(main: Section) -> list[Section]:
    """Read the files that ``include:`` names, each once."""
    opened: dict[Path, Section | None] = {}
    for entry in main.entries("include"):
        pattern = entry.read(values.text)
        for path in _files(entry, pattern) if pattern else ():
            if path.resolve() in opened:
                continue
            document = read_document(path, main.context.findings)
            section = _open(document, main.context.findings, main.context.environ) if document else None
            opened[path.resolve()] = section
            if section:
                _refuse_foreign_keys(section, main.context.document.name)
    return [section for section in opened.values() if section]


def _files(entry: Item, pattern: str) -> list[Path]:
    own = entry.context.document.path
    written = Path(pattern)
    folder = Path(written.anchor) if written.is_absolute() else own.parent
    try:
        relative = str(written.relative_to(folder)) if written.is_absolute() else pattern
        found = folder.glob(relative) if Path(relative).parts else ()
        paths = sorted(path for path in found if path.is_file())
    except (ValueError, OSError) as error:
        entry.error(f"`include: {pattern}` cannot be followed: {error}", "write a glob such as rules/*.yaml")
        return []
    if not paths:
        entry.error(f"`include: {pattern}` matches no file", f"paths are relative to {own.parent.resolve()}")
    if any(path.resolve() == own.resolve() for path in paths):
        entry.error(f"`include: {pattern}` matches this file itself", "put the included files into a folder")
        return []
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
    contents.rules.extend(read_rule(item, for_rules) for item in section.entries("rules"))


def _compile(contents: _Contents, findings: Findings) -> RuleSet:
    homeless = [rule for rule in contents.rules if not rule.routed]
    if homeless:
        more = f", nor do {len(homeless) - 1} below it" if len(homeless) > 1 else ""
        hint = 'write `to: ["#channel"]` in the rule, or in `defaults:` for all'
        findings.error(homeless[0].place, f"this rule does not say where its alerts go{more}", hint)
    rule_set, problems = compile_rules(contents.entities, [rule.spec for rule in contents.rules if rule.spec])
    findings.add(problems)
    return rule_set


def _warn_of_idleness(main: Section, contents: _Contents) -> None:
    for name, listed, what in (
        ("sources", contents.sources, "nothing is watched"),
        ("rules", contents.rules, "stories are stored, and nobody is alerted"),
    ):
        if not listed and not main.tried(name):
            main.context.findings.warn(main.item.place, f"there are no `{name}`: {what}")
