"""The engine against an oracle that knows how its stories are built, and evaluates by the book."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import pairwise, product
from typing import TYPE_CHECKING, Literal

from hypothesis import given
from hypothesis import strategies as st

from alerts.rules.fold import MARK, fold
from alerts.rules.nodes import (
    And,
    AtLeast,
    Distinct,
    Name,
    Near,
    Not,
    Or,
    Passage,
    Phrase,
    Scope,
    Scoped,
    Together,
)
from alerts.rules.printing import print_query
from alerts.rules.ruleset import compile_rules
from tests.alerts.rules.specs import alias, entity, rule, term_list
from tests.fakes import story

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from alerts.rules.nodes import Node

# What stands in a story, with the words that it counts as, each as the oracle compares it.
WORDS: dict[str, tuple[str, ...]] = {
    "Japan": ("japan",),
    "Ｊａｐａｎ": ("japan",),
    "ja\u00adpan": ("japan",),
    "JAPAN": ("japan",),
    "japans": ("japans",),
    "Tokyo": ("tokyo",),
    "rare": ("rare",),
    "earth": ("earth",),
    "rare-earth": ("rare", "earth"),
    "rare\u2011earths": ("rare", "earths"),
    "earthquake": ("earthquake",),
    "signed": ("signed",),
    "signature": ("signature",),
    "Sign": ("sign",),
    "RAA": ("raa",),
    "raa": ("raa",),
    "Nouméa": ("noumea",),
    "Noumea": ("noumea",),
    "日本": ("日", "本"),
    "本日": ("本", "日"),
    "レアアース": ("レアアース",),
    "ﾚｱｱｰｽ": ("レアアース",),
    "アース": ("アース",),
    "と": ("と",),
    "AT&T": ("at", "t"),
    "at": ("at",),
    "t": ("t",),
    "C++": ("c",),
    "Tour": ("tour",),
    "de": ("de",),
    "France": ("france",),
    "filler": ("filler",),
    "stuff": ("stuff",),
}


@dataclass(frozen=True)
class Word:
    """A word of a story: how it is compared, what it is part of, and where it stands."""

    text: str
    written: str  # the whole piece
    field: str
    paragraph: int
    sentence: int
    number: int


Sentence = tuple[str, ...]
Paragraphs = tuple[tuple[Sentence, ...], ...]
SENTENCES = st.lists(st.sampled_from(list(WORDS)), min_size=1, max_size=9).map(tuple)
PARAGRAPHS = st.lists(st.lists(SENTENCES, min_size=1, max_size=3).map(tuple), min_size=1, max_size=3).map(tuple)


def written(sentences: Iterable[Sentence]) -> str:
    return " ".join(f"Then {' '.join(sentence)} stuff." for sentence in sentences)  # no "t." that were an initial


def words_of(paragraphs: Paragraphs, field: str) -> list[Word]:
    words: list[Word] = []
    sentence = 0
    for number, paragraph in enumerate(paragraphs):
        for pieces in paragraph:
            sentence += 1
            for piece in ("Then", *pieces, "stuff"):
                for word in WORDS.get(piece, ("then",)):
                    words.append(Word(word, unicodedata.normalize("NFC", piece), field, number, sentence, len(words)))
    return words


Mention = tuple[Word, ...]
# Each term, and whether words side by side in one sentence are it.
TERMS: dict[Phrase, tuple[int, Callable[[Mention], bool]]] = {
    Phrase(text="japan"): (1, lambda words: words[0].text in {"japan", "japans"}),
    Phrase(text="tokyo"): (1, lambda words: words[0].text == "tokyo"),
    Phrase(text="Rare Earth"): (
        2,
        lambda words: words[0].text == "rare" and words[1].text in {"earth", "earths"},
    ),
    Phrase(text="sign*"): (1, lambda words: words[0].text.startswith("sign")),
    Phrase(text="rar? ear*"): (2, lambda words: words[0].text == "rare" and words[1].text.startswith("ear")),
    Phrase(text="RAA", exact=True): (1, lambda words: words[0].written == "RAA"),
    Phrase(text="Nouméa", exact=True): (1, lambda words: words[0].written == "Nouméa"),
    Phrase(text="noumea"): (1, lambda words: words[0].text == "noumea"),
    Phrase(text="日本"): (2, lambda words: (words[0].text, words[1].text) == ("日", "本")),
    Phrase(text="レアアース"): (1, lambda words: words[0].text == "レアアース"),
    Phrase(text="アース"): (1, lambda words: words[0].text == "アース"),
    Phrase(text="AT&T"): (  # "AT&T AT&T" holds no third one in the middle
        2,
        lambda words: words[0].written == words[1].written == "AT&T" and words[0].text == "at",
    ),
    Phrase(text="C++", exact=True): (1, lambda words: words[0].written == "C++"),
    Phrase(text="tour de france"): (3, lambda words: [word.text for word in words] == ["tour", "de", "france"]),
}
FRANCE = Phrase(text="france")
FRANCES = {FRANCE: (1, lambda words: words[0].text == "france")}
MINERALS = (Phrase(text="Rare Earth"), Phrase(text="レアアース"), Phrase(text="sign*"))
ENTITIES = (
    entity("japan", "japan", "tokyo", "日本"),
    entity("france", "france", except_=("Tour de France",)),
    entity("raa", alias("RAA", case="exact", needs="japan", within="sentence")),
    entity("raa_near", alias("RAA", case="exact", needs="japan OR tokyo", within=4)),
)
LISTS = (term_list("minerals", *(phrase.text for phrase in MINERALS)),)


class Oracle:
    """A story taken word by word."""

    def __init__(self, title: Paragraphs, text: Paragraphs) -> None:
        self.words = [*words_of(title, "title"), *words_of(text, "text")]
        self.text = text

    def mentions(self, phrase: Phrase) -> list[Mention]:
        size, test = (TERMS | FRANCES)[phrase]
        windows = (tuple(self.words[at : at + size]) for at in range(len(self.words) - size + 1))
        joined = (window for window in windows if all(same_sentence(*pair) for pair in pairwise(window)))
        return [window for window in joined if test(window)]

    def found(self, tree: Node, field: str | None = None) -> list[Mention]:
        """Return the mentions of what stands at places."""
        match tree:
            case Phrase():
                return [mention for mention in self.mentions(tree) if field in {None, mention[0].field}]
            case Name(name=name):
                return [mention for mention in self.named(name) if field in {None, mention[0].field}]
            case Or(parts=parts):
                return [mention for part in parts for mention in self.found(part, field)]
            case Near(left=left, right=right):
                return self.near(tree, self.found(left, field), self.found(right, field))
            case Together(left=left, right=right, passage=passage, negated=negated):
                same = same_sentence if passage is Passage.SENTENCE else same_paragraph
                return beside(self.found(left, field), self.found(right, field), lambda a, b: same(a[0], b[0]), negated)
        raise AssertionError(tree)

    def named(self, name: str) -> list[Mention]:
        japan = [*self.mentions(Phrase(text="japan")), *self.mentions(Phrase(text="tokyo"))]
        raa = self.mentions(Phrase(text="RAA", exact=True))
        match name:
            case "japan":
                return [*japan, *self.mentions(Phrase(text="日本"))]
            case "france":
                tours = self.mentions(Phrase(text="tour de france"))
                return [one for one in self.mentions(FRANCE) if not any(one[0] in tour for tour in tours)]
            case "raa":
                needed = self.mentions(Phrase(text="japan"))
                return [one for one in raa if any(same_sentence(one[0], other[0]) for other in needed)]
            case "raa_near":
                return [one for one in raa if any(0 < distance(one, other) <= 4 for other in japan)]
            case _:
                return [mention for phrase in MINERALS for mention in self.mentions(phrase)]

    def near(self, tree: Near, left: list[Mention], right: list[Mention]) -> list[Mention]:
        def close(a: Mention, b: Mention) -> bool:
            if set(a) & set(b):
                return tree.negated
            return distance(a, b) <= tree.distance and (a[0].number < b[0].number or not tree.ordered)

        return beside(left, right, close, tree.negated)

    def holds(self, tree: Node, field: str | None = None) -> bool:  # noqa: PLR0911  a kind of node, a line
        match tree:
            case Scoped(field=scope, part=part):
                return self.holds(part, "title" if scope is Scope.TITLE else "text")
            case And(parts=parts):
                return all(self.holds(part, field) for part in parts)
            case Or(parts=parts):
                return any(self.holds(part, field) for part in parts)
            case Not(part=part):
                return not self.holds(part, field)
            case AtLeast(count=count, part=part):
                return self.count(self.found(part, field)) >= count
            case Distinct(count=count, part=Or(parts=parts)):
                return sum(bool(self.found(part, field)) for part in members(parts)) >= count
            case Distinct(count=count):
                return sum(bool(self.found(phrase, field)) for phrase in MINERALS) >= count
            case _:
                return bool(self.found(tree, field))

    def count(self, mentions: list[Mention]) -> int:
        """Count places: mentions that share a word are one, and a repeated paragraph says nothing new."""
        fresh = [mention for mention in mentions if not self.is_repeated(mention[0])]
        groups: list[set[Word]] = []
        for mention in sorted(set(fresh), key=lambda words: (words[0].field == "text", words[0].number, len(words))):
            if groups and groups[-1] & set(mention):
                groups[-1] |= set(mention)
            else:
                groups.append(set(mention))
        return len(groups)

    def is_repeated(self, word: Word) -> bool:
        if word.field == "title":
            return False
        same = [[words_of(((sentence,),), "") for sentence in paragraph] for paragraph in self.text]
        plain = [[[word.text for word in sentence] for sentence in paragraph] for paragraph in same]
        return plain[word.paragraph] in plain[: word.paragraph]


def members(parts: tuple[Node, ...]) -> set[Node]:
    """Return what DISTINCT counts in a group: a list stands for its terms."""
    minerals = Name(name="minerals")
    return {*parts, *(MINERALS if minerals in parts else ())} - {minerals}


def beside(
    left: list[Mention], right: list[Mention], close: Callable[[Mention, Mention], bool], negated: bool
) -> list[Mention]:
    if negated:
        return [a for a in left if not any(close(a, b) for b in right)]
    pairs = [(a, b) for a, b in product(left, right) if close(a, b)]
    return [mention for pair in pairs for mention in pair]


def distance(a: Mention, b: Mention) -> int:
    if a[0].field != b[0].field:
        return 1_000_000
    return max(b[0].number - a[-1].number, a[0].number - b[-1].number)


def same_sentence(a: Word, b: Word) -> bool:
    return (a.field, a.sentence) == (b.field, b.sentence)


def same_paragraph(a: Word, b: Word) -> bool:
    return (a.field, a.paragraph) == (b.field, b.paragraph)


LEAVES: st.SearchStrategy[Node] = st.one_of(
    st.sampled_from(list(TERMS)),
    st.sampled_from(["japan", "france", "raa", "raa_near", "minerals"]).map(lambda name: Name(name=name)),
)


def several(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[tuple[Node, ...]]:
    return st.lists(parts, min_size=2, max_size=3).map(tuple)


def pairs_of(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.one_of(
        st.builds(
            lambda left, right, distance, ordered, negated: Near(
                left=left, right=right, distance=distance, ordered=ordered, negated=negated
            ),
            parts, parts, st.integers(1, 8), st.booleans(), st.booleans(),
        ),
        st.builds(
            lambda left, right, passage, negated: Together(left=left, right=right, passage=passage, negated=negated),
            parts, parts, st.sampled_from(Passage), st.booleans(),
        ),
        several(parts).map(lambda some: Or(parts=some)),
    )  # fmt: skip


PLACED = st.recursive(LEAVES, pairs_of, max_leaves=4)
COUNTED: st.SearchStrategy[Node] = st.one_of(
    st.builds(lambda part, count: AtLeast(count=count, part=part), PLACED, st.integers(1, 4)),
    several(PLACED).filter(lambda some: len(set(some)) > 1).map(lambda some: Distinct(count=2, part=Or(parts=some))),
    st.just(Distinct(count=2, part=Name(name="minerals"))),
)
CLAUSES: st.SearchStrategy[Node] = st.one_of(
    PLACED,
    COUNTED,
    st.builds(lambda part, scope: Scoped(field=scope, part=part), PLACED, st.sampled_from([Scope.TITLE, Scope.BODY])),
)
QUERIES = st.recursive(
    CLAUSES,
    lambda parts: st.one_of(
        parts.map(lambda part: Not(part=part)),
        several(parts).map(lambda some: And(parts=some)),
        several(parts).map(lambda some: Or(parts=some)),
    ),
    max_leaves=4,
).filter(lambda tree: not Oracle((), ()).holds(tree))


@given(
    queries=st.lists(QUERIES, min_size=1, max_size=5),
    title=SENTENCES.map(lambda sentence: ((sentence,),)),
    text=PARAGRAPHS,
    form=st.sampled_from(["NFC", "NFD"]),
)
def test_the_engine_agrees_with_the_oracle(
    queries: list[Node], title: Paragraphs, text: Paragraphs, form: Literal["NFC", "NFD"]
) -> None:
    told = story(
        unicodedata.normalize(form, written(title[0])),
        unicodedata.normalize(form, "\n\n".join(map(written, text))),
    )
    specs = [rule(print_query(tree), str(number)) for number, tree in enumerate(queries)]
    ruleset = compile_rules(ENTITIES, specs, LISTS)[0]
    oracle = Oracle(title, text)
    expected = [str(number) for number, tree in enumerate(queries) if oracle.holds(tree)]
    assert [match.rule for match in ruleset.match(told)] == expected
    assert [held.id for held in ruleset.holding(told)] == expected


@given(tree=PLACED, title=SENTENCES.map(lambda sentence: ((sentence,),)), text=PARAGRAPHS)
def test_the_highlights_are_the_mentions(tree: Node, title: Paragraphs, text: Paragraphs) -> None:
    told = story(written(title[0]), "\n\n".join(map(written, text)))
    found = compile_rules(ENTITIES, [rule(print_query(tree))], LISTS)[0].match(told)
    shown = [span.of(told) for match in found for span in match.spans]
    oracle = Oracle(title, text)
    words = sorted({word for mention in oracle.found(tree) for word in mention}, key=oracle.words.index)
    assert [token for piece in shown for token in fold(piece).split() if token != MARK] == [word.text for word in words]
