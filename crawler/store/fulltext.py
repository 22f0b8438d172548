"""What each database makes of the normalised texts: an FTS5 table on SQLite, an index of tsvectors on PostgreSQL."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import (
    Column,
    ForeignKey,
    Table,
    Text,
    and_,
    case,
    cast,
    column,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    table,
    text,
    union_all,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from alerts.search.query import AllOf, AnyOf, Phrase
from alerts.story import Field
from crawler.store.schema import Row, metadata

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection, FromClause, TextClause

    from alerts.search.query import Node

story_search = Table(
    "story_search",
    metadata,
    Column("story_id", Row, ForeignKey("story.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("title", Text, nullable=False),  # normalised, of the newest version
    Column("text", Text, nullable=False),
)

# What FTS5 makes for itself.
SHADOWS = frozenset({"story_fts", "story_fts_config", "story_fts_data", "story_fts_docsize", "story_fts_idx"})

WORDS = "story_search_words"  # PostgreSQL's index

_TITLE_WEIGHT, _TEXT_WEIGHT = 4.0, 1.0  # what a word in each is worth to the order by relevance
_WEIGHTS = ((Field.TITLE, _TITLE_WEIGHT), (Field.TEXT, _TEXT_WEIGHT))
_VECTOR = "story_words(story_search.title, story_search.text)"
# A function with its price: PostgreSQL would rather make vectors of all rows than ask the index, for it takes that to
# cost nothing. Blanks at the ends leave empty tokens, which a tsvector does not take.
_WORDS_OF = """CREATE OR REPLACE FUNCTION story_words(title text, words text) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10000 AS $$
    BEGIN
        RETURN array_to_tsvector(array_remove(string_to_array(title || ' ' || words, ' '), ''));
    END $$"""
_FTS = table("story_fts", column("rowid"), column("story_fts"))


class FullText(Protocol):
    """An engine's way to find words in ``story_search``."""

    create: Sequence[str]  # statements that make the index of an empty ``story_search``
    index: FromClause
    story_id: ColumnElement[int]  # of ``index``

    def matches(self, node: Node) -> ColumnElement[bool]:
        """Return the condition on ``index`` that a story has these words."""

    def relevance(self, node: Node) -> ColumnElement[Any]:
        """Return how well a story fits: the better, the smaller."""

    def hits(self, connection: Connection, parts: Sequence[Phrase], first: int) -> Sequence[tuple[int, int]]:
        """Return which stories have each of the parts, and the part's number; with this id or a greater one."""


class Fts5:
    """SQLite: an FTS5 table over ``story_search``, which triggers keep equal to it.

    FTS5 must be told the old text to forget it, and only the text as it was indexed is the right one. The tokenizer
    parts at everything in ASCII but letters and digits, and at nothing else: a blank is all there is.
    """

    create: Sequence[str] = (
        """CREATE VIRTUAL TABLE story_fts USING fts5 (
            title, text, content='story_search', content_rowid='story_id', tokenize='ascii'
        )""",
        """CREATE TRIGGER story_search_added AFTER INSERT ON story_search BEGIN
            INSERT INTO story_fts (rowid, title, text) VALUES (new.story_id, new.title, new.text);
        END""",
        """CREATE TRIGGER story_search_removed AFTER DELETE ON story_search BEGIN
            INSERT INTO story_fts (story_fts, rowid, title, text)
            VALUES ('delete', old.story_id, old.title, old.text);
        END""",
        """CREATE TRIGGER story_search_changed AFTER UPDATE ON story_search BEGIN
            INSERT INTO story_fts (story_fts, rowid, title, text)
            VALUES ('delete', old.story_id, old.title, old.text);
            INSERT INTO story_fts (rowid, title, text) VALUES (new.story_id, new.title, new.text);
        END""",
    )
    index: FromClause = _FTS
    story_id: ColumnElement[int] = _FTS.c.rowid

    def matches(self, node: Node) -> ColumnElement[bool]:
        """Return the condition that a story has these words."""
        return _FTS.c.story_fts.bool_op("MATCH")(_spelled(node))

    def relevance(self, _node: Node) -> ColumnElement[Any]:
        """Return bm25, by which a word in the title weighs more."""
        return func.bm25(_FTS.c.story_fts, _TITLE_WEIGHT, _TEXT_WEIGHT)

    def hits(self, connection: Connection, parts: Sequence[Phrase], first: int) -> Sequence[tuple[int, int]]:
        """Return which stories have each of the parts."""
        words = {f"words{number}": _spelled(part) for number, part in enumerate(parts)}
        return [(row[0], row[1]) for row in connection.execute(_fts5_hits(len(parts)), {**words, "first": first})]


class Tsvectors:
    """PostgreSQL: an index of tsvectors made of our own tokens, without positions; texts tell whether a phrase stands.

    Positions end at 16,383, and phrases have to read them again from the text's row anyway
    (https://www.postgresql.org/docs/current/textsearch-limitations.html).
    """

    create: Sequence[str] = (
        _WORDS_OF,
        f"CREATE INDEX {WORDS} ON story_search USING gin (({_VECTOR.replace('story_search.', '')}))",
    )
    index: FromClause = story_search
    story_id: ColumnElement[int] = story_search.c.story_id

    def matches(self, node: Node) -> ColumnElement[bool]:
        """Return the condition that a story has these words."""
        if isinstance(node, Phrase):
            return _has(node)
        parts = [self.matches(part) for part in node.parts]
        if isinstance(node, AnyOf):
            return or_(*parts)
        return and_(*parts, *(not_(self.matches(one)) for one in node.without))

    def relevance(self, node: Node) -> ColumnElement[Any]:
        """Return the rank by how many of the words stand in the text and, which weighs more, in the title."""
        words = [one for one in _phrases(node) if one.tokens]
        return -sum(
            (case((_stands(one, where), weight), else_=0) for one in words for where, weight in _WEIGHTS), literal(0.0)
        )

    def hits(self, connection: Connection, parts: Sequence[Phrase], first: int) -> Sequence[tuple[int, int]]:
        """Return which stories have each of the parts."""
        newer = story_search.c.story_id >= first
        asked = [
            select(story_search.c.story_id, literal(number)).where(newer, _has(part))
            for number, part in enumerate(parts)
        ]
        return [(row[0], row[1]) for row in connection.execute(union_all(*asked))]


def fulltext_of(connection: Connection) -> FullText:
    """Return the way to find words in a connection's database."""
    return Tsvectors() if connection.dialect.name == "postgresql" else Fts5()


@cache
def _fts5_hits(parts: int) -> TextClause:
    """Return how to ask which stories have each of so many parts; as text, for SQLAlchemy looks at it each time."""
    asked = "SELECT rowid, {number} FROM story_fts WHERE story_fts MATCH :words{number} AND rowid >= :first"
    return text(" UNION ALL ".join(asked.format(number=number) for number in range(parts)))


def _spelled(node: Node) -> str:
    """Write a tree in the language of FTS5. Tokens are nothing but letters and digits, so quotes hold them."""
    if isinstance(node, Phrase):
        field = f"{{{node.field}}} : " if node.field else ""
        return f'{field}"{" ".join(node.tokens)}"{" *" if node.prefix else ""}'
    joined = (" OR " if isinstance(node, AnyOf) else " AND ").join(map(_spelled, node.parts))
    if isinstance(node, AllOf) and node.without:
        return f"(({joined}) NOT ({' OR '.join(map(_spelled, node.without))}))"
    return f"({joined})"


def _has(phrase: Phrase) -> ColumnElement[bool]:
    *others, last = (f"'{token}'" for token in phrase.tokens)
    lexemes = " & ".join([*others, f"{last}:*" if phrase.prefix else last])
    has_words = literal_column(_VECTOR).bool_op("@@")(cast(literal(lexemes), TSQUERY))
    if len(phrase.tokens) == 1 and phrase.field is None:
        return has_words
    fields = [phrase.field] if phrase.field else [Field.TITLE, Field.TEXT]
    return and_(has_words, or_(*(_stands(phrase, field) for field in fields)))


def _stands(phrase: Phrase, field: Field) -> ColumnElement[bool]:
    tokens = " ".join(phrase.tokens)
    spaced = literal(" ").concat(story_search.c[field]).concat(" ")
    return spaced.like(f"% {tokens}{'' if phrase.prefix else ' '}%")


def _phrases(node: Node) -> Iterator[Phrase]:
    if isinstance(node, Phrase):
        yield node
        return
    for part in node.parts:
        yield from _phrases(part)
