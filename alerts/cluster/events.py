"""Event threads: which stories of one language tell of the same event, by the rare words they share."""

from __future__ import annotations

import json
import math
import zlib
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from alerts.cluster import packing
from alerts.cluster.terms import BLANK, terms
from alerts.errors import StoreError
from alerts.language_codes import primary

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

__all__ = ["ASKED", "COMMON", "FULL", "LIFE", "LIKE", "MOST", "SCHEME", "SUMMED", "TERMS", "UNIT", "WINDOW"]
__all__ += ["Frequencies", "Joining", "Meeting", "Reason", "Sketch", "Thread", "Vector", "is_near", "join", "meet"]
__all__ += ["pack", "pool", "query_terms", "terms", "unpack"]

SCHEME = "ev2"  # how terms are made and weighed; what is stored under another scheme cannot be compared
LIKE = 0.18  # mean cosine from which on a story belongs to a thread
FEWEST = 3  # terms that a story and its event have in common
WINDOW = timedelta(hours=72)  # from the thread's last story, or before its first when an older one comes late
LIFE = timedelta(days=14)  # from a thread's first story to its last
COMMON = 0.2  # of the stories: a term that more of them have is no word of an event, least of all in a young store
TERMS = 200  # of a story that are kept: the heaviest
SUMMED = 1_200  # of a thread that are kept: with as few as a story has, it seems unlike its own stories; some 13 kB
ASKED = 20  # terms of a story by which others like it are looked for: the heaviest
FULL = 20_000  # stories of a language at which all counts are halved, so that old ones fade
MOST = 50_000  # terms of a language that are counted; some 6 MB
UNIT = 10_000  # the length of a vector: weights are whole numbers, so sums of them are exact in any order

_TOLD_TWICE = 2  # stories: numbers that one alone has, as most are, would make it unlike all others
_FEW = 3  # stories that may share a term however few there are
_NAMED = 5  # terms that people are told
_KEPT = 3 / 4  # of the terms that are counted after a clearing

Vector: TypeAlias = "Mapping[str, int]"  # terms and weights, of length UNIT for a story; empty without words


class Frequencies:
    """In how many stories of one language each term stood: the store keeps one for each ``pool`` of languages.

    It grows story by story and stays bounded: the rarest terms are forgotten when there are more than ``most``,
    and all counts are halved at ``full`` stories, so that older stories count less and less.
    """

    __slots__ = ("_counts", "_full", "_most", "_stories")

    def __init__(
        self, stories: int = 0, counts: Mapping[str, int] | None = None, *, full: int = FULL, most: int = MOST
    ) -> None:
        self._stories = stories
        self._counts = dict(counts or {})
        self._full = full
        self._most = most

    @property
    def stories(self) -> int:
        """How many stories the counts stand for."""
        return self._stories

    def __len__(self) -> int:
        return len(self._counts)

    def count(self, term: str) -> int:
        """Return in how many stories a term stood, as far as remembered."""
        return self._counts.get(term, 0)

    def learn(self, found: Iterable[str]) -> None:
        """Count one story that has these terms, each given once; versions and copies of a known one do not count."""
        self._stories += 1
        counts = self._counts
        for term in found:
            counts[term] = counts.get(term, 0) + 1
        if self._stories >= self._full:
            self.halve()
        if len(self._counts) > self._most:
            self._clear()

    def halve(self) -> None:
        """Let every story count half; terms of a single story are forgotten."""
        self._stories //= 2
        self._counts = {term: count // 2 for term, count in self._counts.items() if count > 1}

    def rarity(self, term: str) -> float:
        """Return the term's inverse document frequency, 0 for one that says nothing about events.

        That is one which too many stories have, and a number with its neighbour that no other story has.
        """
        count = self.count(term)
        if count > max(_FEW, COMMON * (self._stories + 1)) or (count < _TOLD_TWICE and BLANK in term):
            return 0.0
        return max(math.log((self._stories + 1) / (count + 0.5)), 0.0)

    def vector(self, counted: Mapping[str, int]) -> Vector:
        """Weigh the terms of a story by how often they stand there and how rare they are elsewhere (tf-idf).

        ``(1 + ln tf) · ln((N + 1) / (df + ½))``, the TERMS heaviest, scaled to the length UNIT. The story itself
        should have been learnt before.
        """
        log, rarity = math.log, self.rarity
        weights = {term: (1 + log(count) if count > 1 else 1) * rarity(term) for term, count in counted.items()}
        heaviest = _heaviest(weights)
        length = math.sqrt(sum(weight * weight for weight in heaviest.values()))
        if not length:
            return {}
        rounded = {term: round(UNIT * weight / length) for term, weight in heaviest.items()}
        return {term: weight for term, weight in rounded.items() if weight}

    def pack(self) -> bytes:
        """Return it in a compact form, some 200 kB for 50,000 terms; to be stored beside SCHEME."""
        return _packed([self._stories, self._counts])

    @classmethod
    def unpack(cls, packed: bytes) -> Frequencies:
        """Return what was packed; raises StoreError for damaged bytes."""
        match _unpacked(packed):
            case [int(stories), dict(counts)]:
                return cls(stories, counts)
        raise StoreError("stored term counts are damaged: delete them, and they are learnt anew")

    def _clear(self) -> None:
        ordered = sorted(self._counts.items(), key=lambda item: (-item[1], item[0]))
        self._counts = dict(ordered[: int(self._most * _KEPT)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """What of a story decides to which thread it belongs."""

    pool: str  # of its language
    seen: datetime
    vector: Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """Stories of one event, as far as it takes to say whether another one belongs to it."""

    id: int
    pool: str  # of its stories' language
    first: datetime  # when its earliest story was seen …
    last: datetime  # … and its latest
    stories: int  # that ``total`` is the sum of
    total: Vector  # of its stories' vectors, the SUMMED heaviest

    @classmethod
    def begun(cls, number: int, sketch: Sketch) -> Thread:
        """Return a thread of one story."""
        seen = sketch.seen
        return cls(id=number, pool=sketch.pool, first=seen, last=seen, stories=1, total=sketch.vector)

    def grown(self, sketch: Sketch) -> Thread:
        """Return it with one more story; the order in which stories come makes no difference up to SUMMED terms."""
        return replace(self.touched(sketch.seen), stories=self.stories + 1, total=_sum(self.total, sketch.vector))

    def touched(self, seen: datetime) -> Thread:
        """Return it with a copy of one of its stories: it lives on, and its words weigh what they did."""
        return replace(self, first=min(self.first, seen), last=max(self.last, seen))

    def revised(self, old: Vector, new: Vector) -> Thread:
        """Return it with another vector for one of its stories, whose page came or whose text was changed."""
        return replace(self, total=_sum(self.total, {term: -weight for term, weight in old.items()}, new))

    def merged(self, other: Thread) -> Thread:
        """Return both as one, under the name of the one that began first."""
        older = min(self, other, key=lambda thread: (thread.first, thread.id))
        return replace(
            older,
            first=min(self.first, other.first),
            last=max(self.last, other.last),
            stories=self.stories + other.stories,
            total=_sum(self.total, other.total),
        )

    def nearness(self, other: Thread) -> float:
        """Return the mean cosine of its stories with those of another thread: their average link, 0 to 1."""
        product = sum([self.total[term] * other.total[term] for term in self.total.keys() & other.total.keys()])
        return min(product / (self.stories * other.stories * UNIT * UNIT), 1.0)

    def likeness(self, vector: Vector) -> float:
        """Return the mean cosine of a story with the thread's stories: their average link, 0 to 1.

        The mean of products is the product with the sum; what the sum has lost of its lightest terms only lowers it.
        """
        product = sum([vector[term] * self.total[term] for term in vector.keys() & self.total.keys()])
        return min(product / (self.stories * UNIT * UNIT), 1.0)


class Reason(StrEnum):
    """Why a story joins a thread, or begins one of its own."""

    LIKE = "like"  # it has enough in common with the thread
    UNLIKE = "unlike"  # the nearest thread is not near enough
    FEW_WORDS = "few-words"  # it is near by a word or two alone: where little is known yet, every word is rare
    NONE_NEAR = "none-near"  # no candidate is of its language and within the window
    NO_WORDS = "no-words"  # it has no words, or only such as nearly all stories have


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """To which thread a story belongs; None: to a new one."""

    thread: Thread | None
    score: float | None  # of the nearest candidate; None: none was compared
    reason: Reason
    shared: tuple[str, ...] = ()  # the terms that say most for the nearest candidate

    @property
    def says(self) -> str:
        """The reason with its numbers, for people."""
        likeness = f"{self.score or 0:.2f} of {LIKE:.2f} in common ({', '.join(self.shared) or 'nothing'})"
        return {
            Reason.LIKE: likeness,
            Reason.UNLIKE: f"a new event: the nearest has {likeness}",
            Reason.FEW_WORDS: f"a new event: the nearest has {likeness}, which are fewer than {FEWEST} words",
            Reason.NONE_NEAR: "a new event: no other within 72 h shares its words",
            Reason.NO_WORDS: "a thread of its own: no words to compare",
        }[self.reason]


def join(sketch: Sketch, candidates: Iterable[Thread], known: Frequencies | None = None) -> Joining:
    """Say to which of the candidate threads a story belongs.

    Single-pass clustering by average link. Only threads of its language, within WINDOW and LIFE, are compared;
    of equals the later thread wins, then the one with the smaller id, so the order of candidates makes no
    difference. It groups only: whether somebody is told is no business of it. By the counts that are ``known`` the
    rarest of the terms in common are named first.
    """
    if not sketch.vector:
        return Joining(thread=None, score=None, reason=Reason.NO_WORDS)
    compared = [(thread.likeness(sketch.vector), thread) for thread in candidates if is_near(thread, sketch)]
    if not compared:
        return Joining(thread=None, score=None, reason=Reason.NONE_NEAR)
    score, nearest = max(compared, key=lambda pair: (pair[0], pair[1].last, -pair[1].id))
    shared = _shared(sketch.vector, nearest.total, known)
    if score < LIKE:
        return Joining(thread=None, score=score, reason=Reason.UNLIKE, shared=shared)
    if len(shared) < FEWEST:
        return Joining(thread=None, score=score, reason=Reason.FEW_WORDS, shared=shared)
    return Joining(thread=nearest, score=score, reason=Reason.LIKE, shared=shared)


def is_near(thread: Thread, sketch: Sketch) -> bool:
    """Say whether a story is of a thread's language and within WINDOW of it, and the thread with it within LIFE."""
    gap = max(sketch.seen - thread.last, thread.first - sketch.seen)
    life = max(sketch.seen, thread.last) - min(sketch.seen, thread.first)
    return thread.pool == sketch.pool and gap <= WINDOW and life <= LIFE


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """Two threads that turned out to tell of one event."""

    thread: Thread  # both as one
    gone: int  # the younger of the two
    says: str  # for people


def meet(thread: Thread, candidates: Iterable[Thread], known: Frequencies | None = None) -> Meeting | None:
    """Say which of the candidates is one with a thread; None: none is.

    Threads drift apart when the stories that would have held them together come last. Those whose average link is as
    strong as that of a story to its thread become one, the younger into the older, so long as both together are no
    longer than LIFE and neither had ended by WINDOW when the other began. Of several the nearest is taken, then the
    older; who asks again with what came of it gets the next. Terms are named as by ``join``.
    """
    near = [(thread.nearness(one), one) for one in candidates if one.id != thread.id and _may_meet(thread, one)]
    if not near:
        return None
    score, nearest = max(near, key=lambda pair: (pair[0], -pair[1].id))
    if score < LIKE:
        return None
    made = thread.merged(nearest)
    shared = ", ".join(_shared(thread.total, nearest.total, known))
    gone = nearest.id if made.id == thread.id else thread.id
    says = f"its event is one with an older: {score:.2f} of {LIKE:.2f} in common ({shared})"
    return Meeting(thread=made, gone=gone, says=says)


def _may_meet(one: Thread, other: Thread) -> bool:
    gap = max(one.first, other.first) - min(one.last, other.last)
    life = max(one.last, other.last) - min(one.first, other.first)
    return one.pool == other.pool and gap <= WINDOW and life <= LIFE


def query_terms(vector: Vector, n: int = ASKED) -> tuple[str, ...]:
    """Return the ``n`` heaviest terms, of letters and digits only, by which full text finds candidates.

    OR-ed, the best 20 stories by BM25: in a stream of 3,751 stories their threads gave the same clusters as all
    threads did. For events fewer would do: of 1,089 stories of known events, 20 terms, 12 and 8 found the same (B-cubed
    F1 .865). But copies are found by them as well where one is a summary, which has few of a long text's heaviest
    words. Terms of six letters may be the beginning of a longer word. Looked for as whole words all
    the same, .001 of the pairs were lost with full texts and .012 with 24 words; looked for as prefixes they took five
    times as long.
    """
    return tuple(_heaviest({term: weight for term, weight in vector.items() if BLANK not in term}, n))


def pool(language: str | None) -> str:
    """Return the name under which a language's stories are counted and compared; both scripts of Chinese are one."""
    return primary(language) or "und"


def pack(vector: Vector) -> bytes:
    """Return a vector as bytes, some 2 kB; to be stored beside SCHEME."""
    return packing.pack(vector)


def unpack(packed: bytes) -> Vector:
    """Return the vector that was packed; raises StoreError for damaged bytes."""
    found = packing.unpack(packed)
    if found is not None:
        return found
    raise StoreError("a stored vector of terms is damaged: delete its thread's, and a new thread begins")


def _heaviest(weights: Mapping[str, float], most: int = TERMS) -> dict[str, float]:
    ordered = sorted(weights.items(), key=lambda item: (-item[1], item[0]))
    return {term: weight for term, weight in ordered[:most] if weight > 0}


def _sum(*vectors: Vector) -> Vector:
    total: Counter[str] = Counter()
    for vector in vectors:
        for term, weight in vector.items():
            total[term] += weight
    if len(total) <= SUMMED:
        return {term: weight for term, weight in total.items() if weight > 0}
    return {term: int(weight) for term, weight in _heaviest(total, SUMMED).items()}


def _shared(vector: Vector, total: Vector, known: Frequencies | None) -> tuple[str, ...]:
    """Return the terms that say most for what two have in common; of equally rare ones the longer says more.

    What joins events is the sum of many terms. Of these the heaviest may be words that stand everywhere, as long as
    few stories are known or where a text repeats them; people are told the rarest.
    """
    weights = {term: vector[term] * total[term] for term in vector.keys() & total.keys()}
    if known is None:
        return tuple(_heaviest(weights, _NAMED))
    rarest = sorted(_heaviest(weights, len(weights)), key=lambda term: (known.count(term), -len(term), term))
    return tuple(rarest[:_NAMED])


def _packed(value: object) -> bytes:
    return zlib.compress(json.dumps(value, separators=(",", ":"), sort_keys=True).encode())


def _unpacked(packed: bytes) -> object:
    try:
        value: object = json.loads(zlib.decompress(packed))
    except (zlib.error, ValueError):
        return None
    return value
