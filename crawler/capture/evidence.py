"""All that is known of one story, put together so that others can check it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import crawler
from alerts.errors import CaptureError
from crawler.capture.case import Case, Passage
from crawler.capture.cover import cover
from crawler.capture.exchange import Kind
from crawler.capture.kept import kept
from crawler.capture.pack import MANIFEST, Missing, as_json, manifest
from crawler.capture.plain import plain
from crawler.capture.redaction import ADDRESS
from crawler.capture.rule_texts import needed
from crawler.capture.shelf import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from crawler.capture.kept import Kept
    from crawler.capture.playing import Visit
    from crawler.capture.redaction import Redactor
    from crawler.store.captured import Record
    from crawler.store.history import Edition

FETCHES = "fetches.warc.gz"
_COMMITTED = timedelta(minutes=5)  # so long after its last answer a visit may have been taken in
_SLACK = timedelta(milliseconds=5)  # the store keeps whole milliseconds
_NAMELESS = "they were not written down: captures do that since they know names, or the files had changed meanwhile"
_TAKEN_OUT = "a secret of the configuration stands in it, and was taken out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where the parts of a case come from."""

    id: str
    record: Record  # of the store
    chain: Mapping[str, Any] | None  # why it was told, or where it ended
    visits: Sequence[Visit]  # all that are captured
    folder: Path
    redactor: Redactor
    is_on: bool  # answers are captured by now
    revision: str  # of the rules in force
    rules: Mapping[str, object]  # what they say
    names: Mapping[str, object] = field(default_factory=dict)  # what the names in them stand for


def files_of(sources: Sources) -> Mapping[str, bytes]:
    """Return the files of a pack by name, the manifest among them."""
    record, missing = sources.record, list[Missing]()
    answers = _fetches(sources, missing)
    rules = _rules(sources, missing)
    editions = _editions(sources, missing)
    facts: dict[str, object] = {
        "story.json": {"id": sources.id, **record.story},
        "decisions.json": record.decisions,
        "deliveries.json": record.deliveries,
        **{f"rules/{revision}.json": said for revision, said in rules.items()},
        **({"why.json": sources.chain} if sources.chain else {}),
        **({"left_out.json": cuts} if (cuts := _cuts(sources)) else {}),
    }
    files = {name: _file(name, said, sources.redactor, missing) for name, said in facts.items()}
    files |= {f"versions/{one.version}.txt": _text(one).encode() for one in editions}
    if answers:
        files[FETCHES] = b"".join(one.records for one in answers)
        files["fetches.json"] = as_json([_fact(one) for one in answers])
    files["index.html"] = cover(_case(sources, answers, rules, editions, missing), files)
    about = {"made_by": f"tocsin {crawler.__version__}", "story": sources.id}
    return files | {MANIFEST: manifest(files, about, missing)}


def fetches_of(record: Record, visits: Iterable[Visit], redactor: Redactor) -> tuple[list[Visit], list[Edition]]:
    """Return the visits that brought a story's versions, and the versions whose visit is not captured."""
    addresses = {redactor.url(url) for url in record.addresses}
    of_page = [one for one in visits if one.occasion.kind is Kind.PAGE and one.occasion.url in addresses]
    of_source = [one for one in visits if one.occasion.kind is Kind.SOURCE and one.occasion.source == record.source]
    found, lacking = {one.occasion.id: one for one in of_page}, []
    for edition in record.editions:
        near = [one for one in (*of_page, *of_source) if edition.at - _COMMITTED <= one.ended <= edition.at + _SLACK]
        if near:
            last = max(near, key=lambda one: one.ended)
            found[last.occasion.id] = last
        else:
            lacking.append(edition)
    return sorted(found.values(), key=lambda one: (one.ended, one.occasion.id)), lacking


def _fetches(sources: Sources, missing: list[Missing]) -> list[Kept]:
    """Return the answers that are there, and note those that are not, or not as they were received."""
    found, lacking = fetches_of(sources.record, sources.visits, sources.redactor)
    for edition in lacking:
        off = "`capture:` is off" if not sources.is_on else "it was off then, or the file is older than is kept"
        missing.append(Missing(what=f"the bytes that version {edition.version} came from", why=f"not captured: {off}"))
    answers: list[Kept] = []
    for entry in (entry for visit in found for entry in visit.entries):
        what = f"the answer of {entry.url}, {_when(entry.at)} UTC"
        try:
            answers.append(kept(sources.folder, entry))
        except CaptureError as error:
            missing.append(Missing(what=what, why=str(error)))
        else:
            if answers[-1].is_altered:
                missing.append(Missing(what=f"{what}, as it was received", why=_TAKEN_OUT))
    return answers


def _editions(sources: Sources, missing: list[Missing]) -> list[Edition]:
    """Return the versions of a story as they may be handed on."""
    prose = sources.redactor.prose
    safe: list[Edition] = []
    for one in sources.record.editions:
        url = sources.redactor.url(one.url) if one.url else one.url
        safe.append(replace(one, url=url, title=prose(one.title), text=prose(one.text)))
        if _text(safe[-1]) != _text(one):
            missing.append(Missing(what=f"the text of version {one.version} as it was judged", why=_TAKEN_OUT))
    return safe


def _file(name: str, said: object, redactor: Redactor, missing: list[Missing]) -> bytes:
    """Write facts as they may be handed on, and note where more than an address had to be altered."""
    changed: list[str] = []
    facts = _safe(plain(said), redactor, changed)
    if changed:
        missing.append(Missing(what=f"{len(changed)} texts of {name} as the store has them", why=_TAKEN_OUT))
    return as_json(facts)


def _safe(facts: object, redactor: Redactor, changed: list[str]) -> object:
    if isinstance(facts, dict):
        return {name: _safe(one, redactor, changed) for name, one in facts.items()}
    if isinstance(facts, list):
        return [_safe(one, redactor, changed) for one in facts]
    if not isinstance(facts, str):
        return facts
    safe = redactor.note(facts)
    besides = ADDRESS.sub("", facts)
    if redactor.text(besides) != besides:
        changed.append(safe)
    return safe


def _fact(answer: Kept) -> Mapping[str, object]:
    entry = answer.entry
    visit = entry.occasion
    return {
        "url": entry.url,
        "at": entry.at.isoformat(),
        "status": entry.status,
        "reason": entry.reason,
        "payload": entry.digest,
        "payload_is_altered": answer.is_altered,
        "withheld": answer.withheld,
        "visit": None if visit is None else {"kind": visit.kind.value, "source": visit.source, "url": visit.url},
        "captured_in": entry.file,
    }


def _rules(sources: Sources, missing: list[Missing]) -> Mapping[str, Mapping[str, object]]:
    """Return what the rules that held said, by the revision of all rules at the time."""
    wanted: dict[str, set[str]] = {}
    by_version = {one.version: one.rules for one in sources.record.editions}
    for decision in sources.record.decisions:
        wanted.setdefault(by_version.get(decision.version, ""), set()).add(decision.match.rule)
    found: dict[str, Mapping[str, object]] = {}
    for revision, names in sorted(wanted.items()):
        kept = _said(sources, revision)
        if kept is None:
            why = (
                "it was not written down: captures do that from their first start on, and the rules have changed since"
            )
            missing += [Missing(what=f"the text of the rule {name} as it was ({revision})", why=why) for name in names]
        else:
            said, known = kept
            rules = {name: said.get(name) for name in sorted(names)}
            used = needed(known, names)
            found[revision] = {"revision": revision, "rules": rules, **({"names": used} if used else {})}
            if not known and any("$" in json.dumps(one) for one in rules.values()):
                missing.append(Missing(what=f"what the names in these rules stood for ({revision})", why=_NAMELESS))
    return found


def _said(sources: Sources, revision: str) -> tuple[Mapping[str, object], Mapping[str, object]] | None:
    """Return what the rules of a revision said, and the names in them; None where nobody wrote it down."""
    if revision == sources.revision:
        return sources.rules, sources.names
    path = sources.folder / RULES / f"{revision}.json"
    if not revision or not path.is_file():
        return None
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        said, names = facts["rules"], facts.get("names") or {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return (said, names) if isinstance(said, dict) and isinstance(names, dict) else None


def _text(edition: Edition) -> str:
    return f"{edition.title}\n\n{edition.text}\n"


def _case(
    sources: Sources,
    answers: Sequence[Kept],
    rules: Mapping[str, Mapping[str, Any]],
    editions: Sequence[Edition],
    missing: Sequence[Missing],
) -> Case:
    record, chain, note = sources.record, sources.chain, sources.redactor.note
    newest = editions[-1]
    addresses = Counter(one.entry.url for one in answers)
    return Case(
        id=sources.id,
        title=newest.title or newest.url or sources.id,
        about=(
            f"{record.source}, {newest.url or 'no address'}",
            f"Story {sources.id}, first seen {_when(editions[0].at)} UTC; versions: {len(editions)}.",
            f"Answers in this pack: {addresses.total()}, of {len(addresses)} addresses.",
        ),
        verdict=note(str(chain["verdict"])) if chain else "",
        fetched=[
            (
                _when(one.entry.at),
                one.entry.url,
                str(one.entry.status or one.entry.reason or ""),
                one.entry.digest or "no bytes",
                ", ".join(one.withheld),
            )
            for one in answers
        ],
        decided=[
            (
                str(one.version),
                one.match.rule,
                one.match.severity.label,
                one.channel or "nobody",
                note(f"{one.reason}{f': {one.says}' if one.says else ''}"),
                ", ".join(dict.fromkeys(map(sources.redactor.prose, record.words_of(one)))),
            )
            for one in record.decisions
        ],
        rules=[
            Passage(f"The rule {name} ({revision})", note(_spelt(said)))
            for revision, facts in rules.items()
            for name, said in facts["rules"].items()
        ]
        + [
            Passage(f"What ${name} stood for ({revision})", note(_spelt(said)))
            for revision, facts in rules.items()
            for name, said in facts.get("names", {}).items()
        ],
        delivered=[
            (_when(step.at), one.channel, step.state, step.reason, note(step.detail))
            for one in record.deliveries
            for step in one.steps
        ],
        texts=[Passage(f"Version {one.version}, {_when(one.at)} UTC", _text(one)) for one in editions],
        left_out=[(str(one["why"]), note(str(one["text"])), f"{one['letters']:,}") for one in _cuts(sources)],
        missing=missing,
    )


def _cuts(sources: Sources) -> Sequence[Mapping[str, Any]]:
    """Return what was left out of the story's page, as far as that is kept."""
    return (sources.chain or {}).get("cuts") or []


def _spelt(rule: object) -> str:
    """Write what a rule said: its query, then the rest of it."""
    if not isinstance(rule, dict):
        return "It said nothing."
    rest = (f"{name}: {_short(value)}" for name, value in rule.items() if name != "when")
    return "\n".join([str(rule.get("when", "")), "", *rest])


def _short(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _when(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
