"""Generates ``countries.yaml`` and ``capitals.yaml`` from CLDR; run as ``python -m alerts.packs.build``.

Names come from CLDR through Babel (a development dependency); what CLDR does not have, such as adjectives, short
forms and guards for ambiguous names, stands in ``by_hand/``. The result is committed, so that a running Tocsin needs
no Babel; a test generates it anew and compares. Beyond joining the two, the builder derives what can be derived:
Russian and German case forms (``alerts.packs.russian``, ``alerts.packs.german``), ``except`` for names inside longer
names of other countries, and tests.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babel import Locale
from babel.core import get_global

from alerts.packs import german, read_texts
from alerts.packs.derive import add_tests, except_longer_names, fold_key, shared_names
from alerts.packs.russian import case_forms, spelled_out
from alerts.packs.writing import written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

LOCALES = {  # our language codes, and the locales of CLDR that are read for each
    "en": ("en",),
    "fr": ("fr",),
    "de": ("de",),
    "es": ("es",),
    "ru": ("ru",),
    "ja": ("ja",),
    "zh-Hans": ("zh_Hans",),
    "zh-Hant": ("zh_Hant", "zh_Hant_HK"),
    "ko": ("ko",),
    "it": ("it",),
    "pt": ("pt",),
    "id": ("id",),
    "th": ("th",),
}
THAI_LEAST = 5  # letters: Thai is searched as a substring, and short names stand inside other words
_BY_HAND = Path(__file__).parent / "by_hand"
_NO_COUNTRIES = {"001", "ZZ"}  # the world, and nowhere
_NO_ZONE = {"BV", "HM", "XK"}  # nobody lives there; Kosovo has no code of its own in ISO 3166-1

Alias = dict[str, str]
Entity = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ByHand:
    """What one file in ``by_hand/`` says, by ISO code."""

    ids: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    territories: str = ""
    without_cldr: tuple[str, ...] = ()
    zones: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, Mapping[str, list[str | Alias]]] = field(default_factory=dict)
    drop: Mapping[str, list[str]] = field(default_factory=dict)
    guards: Mapping[str, Mapping[str, Alias]] = field(default_factory=dict)
    except_: Mapping[str, list[str]] = field(default_factory=dict)
    match: Mapping[str, list[str]] = field(default_factory=dict)
    ignore: Mapping[str, list[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, name: str) -> ByHand:
        """Read one of the files; raises TypeError for a key that is not known."""
        data = read_texts(_BY_HAND / f"{name}.yaml")
        return cls(**{("except_" if key == "except" else key): value for key, value in data.items()})


def country_codes() -> tuple[str, ...]:
    """Return the codes of ISO 3166-1 and XK, in alphabetical order."""
    return tuple(sorted((set(get_global("territory_zones")) | _NO_ZONE) - _NO_COUNTRIES))


def countries() -> dict[str, Entity]:
    """Return every country by the name of its entity."""
    hand = ByHand.read("countries")
    territories = set(hand.territories.split())
    entities: dict[str, Entity] = {}
    for code in country_codes():
        english = Locale.parse("en").territories[code]
        label = hand.labels.get(code, english)
        kind = "territory" if code in territories else "country"
        entities[hand.ids.get(code) or _identifier(label)] = _entity(
            code, label, kind, _country_names(code, hand), hand
        )
    return entities


def capitals() -> dict[str, Entity]:
    """Return the capitals by the names of their entities; one called like its country is left to the country."""
    hand = ByHand.read("capitals")
    of_country = {facts["note"]: facts for facts in countries().values()}
    entities: dict[str, Entity] = {}
    for code in sorted(hand.zones.keys() | hand.names.keys()):
        taken = {fold_key(alias["text"]) for _, alias in aliases_of(of_country[f"ISO 3166-1: {code}"])}
        names = _without(_capital_names(code, hand), taken)
        if not names.get("en"):
            continue
        label = names["en"][0]["text"]
        capital = _entity(code, label, "capital", names, hand)
        capital["note"] = f"the capital of {of_country[f'ISO 3166-1: {code}']['label']}"
        entities[hand.ids.get(code) or _identifier(label)] = capital
    return entities


def aliases_of(entity: Entity) -> Iterator[tuple[str, Alias]]:
    """Yield every alias with its language."""
    for language, aliases in entity["aliases"].items():
        for alias in aliases:
            yield language, alias


def texts() -> dict[str, str]:
    """Return the generated files by name; raises ValueError when two entities share a name without a guard."""
    packs = {"countries": countries(), "capitals": capitals()}
    together = {**packs["countries"], **packs["capitals"]}
    except_longer_names(together)
    if clashes := shared_names(together):
        raise ValueError("names without a guard belong to two entities:\n" + "\n".join(clashes))
    add_tests(together)
    return {f"{name}.yaml": written(name, entities) for name, entities in packs.items()}


def main() -> None:
    """Write the files beside this module."""
    for name, text in texts().items():
        Path(__file__).with_name(name).write_text(text, encoding="utf-8")


def _entity(code: str, label: str, kind: str, names: dict[str, list[Alias]], hand: ByHand) -> Entity:
    guards = {
        fold_key(form): guard
        for text, guard in reversed(list(hand.guards.get(code, {}).items()))
        for form in (*case_forms(text), *german.case_forms(text))
    }
    aliases = {
        language: [{**guards.get(fold_key(alias["text"]), {}), **alias} for alias in entries]
        for language, entries in names.items()
        if entries
    }
    return {
        "label": label,
        "type": kind,
        "note": f"ISO 3166-1: {code}",
        "aliases": aliases,
        "except": list(hand.except_.get(code, ())),
        "tests": {"match": list(hand.match.get(code, ())), "ignore": list(hand.ignore.get(code, ()))},
    }


def _country_names(code: str, hand: ByHand) -> dict[str, list[Alias]]:
    cldr = (
        {}
        if code in hand.without_cldr
        else {
            language: [
                name
                for locale in locales
                for name in spellings(Locale.parse(locale).territories.get(code, ""), language)
            ]
            for language, locales in LOCALES.items()
        }
    )
    return _joined(_kept(cldr, code, hand), hand.names.get(code, {}))


def _capital_names(code: str, hand: ByHand) -> dict[str, list[Alias]]:
    zone = hand.zones.get(code)
    cldr: dict[str, list[str]] = {}
    for language, locales in LOCALES.items() if zone else ():
        places = [Locale.parse(locale).time_zones.get(zone, {}).get("city") for locale in locales]
        latin = language in {"en", "fr", "de", "es", "it", "pt", "id"}
        default = zone.rpartition("/")[2].replace("_", " ") if latin and zone else ""
        cldr[language] = [name for place in places for name in spellings(place or default, language)]
    return _joined(_kept(cldr, code, hand), hand.names.get(code, {}))


def _kept(cldr: Mapping[str, list[str]], code: str, hand: ByHand) -> dict[str, list[str]]:
    dropped = set(hand.drop.get(code, ()))
    return {language: [name for name in names if name not in dropped] for language, names in cldr.items()}


def _joined(cldr: Mapping[str, Iterable[str]], by_hand: Mapping[str, list[str | Alias]]) -> dict[str, list[Alias]]:
    names: dict[str, list[Alias]] = {}
    for language in LOCALES:
        entries = [*cldr.get(language, ()), *by_hand.get(language, ())]
        aliases = [{"text": entry} if isinstance(entry, str) else entry for entry in entries]
        if language == "de":
            aliases = [{**alias, "text": form} for alias in aliases for form in german.case_forms(alias["text"])]
        names[language] = list({(alias["text"], alias.get("case")): alias for alias in reversed(aliases)}.values())[
            ::-1
        ]
    return names


def _without(names: dict[str, list[Alias]], taken: set[str]) -> dict[str, list[Alias]]:
    return {
        language: [alias for alias in aliases if fold_key(alias["text"]) not in taken]
        for language, aliases in names.items()
    }


def spellings(name: str, language: str) -> list[str]:
    """Return how texts write a name of CLDR: without brackets, with "and" for "&", in the cases of Russian."""
    plain = re.sub(r"\s*[(\uff08].*?[)\uff09]", "", name).replace("\u2009", " ").strip()
    if not plain or (language == "th" and len(plain) < THAI_LEAST):
        return []
    forms = [plain]
    if language == "en":
        forms = [form for part in forms for form in (part.replace("&", "and"), part)]
        forms = [form for part in forms for form in (part, re.sub(r"^St\. ", "Saint ", part))]
    if language == "ru":
        forms = case_forms(spelled_out(plain))
    return list(dict.fromkeys(forms))


def _identifier(label: str) -> str:
    letters = label.replace("&", "and").replace("\u2019", "").casefold()
    return re.sub(r"[^a-z0-9]+", "_", fold_key(letters)).strip("_")


if __name__ == "__main__":
    main()
