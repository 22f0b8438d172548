"""Made-up news in five languages and rules for it, the same on every machine; no word of it was written by anybody.

The measures are those of real news and of a real newsroom's rules: about 620 words a story, words by Zipf's law,
names that come again within a story, curly quotes in most English stories, one letter in thirty accented in French.
"""

# ruff: noqa: RUF001  the letters that look like Latin ones are of other alphabets, and meant

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING

from alerts.errors import Place
from alerts.rules.spec import AliasSpec, EntitySpec, RuleSpec, Text
from alerts.story import Outlet, Story

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DRAWN = 370_000  # terms, so many that 100,000 rules use some 180,000 different ones, and 1,000 about 3,800
VOCABULARY = 30_000  # words of a language
NAMES = 40_000  # of a language
NAMED = 0.75  # of the terms are such names, few of which any story holds; the others are words from a story

OUTLET = Outlet(id="bench", name="Bench", host="bench.example")
SEEN = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)

_ENGLISH = "the of to and in a is that for it on was as with at by from be said has have an are not its they who"
_FRENCH = "de la le les et des en à que un du une dans pour qui est sur au pas il par plus avec sont été où même"
_RUSSIAN = "в и на что с не по он из за для это как к от его о был но у до также после года а же"
_JAPANESE = "の に は を が と で した て も から する こと として れた など ある より この という"
_CHINESE = "的 在 了 和 是 有 中 将 对 与 为 不 也 这 他 并 到 我们 表示 可以"


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """How the texts of one language are put together."""

    code: str
    share: float  # of all stories
    words: int  # of a story, about
    common: str  # its commonest words, the commonest first
    syllables: tuple[str, str, str]  # what a syllable begins with, goes on with and ends in (_: nothing)
    lengths: tuple[int, ...] = (1, 2, 2, 3, 3, 4)  # of a word, in syllables
    capitals: bool = True
    gap: str = " "
    comma: str = ","
    stop: str = "."
    quotes: str = "“”"
    joined: tuple[str, ...] = ("’s", "-", "’")  # what may follow a word without a blank


LANGUAGES = (
    Language(
        code="en",
        share=0.58,
        words=630,
        common=_ENGLISH,
        syllables=("b c d f g h l m n p r s t v w st tr pr ch sh", "a e i o u e a ea ou", "_ _ _ n r s t l d ng nt st"),
    ),
    Language(
        code="fr",
        share=0.30,
        words=620,
        common=_FRENCH,
        syllables=(
            "b c d f g l m n p r s t v pl tr ch qu",
            "a e i o u a e i o u ou ai eau é è ê",
            "_ _ _ n r s t l nt x",
        ),
        quotes="«»",
        joined=("-", "’"),
    ),
    Language(
        code="ru",
        share=0.04,
        words=460,
        common=_RUSSIAN,
        syllables=("б в г д ж з к л м н п р с т ф х ч ст пр", "а е и о у ы я ю", "_ _ н р с т л й в м ть"),
        quotes="«»",
        joined=("-",),
    ),
    Language(
        code="ja",
        share=0.04,
        words=560,
        common=_JAPANESE,
        syllables=("日国会社政府経済産業安全保障協定輸出規制資源海外交渉首相大臣発表検討計画関係者強化", "", ""),
        lengths=(2, 2, 2, 3, 4),
        capitals=False,
        gap="",
        comma="、",
        stop="。",
        quotes="「」",
        joined=("・",),
    ),
    Language(
        code="zh",
        share=0.04,
        words=480,
        common=_CHINESE,
        syllables=("中国经济产业安全保障协定出口管制资源海外谈判总统部长发布研究计划关系强化稀土矿企业", "", ""),
        lengths=(1, 2, 2, 2, 3),
        capitals=False,
        gap="",
        comma="，",
        stop="。",
        joined=(),
    ),
)
_KATAKANA = "アイウエオカキクケコサシスセソタチツテトナニヌネノマミムメモラリルレロガギグダドバビブパピプン"


class Writer:
    """Writes stories of one language."""

    def __init__(self, language: Language, seed: int) -> None:
        self._language = language
        self._random = Random(f"{language.code} {seed}")
        common = language.common.split()
        made_up = {self._word(): self._random.gauss(0, 2.5) for _ in range(VOCABULARY)}
        shorter_first = sorted(made_up, key=lambda word: len(word) + made_up[word])
        self.words = tuple(dict.fromkeys([*common, *shorter_first]))
        self._weights = _zipf(len(self.words))
        self.names = tuple(self._name() for _ in range(NAMES))
        self._name_weights = _zipf(NAMES)

    def story(self, number: int) -> Story:
        """Write a story."""
        length = max(40, round(self._random.gauss(self._language.words, self._language.words / 4)))
        topics = self._random.choices(self.names, cum_weights=self._name_weights, k=8)
        words = self._random.choices(self.words, cum_weights=self._weights, k=length)
        sentences = list(self._sentences(words, topics))
        paragraphs = [sentences[start : start + 2] for start in range(1, len(sentences), 2)]
        text = "\n\n".join(map(self._language.gap.join, paragraphs))
        if self._language.code == "en" and number % 2:
            text = text.translate({ord("“"): '"', ord("”"): '"', ord("’"): "'"})
        title = " ".join(sentences[0].split()[:9]).rstrip(self._language.stop)
        return Story(id=number, outlet=OUTLET, url=None, title=title, text=text, seen=SEEN)

    def _sentences(self, words: list[str], topics: list[str]) -> Iterator[str]:
        """Part words into sentences of about 22."""
        start = 0
        while start < len(words):
            end = start + self._random.randrange(12, 33)
            sentence = self._language.gap.join(self._dressed(word, topics) for word in words[start:end])
            sentence = sentence[0].upper() + sentence[1:].rstrip(f"{self._language.comma}-’・")
            opening, closing = tuple(self._language.quotes)
            yield (
                f"{opening}{sentence}{self._language.stop}{closing}"
                if self._random.random() < 0.17
                else (f"{sentence}{self._language.stop}")
            )
            start = end

    def _dressed(self, word: str, topics: list[str]) -> str:
        """Return a word, or a name or a number in its place, with the sign that may follow it."""
        chance = self._random.random()
        if chance < 0.045:
            return self._random.choice(topics)
        if chance < 0.06:
            return self._random.choice(("2026", "1,200", "3.5", "40", "U.S.", "Mr. " + topics[0], "10:30"))
        if chance < 0.10:
            return word + self._language.comma
        if chance < 0.12 and self._language.joined:
            return word + self._random.choice(self._language.joined)
        return word

    def _word(self) -> str:
        kinds = [kind.split() if " " in kind else list(kind) for kind in self._language.syllables if kind]
        length = self._random.choice(self._language.lengths)
        return "".join(self._random.choice(kind) for _ in range(length) for kind in kinds).replace("_", "")

    def _name(self) -> str:
        """Make up a name of two or three words, a run of Katakana for half of the Japanese ones."""
        if self._language.code == "ja" and self._random.random() < 0.5:
            return "".join(self._random.choices(_KATAKANA, k=self._random.randrange(3, 8)))
        parts = [self._word() for _ in range(self._random.choice((2, 2, 2, 3)))]
        return self._language.gap.join(part.title() if self._language.capitals else part for part in parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """So many rules, and the share of second groups that are one common word: it decides the hits of a story."""

    rules: int
    common: float


SCALES = (
    Scale(rules=100, common=0.45),
    Scale(rules=1_000, common=0.15),
    Scale(rules=10_000, common=0.2),
    Scale(rules=100_000, common=0.3),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What one rule looks for: a term of every group, and none of ``never``."""

    groups: tuple[tuple[str, ...], ...]
    is_near: bool = False  # the groups stand at most 10 words apart
    never: str | None = None


@dataclass(frozen=True, slots=True)
class Corpus:
    """Stories, and the terms that rules look for in them."""

    stories: tuple[Story, ...]
    terms: tuple[str, ...]  # most of them in no story
    common: tuple[str, ...]  # short words, of which a story holds some


def write(stories: int, seed: int = 1) -> Corpus:
    """Write so many stories, and find terms for rules."""
    random = Random(seed)
    writers = [Writer(language, seed) for language in LANGUAGES]
    chosen = random.choices(writers, [language.share for language in LANGUAGES], k=stories)
    written = tuple(writer.story(number) for number, writer in enumerate(chosen))
    terms = dict.fromkeys(_term(written, writers, random) for _ in range(DRAWN))
    common = [word for writer in writers[:2] for word in writer.words[30:3_000] if len(word) in {3, 4}]
    return Corpus(written, tuple(terms), tuple(common))


def _term(stories: Sequence[Story], writers: Sequence[Writer], random: Random) -> str:
    """Return a name, written of or not, or words that stand side by side in a story."""
    if random.random() < NAMED:
        return random.choice(random.choice(writers).names)
    text = random.choice(stories).text
    words = re.findall(r"\w{3,}", text[random.randrange(len(text)) :][:60])[1:-1]
    words = [word[:5] if word > "\u3000" else word for word in words[: random.choice((2, 2, 3))]]
    return " ".join(words) or _term(stories, writers, random)


def wishes(corpus: Corpus, scale: Scale) -> tuple[Wish, ...]:
    """Return rules in this mix: 45 % one entity, 25 % AND, 20 % NEAR/10, 10 % AND with NOT."""
    random = Random(scale.rules)

    def group() -> tuple[str, ...]:
        return tuple(random.choice(corpus.terms) for _ in range(random.randrange(1, 5)))

    def wish() -> Wish:
        first, chance = group(), random.random()
        if chance < 0.45:
            return Wish(groups=(first,))
        groups = first, (random.choice(corpus.common),) if random.random() < scale.common else group()
        never = random.choice(corpus.common) if chance >= 0.90 else None
        return Wish(groups=groups, is_near=0.70 <= chance < 0.90, never=never)

    return tuple(wish() for _ in range(scale.rules))


def specs(wanted: Sequence[Wish]) -> tuple[tuple[EntitySpec, ...], tuple[RuleSpec, ...]]:
    """Write wishes as an analyst would: a single group as an entity with its aliases, the others as a query."""
    entities: list[EntitySpec] = []
    rules: list[RuleSpec] = []
    for number, wish in enumerate(wanted):
        if len(wish.groups) == 1:
            aliases = {"": tuple(AliasSpec(text=_text(term, number)) for term in wish.groups[0])}
            entities.append(EntitySpec(id=_text(f"e{number}", number), label=f"Entity {number}", aliases=aliases))
            when = f"$e{number}"
        else:
            when = (" NEAR/10 " if wish.is_near else " AND ").join(
                f"({', '.join(map(_quoted, group))})" for group in wish.groups
            )
            when += f' NOT "{wish.never}"' if wish.never else ""
        rules.append(RuleSpec(id=_text(f"r{number}", number), name=f"Rule {number}", when=_text(when, number)))
    return tuple(entities), tuple(rules)


def _quoted(term: str) -> str:
    return f'"{term}"'


def _text(value: str, line: int) -> Text:
    return Text(value, ((0, Place("bench.yaml", line, 1)),))


def _zipf(size: int) -> list[float]:
    """Return cumulative weights by the law of Zipf and Mandelbrot."""
    return list(accumulate(1 / (rank + 2.7) for rank in range(size)))
