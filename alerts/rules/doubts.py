"""What is to be said of a single term: that it finds too much, or that it is no term but syntax."""

from __future__ import annotations

import re
from itertools import combinations
from typing import TYPE_CHECKING

from alerts.errors import Level
from alerts.rules.fold import is_latin
from alerts.rules.lexer import FIELDS, OPERATORS, is_operator
from alerts.rules.nodes import Distinct, Or, Phrase, children
from alerts.rules.terms import has_wildcard, patterns_of, weakness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alerts.errors import Problem
    from alerts.rules.nodes import Node
    from alerts.rules.spec import Text

BROAD_BEGINNING = 3  # letters before a * that begin very many words

_MOST_MEMBERS = 200  # of a group whose members are compared with each other
_FOREIGN = re.compile(r"[^\W_]([\^~])[\d.]*\Z")  # of Lucene and Elasticsearch: gallium^3, tin~2
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_SYNTAX = (  # what an alias that is written as a query is taken for, and the way out; {0} is what stands in the group
    (
        re.compile(r'="?([^"]+)"?'),
        "looked for with its =",
        'write {{text: "{0}", case: exact}}; under except: leave out the =',
    ),
    (
        re.compile(r"(\$[^\W\d][\w-]*)"),
        "looked for as it is written",
        "a name stands in queries only: write $name OR {0} there",
    ),
    (
        re.compile(rf"({'|'.join(FIELDS)}):\S.*", re.IGNORECASE),
        "looked for as it is written",
        "a field stands in queries only: write {0}:$name there",
    ),
    (re.compile(r"\((.*)\)"), "one term, with its parentheses and commas", "write each term for itself: [{0}]"),
    (re.compile("/(.+)/"), "no regular expression here", "write /{0}/ in a query, such as one under queries:"),
)
# Words that stand in nearly every story of their language.
_COMMON = frozenset(
    re.findall(
        r"\w+",
        """
        a an and are as at be but by can do for from had has have he his in into is it its more new no not
        of on or our out over said says she so than that the their them then there they this to up was we
        were what when which who will with would year years you au aux ce dans de des du elle en est et il
        la le les leur mais ne ou par pas plus pour qui sa se ses son sur un une das dem den der die ein
        eine es im ist mit nicht sich und von zu con del el los las por que una
        """,
    )
)


def doubts_of_phrase(term: Phrase, query: Text) -> Iterator[Problem]:
    """Yield a warning about a phrase of a query that finds too much, or other things than it seems to."""
    text = term.text
    if term.exact:
        if text.endswith("*"):
            message = f'="{text}" looks for the * as it is written: = takes no wildcard'
            yield warning(query, term.offset, message, f"write {text} for any ending")
    elif foreign := _FOREIGN.search(text):
        message = f'"{text}" looks for the {foreign[1]} as it is written: there are no weights (^) and no distances (~)'
        yield warning(query, term.offset, message, f"write {text[: foreign.start(1)]}, with * for other endings")
    elif is_weak(text):
        yield warning(query, term.offset, weak(text), f'write ="{text}" for exactly this')
    elif text[0] == "." and text[1:2].isalnum():
        message = f'"{text}" also finds "{text[1:]}": a full stop before a word is not asked for'
        yield warning(query, term.offset, message, f'write ="{text}" for exactly this')
    elif broad := breadth(text):
        yield warning(
            query, term.offset, f'"{text}" {broad}', "search for a longer term, or join it to others with NEAR"
        )


def hidden_signs(text: Text) -> Iterator[Problem]:
    """Yield a warning where an invisible sign makes a text look other than it is."""
    if found := _TURNING.search(text.value):
        message = f"an invisible sign (U+{ord(found[0]):04X}) turns the direction of what you see here"
        yield warning(text, found.start(), message, "remove it, or type the text anew")


def double_members(tree: Node, query: Text) -> Iterator[Problem]:
    """Yield a warning for members of a DISTINCT group of which one word is both."""
    if isinstance(tree, Distinct) and isinstance(tree.part, Or):
        phrases = [part for part in tree.part.parts if isinstance(part, Phrase) and not has_wildcard(part.text)]
        spelled = [(part, frozenset(patterns_of(part.text))) for part in phrases[:_MOST_MEMBERS] if not part.exact]
        for (one, first), (other, second) in combinations(spelled, 2):
            if common := first & second:
                message = f'"{min(common).strip()}" counts as two members: "{one.text}" and "{other.text}" both find it'
                yield warning(query, other.offset, message, "leave one out, or write it with = for exactly this")
    for part in children(tree):
        yield from double_members(part, query)


def syntax_in(text: str) -> tuple[str, str] | None:
    """Return what is to be said of an alias or a list's term that is written as a query, and the way out."""
    for form, message, hint in _SYNTAX:
        if found := form.fullmatch(text.strip()):
            return f'"{text}" is {message}', hint.format(found[1])
    if any(word in OPERATORS or is_operator(word) for word in text.split()[1:]):
        message = f'"{text}" is looked for as one phrase, operators and all'
        return message, "write a query under queries:, or each term for itself"
    return None


def is_weak(text: str) -> bool:
    """Say whether a term of little more than signs finds something else than it says."""
    return weakness(text) is not None and (text.lower() != text.upper() or _parted(text) != text)


def weak(text: str) -> str:
    """Say what a term of little more than signs finds."""
    parted = _parted(text)
    more = f' and "{parted}"' if parted != text else ""
    lower = text.lower() if text.lower() != text else text.upper()
    return f'"{text}" also finds "{lower}"{more}: its signs must stand there, its capitals and blanks need not'


def breadth(text: str) -> str | None:
    """Say why a term is found nearly everywhere."""
    if has_wildcard(text):
        words = text.split()
        beginning = words[0].rstrip("*")
        if (
            len(words) == 1
            and words[0].endswith("*")
            and len(beginning) <= BROAD_BEGINNING
            and is_latin(beginning.lower())
        ):
            return "finds every word that begins so"
        return None
    words = text.lower().split()
    if all(word in _COMMON or (len(word) == 1 and word.isascii()) for word in words):
        return "stands in nearly every story"
    if len(words) == 1 and words[0].isdigit():
        return "is a bare number, which stands in many stories"
    return None


def _parted(text: str) -> str:
    return re.sub(r"(?<=\w)([^\w\s])(?=\w)", r" \1 ", text)


def warning(text: Text, offset: int, message: str, hint: str) -> Problem:
    """Return a warning about a place of a text."""
    return text.problem(offset, message, hint, Level.WARNING)
