"""What follows from the names of all countries together: which contain one another, and how to test each."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from alerts.rules.terms import patterns_of, tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Entity = dict[str, Any]

_SENTENCES = {  # by language; no word of them belongs to a country
    "en": "Officials from {} met on Monday.",
    "fr": "La délégation parle de {} depuis lundi.",
    "de": "Die Delegation sprach am Montag über {} und mehr.",
    "es": "La delegación habló de {} el lunes.",
    "ru": "Делегация обсудила {} в понедельник.",
    "ja": "代表団は{}について協議した。",
    "zh-Hans": "代表团讨论了{}的问题。",
    "zh-Hant": "代表團討論了{}的問題。",
    "ko": "대표단은 {} 문제를 논의했다.",
    "it": "La delegazione parla di {} da lunedì.",
    "pt": "A delegação falou de {} na segunda.",
    "id": "Delegasi membahas {} kemarin.",
    "th": "คณะผู้แทนหารือเรื่อง{}เมื่อวาน",
}
_ONE = "[日米美中韓韩台仏法英独露ロ俄豪澳印伊比菲烏乌]"  # a country in one letter: 米中 speaks of two countries at once
_JOINT = re.compile(rf"{_ONE}( {_ONE}){{1,3}}( 首 脳| 関 係)?|[한미일중러북불]{{2,3}}")


def fold_key(text: str) -> str:
    """Return what two texts share when a search takes them for the same."""
    return " ".join(tokens_of(text.rstrip("*"))) + text[len(text.rstrip("*")) :]


def except_longer_names(entities: Mapping[str, Entity]) -> None:
    """Add to the ``except`` of each entity the names of others that hold one of its own: 白俄罗斯 to 俄罗斯.

    A capital called after its country, such as Mexico City, still speaks of the country.
    """
    names = [(name, alias["text"]) for name, entity in entities.items() for _, alias in _aliases(entity)]
    plain = [(name, text, f" {' '.join(tokens_of(text))} ") for name, text in names if "*" not in text]
    own = {(name, fold_key(text)) for name, text in names}
    by_pattern: dict[str, set[str]] = defaultdict(set)
    for name, text in names:
        for pattern in (f" {fold_key(text)[:-1]}",) if text.endswith("*") else patterns_of(text):
            by_pattern[pattern].add(name)
    lengths = sorted({len(pattern) for pattern in by_pattern})
    for owner, text, folded in plain:
        for inner in _inside(folded, lengths, by_pattern):
            for name in sorted(by_pattern[inner] - {owner}):
                if (name, folded.strip()) not in own and not _same_place(entities[name], entities[owner]):
                    exceptions = entities[name]["except"]
                    if text not in exceptions:
                        exceptions.append(text)


def _inside(folded: str, lengths: list[int], patterns: Mapping[str, object]) -> Iterator[str]:
    for length in lengths:
        for start in range(len(folded) - length + 1):
            if (piece := folded[start : start + length]) in patterns:
                yield piece


def _same_place(one: Entity, other: Entity) -> bool:
    return bool(other["type"] == "capital" and other["note"] == f"the capital of {one['label']}")


def shared_names(entities: Mapping[str, Entity]) -> list[str]:
    """Return every name that two entities share though one of them asks for no context."""
    owners: dict[str, dict[str, bool]] = defaultdict(dict)
    for name, entity in entities.items():
        for _, alias in _aliases(entity):
            owners[fold_key(alias["text"])][name] = "needs" in alias
    return [
        f"{text}: {', '.join(sorted(names))}"
        for text, names in sorted(owners.items())
        if len(names) > 1 and list(names.values()).count(False) > 1 and not _JOINT.fullmatch(text)
    ]


def add_tests(entities: Mapping[str, Entity]) -> None:
    """Give each entity a sentence in every language, and near-misses for what is guarded."""
    for entity in entities.values():
        tests = entity["tests"]
        tests["match"] += [_sentence(language, names[0]) for language, names in entity["aliases"].items()]
        for language, alias in _aliases(entity):
            if "needs" in alias:
                tests["match"].append(_sentence(language, alias))
                tests["ignore"].append(_SENTENCES[language].format(alias["text"]))
        tests["ignore"] += _near_misses(entity)
        for kind in ("match", "ignore"):
            tests[kind] = list(dict.fromkeys(tests[kind]))


def _sentence(language: str, alias: Mapping[str, str]) -> str:
    text = _SENTENCES[language].format(alias["text"])
    return f"{text}{_context(alias)}"


def _context(alias: Mapping[str, str]) -> str:
    """Return the first words that an alias needs, in brackets; nothing when it needs none."""
    needed = re.split(r"\s+OR\s+", alias.get("needs", ""))[0].strip("\"'*")
    return f" ({needed})" if needed else ""


def _near_misses(entity: Entity) -> Iterator[str]:
    """Yield the longer names in ``except`` by themselves, and names in the case that makes them another word."""
    for text in entity["except"]:
        yield f"— {text} —"
    loose = {fold_key(alias["text"]) for _, alias in _aliases(entity) if alias.get("case") != "exact"}
    for _, alias in _aliases(entity):
        other = alias["text"].lower() if alias["text"] != alias["text"].lower() else alias["text"].capitalize()
        if alias.get("case") == "exact" and fold_key(alias["text"]) not in loose:
            yield f"— {other} —{_context(alias)}"


def _aliases(entity: Entity) -> Iterator[tuple[str, dict[str, str]]]:
    for language, aliases in entity["aliases"].items():
        for alias in aliases:
            yield language, alias
