"""The case forms of Russian names: what a text writes where a dictionary has the nominative."""

# ruff: noqa: RUF001  Cyrillic letters are what this module is about

from __future__ import annotations

import re

_HUSHING = "гкхжчшщ"  # after these no ы is written
_VOWELS = "аеёиоуыэюя"


def case_forms(name: str) -> list[str]:
    """Return a name in its cases, nominative first; of names that this module cannot decline, only that.

    Declines single words, words whose last part after a hyphen declines (Шри-Ланка), and a feminine
    adjective with its noun (Новая Зеландия). Regular endings only, after the tables of any grammar.
    """
    if not re.match("[А-Я]", name):
        return [name]
    if found := re.fullmatch(r"(\w+)ая (\w+[ая])", name):
        adjective, noun = found.groups()
        _, genitive, dative, accusative, instrumental, *_ = _noun(noun)
        oblique = "ей" if adjective[-1] in "жчшщ" else "ой"
        return [
            name,
            f"{adjective}{oblique} {genitive}",
            f"{adjective}{oblique} {dative}",
            f"{adjective}ую {accusative}",
            f"{adjective}{oblique} {instrumental}",
        ]
    if found := re.fullmatch(r"(?:(\w+)-)?(\w+)", name):
        prefix = f"{found[1]}-" if found[1] else ""
        return list(dict.fromkeys(f"{prefix}{form}" for form in _noun(found[2])))
    return [name]


def spelled_out(name: str) -> str:
    """Return a name of islands without the abbreviation that only maps use."""
    return re.sub(r"\bо-ва\b", "острова", re.sub(r"\bо-в\b", "остров", name))


def _noun(word: str) -> list[str]:
    if word.isupper():  # США
        return [word] * 5
    if re.search(r"[иеь]я$", word):
        stem = word[:-1]
        dative = f"{stem}и" if word[-2] == "и" else f"{stem}е"
        return [word, f"{stem}и", dative, f"{stem}ю", f"{stem}ей"]
    if re.search(rf"[^{_VOWELS}]а$", word):
        return _in_a(word[:-1], word)
    if re.search(rf"[^{_VOWELS}йь]ы$", word):
        stem = word[:-1]
        return [word, stem, f"{stem}ам", word, f"{stem}ами", f"{stem}ах"]
    if word[-1] in _VOWELS:
        return [word] * 5
    return _regular(word)


def _in_a(stem: str, word: str) -> list[str]:
    genitive = f"{stem}и" if stem[-1] in _HUSHING else f"{stem}ы"
    instrumental = f"{stem}ей" if stem[-1] in "жчшщц" else f"{stem}ой"
    return [word, genitive, f"{stem}е", f"{stem}у", instrumental]


def _regular(word: str) -> list[str]:
    if word.endswith("русь"):
        return [word, f"{word[:-1]}и", f"{word[:-1]}и", word, f"{word}ю"]
    if word.endswith("пет"):  # Египет: the vowel flees
        return [word, *(f"{word[:-2]}т{ending}" for ending in ("а", "у", "ом", "е"))]
    if word[-1] in "йь":
        stem = word[:-1]
        return [word, f"{stem}я", f"{stem}ю", word, f"{stem}ем", f"{stem}е"]
    instrumental = f"{word}ем" if word[-1] in "жчшщц" else f"{word}ом"
    return [word, f"{word}а", f"{word}у", word, instrumental, f"{word}е"]
