"""How near a part of a query came to a story for which it does not hold, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.rules.evaluate import AnyOf, Nearby, Often, Several, Shared
from alerts.rules.facts import said_of
from alerts.rules.fold import MARK
from alerts.rules.nodes import LABELS, Passage, Phrase, Scope
from alerts.rules.parts import Checked, Fact, Found, Group, Guarded, Pattern
from alerts.rules.printing import print_query
from alerts.rules.terms import has_wildcard, tokens_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.rules.parts import Part
    from alerts.rules.proximity import Hit
    from alerts.rules.scan import Range, Scan

PIECES = "of its words there is only"  # how the reason begins for a phrase that is not near at all

_SHOWN = 8  # words found that a reason repeats
_FIELDS = ("in the title", "in the text", *(f"in the {label}" for label in sorted(LABELS)))


def reason_of_miss(part: Part, scan: Scan, scope: Range | None) -> str | None:
    """Say why a part does not hold within a range; None when there is no more to say than that nothing was found."""
    match part:
        case Nearby() | Shared():
            return _reason_of_pair(part, scan, scope)
        case Often():
            mentions = part.mentions(scan, part.parts[0].hits(scan, scope) or ())
            return f"ATLEAST/{part.count} failed: found {mentions}"
        case Several():
            members = sum(bool(member.hits(scan, scope)) for member in part.parts)
            return f"DISTINCT/{part.count} failed: found {members}"
        case Fact() | AnyOf(parts=(Fact(), *_)):
            fact = part if isinstance(part, Fact) else part.parts[0]
            return said_of(scan.story, fact.field) if isinstance(fact, Fact) else None
        case _:
            return reason_of_term(part, scan, scope)


def reason_of_term(  # noqa: PLR0911  a kind of part, a line
    part: Part, scan: Scan, scope: Range | None
) -> str | None:
    """Say the same of a term or a name."""
    if not isinstance(part, Found | Checked | Pattern | Group | Guarded):
        return None
    if elsewhere := part.hits(scan, scan.everywhere):
        return _reason_of_field(elsewhere, scan, scope)
    match part:
        case Found(source=Phrase(text=text)):
            return _reason_of_phrase(text, scan)
        case Checked():
            hits = [hit for number, _ in part.candidates for hit in scan.hits.get(number, ())]
            return f"written otherwise: {quoted(scan.words_of(hits))}" if hits else None
        case Guarded():
            return _reason_of_guard(part, scan)
        case Group() if part.mentions(scan):
            return f"every mention lies inside an exception: {quoted(scan.words_of(part.exceptions(scan)))}"
        case _:
            return None


def lacks_company(part: Part, scan: Scan) -> bool:
    """Say whether a name is there and counts for nothing: the words that it needs are not where it wants them."""
    if not isinstance(part, Guarded) or part.hits(scan, scan.everywhere):
        return False
    return bool(part.alias.hits(scan, scan.everywhere))


def quoted(words: Sequence[str]) -> str:
    """Write words of a story one after the other, as far as a line holds them."""
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return ", ".join(f"“{word}”" for word in words[:_SHOWN]) + more


def _reason_of_field(elsewhere: Sequence[Hit], scan: Scan, scope: Range | None) -> str:
    fields = sorted({scan.original(hit)[0] for hit in elsewhere})
    places = [_FIELDS[field] for field in fields]
    if fields == [1] and scope is not None and scope[0] <= scan.title_end < scope[1]:
        places = ["further down in the text"]
    return f"found only {' and '.join(places)}: {quoted(scan.words_of(elsewhere))}"


def _reason_of_phrase(text: str, scan: Scan) -> str | None:
    """Say what of a phrase the story has."""
    words = () if has_wildcard(text) else tokens_of(text)
    if len(words) < 2:  # noqa: PLR2004  a word alone is there or not
        return None
    if f" {' '.join(words)} " in scan.text.replace(f" {MARK}", ""):
        return "punctuation stands between its words"
    there = [word for word in words if f" {word} " in scan.text]
    if len(there) == len(words):
        return "its words are there, but not side by side"
    return f"{PIECES} {quoted(there)}" if any(len(word) > 1 for word in there) else None


def _reason_of_pair(pair: Nearby | Shared, scan: Scan, scope: Range | None) -> str | None:
    if any(not part.hits(scan, scope) for part in pair.parts):
        return None
    if pair.negated:
        near = f"within {pair.distance} words" if isinstance(pair, Nearby) else f"in its {_name(pair.passage)}"
        return f"{pair.sign} failed: every mention of the left side has one of the right {near}"
    return _reason_of_words(pair, scan, scope) if isinstance(pair, Nearby) else _reason_of_passages(pair, scan, scope)


def _reason_of_words(pair: Nearby, scan: Scan, scope: Range | None) -> str:
    closest = pair.closest(scan, scope, ordered=pair.ordered)
    if closest is not None:
        return f"{pair.sign} failed: closest {closest} words"
    other_way = pair.closest(scan, scope, ordered=False) if pair.ordered else None
    if other_way is not None:
        return f"{pair.sign} failed: never in this order; the other way round, closest {other_way} words"
    fields = [{scan.original(hit)[0] for hit in part.hits(scan, scope) or ()} for part in pair.parts]
    if set.intersection(*fields):
        return f"{pair.sign} failed: both are the same words"
    return f"{pair.sign} failed: never both in title or in text"


def _reason_of_passages(pair: Shared, scan: Scan, scope: Range | None) -> str:
    name = _name(pair.passage)
    left, right = (
        [(scan.original(hit)[0], scan.passage(pair.passage, hit[0])) for hit in part.hits(scan, scope) or ()]
        for part in pair.parts
    )
    apart = [abs(here - there) for field, here in left for other, there in right if field == other]
    if not apart:
        return f"{pair.sign} failed: both are there, one in the title, the other in the text"
    nearest = f"neighbouring {name}s" if min(apart) == 1 else f"{min(apart)} {name}s apart"
    return f"{pair.sign} failed: both are there, in no {name} together; the nearest are {nearest}"


def _name(passage: Passage) -> str:
    return "sentence" if passage is Passage.SENTENCE else "paragraph"


def _reason_of_guard(part: Guarded, scan: Scan) -> str | None:
    found = part.alias.hits(scan, scan.everywhere)
    if not found:
        return None
    words = quoted(scan.words_of(found))
    if part.needs is None or not part.speaks(scan):
        return f"{words} counts in {part.language} only, and {said_of(scan.story, Scope.LANG)}"
    within = part.spec.within
    place = {"story": "anywhere in the story", "paragraph": "in its paragraph", "sentence": "in its sentence"}
    where = place[within] if isinstance(within, str) else f"within {within} words"
    elsewhere = part.needs.hits(scan) if within != "story" else None
    there = f"; elsewhere there is {quoted(scan.words_of(elsewhere))}" if elsewhere else ""
    return f"{words} needs {print_query(part.needs.source)} {where}{there}"
