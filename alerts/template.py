"""Wordings: a user's own words for cards, as templates that can do nothing but say them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from difflib import get_close_matches
from functools import wraps
from itertools import islice
from typing import TYPE_CHECKING, Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, Undefined, meta, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from alerts.card import clean
from alerts.errors import WordingError
from alerts.graphemes import last_cut

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import tzinfo

    from alerts.card import Card
    from alerts.story import Story

SOURCE_LIMIT = 10_000  # characters of a template
OUTPUT_LIMIT = 10_000  # characters before they are made clean, and of every value on the way
WORDING_LIMIT = 1500  # of what is shown
LINES_LIMIT = 25
RANGE_LIMIT = 100
LIST_LIMIT = 50  # entries of a variable
DEPTH_LIMIT = 2  # loops inside one another
LOOPS_LIMIT = 20  # all in all
NESTING_LIMIT = 40  # of whatever stands in something else

VARIABLES: Mapping[str, str] = {
    "title": "the headline",
    "url": "the address; nothing when it is not safe to click",
    "host": "where the address leads",
    "outlet": "the outlet's name",
    "kind": "wire, government, press, state-media, think-tank, blog, or nothing",
    "country": "the outlet's country, two letters, or nothing",
    "tier": "1 to 4",
    "severity": "info, notice, high or critical",
    "rules": "list: the names of the rules that hold, the most severe first",
    "words": "list: the words that they were met by",
    "snippet": "the part of the text where most was found",
    "also": "list: the names of other outlets that carry the story",
    "published": "when it was published, or that this is unknown",
    "language": "the story's language, or nothing",
    "trend": "what many stories say together, or nothing",
    "was": "the headline under which it was told, where it has another by now",
}
_NODES = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Tuple, nodes.List, nodes.Keyword,
    nodes.If, nodes.For, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Test,
    nodes.Filter, nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Call, nodes.Concat, nodes.Add, nodes.Sub, nodes.Neg,
)  # fmt: skip
FILTERS = (
    "capitalize", "count", "d", "default", "first", "join", "last", "length", "list", "lower", "replace", "sort",
    "string", "title", "trim", "truncate", "unique", "upper",
)  # fmt: skip
_TESTS = ("boolean", "defined", "divisibleby", "eq", "even", "false", "ge", "gt", "in", "le", "lt", "ne", "none", "odd",
          "true", "undefined")  # fmt: skip


_NESTED = "its parts are nested too deeply"


class Wording:
    """A template that was checked: it says the same story always in the same words."""

    def __init__(self, source: str, zone: tzinfo = UTC) -> None:
        """Compile it; raises WordingError with the line of what is wrong. Times are shown in ``zone``."""
        if len(source) > SOURCE_LIMIT:
            raise WordingError(f"it is longer than {SOURCE_LIMIT:,} characters")
        self._source, self._zone = source, zone
        environment = _environment()
        try:
            tree = environment.parse(source)
            _check(tree)
            self._template = environment.from_string(tree)
        except TemplateSyntaxError as error:  # an unknown filter is one too
            raise WordingError(error.message or "it cannot be read", error.lineno, _hint(error.message or "")) from None
        except RecursionError:
            raise WordingError(_NESTED) from None
        except ValueError as error:  # a number of too many digits
            raise WordingError(f"it cannot be read: {error}") from None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Wording) and (self._source, self._zone) == (other._source, other._zone)

    def __hash__(self) -> int:
        return hash((self._source, self._zone))

    def say(self, card: Card, story: Story) -> str:
        """Return the words for a card, clean and capped, its lines kept; raises WordingError when it cannot be done."""
        written: list[str] = []
        room = OUTPUT_LIMIT
        try:
            for piece in self._template.generate(values_of(card, story, self._zone)):
                written.append(piece)
                room -= len(piece)
                if room < 0:
                    raise WordingError(f"it writes more than {OUTPUT_LIMIT:,} characters")
        except (TemplateError, ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as error:
            raise WordingError(str(error) or type(error).__name__, _line_of(error)) from None
        return tidy("".join(written))


def values_of(card: Card, story: Story, zone: tzinfo) -> dict[str, Any]:
    """Return what the variables stand for: texts, lists of texts, a number, or None."""
    words = dict.fromkeys(word for reason in card.reasons for word in reason.words)
    return {
        "title": card.headline,
        "url": card.link,
        "host": card.host,
        "outlet": card.outlet,
        "kind": story.outlet.kind,
        "country": story.outlet.country,
        "tier": story.outlet.tier,
        "severity": card.severity.label,
        "rules": [reason.name or reason.rule for reason in card.reasons[:LIST_LIMIT]],
        "words": list(words)[:LIST_LIMIT],
        "snippet": card.summary,
        "also": list(card.also[:LIST_LIMIT]),
        "published": card.when(zone),
        "language": story.language,
        "trend": card.trend or None,
        "was": card.was or None,
    }


def tidy(text: str) -> str:
    """Return text of others with its lines kept and all else as ``clean`` has it; an empty line stands alone."""
    lines: list[str] = []
    room = WORDING_LIMIT
    for line in text.strip().splitlines():
        if room <= 0 or len(lines) == LINES_LIMIT:
            lines[-1] = lines[-1].removesuffix("…") + "…"
            break
        tidied = clean(line, room)
        if tidied or (lines and lines[-1]):
            lines.append(tidied)
            room -= len(tidied) + 1
    return "\n".join(lines).strip()


class _Sandbox(ImmutableSandboxedEnvironment):
    """Nothing can be called but ``range``, and nothing looked into but lists, by number, and loops."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if not isinstance(obj, LoopContext):
            raise SecurityError(f"`.{attribute}` is not available here: only `loop` has parts")
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if not isinstance(argument, (int, slice)):
            raise SecurityError("only a number can stand in brackets")
        return super().getitem(obj, argument)

    def is_safe_callable(self, obj: Any) -> bool:
        return obj is _range


def _environment() -> _Sandbox:
    made = _Sandbox(
        undefined=StrictUndefined,
        autoescape=False,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        cache_size=0,
    )
    made.filters = {name: _bounded(made.filters[name]) for name in FILTERS} | {
        "replace": _replace,
        "truncate": _bounded(_truncate),
    }
    made.tests = {name: made.tests[name] for name in _TESTS}
    made.globals = {"range": _range}
    return made


def _shown(value: Any) -> Any:
    """Show nothing for None, and several things as people list them."""
    if value is None:
        return ""
    if isinstance(value, Iterable) and not isinstance(value, (str, Undefined)):
        return ", ".join(map(str, islice(value, RANGE_LIMIT)))
    return value


def _range(*args: int) -> range:
    numbers = range(*args)
    if len(numbers) > RANGE_LIMIT:
        raise SecurityError(f"range() counts to {RANGE_LIMIT} at most")
    return numbers


def _truncate(text: str, length: int = 255, killwords: bool = False, end: str = "...", leeway: int = 5) -> str:
    """Cut as Jinja does, but never inside what is seen as one character."""
    whole = str(text)
    if len(whole) <= length + leeway:
        return whole
    cut = whole[: last_cut(whole, max(length - len(end), 0))]
    return (cut if killwords else cut.rsplit(" ", 1)[0]) + end


def _replace(text: str, old: str, new: str) -> str:
    whole = str(text)
    if len(whole) + (whole.count(old) if old else len(whole) + 1) * len(new) > OUTPUT_LIMIT:
        raise SecurityError(f"replace makes more than {OUTPUT_LIMIT:,} characters")
    return whole.replace(old, new)


def _bounded(act: Callable[..., Any]) -> Callable[..., Any]:
    """Let a filter return at most so much: chains of them could grow without end."""

    @wraps(act)
    def acts(*args: Any, **named: Any) -> Any:
        made = act(*args, **named)
        if isinstance(made, (str, list)) and len(made) > OUTPUT_LIMIT:
            raise SecurityError(f"a filter makes more than {OUTPUT_LIMIT:,} characters")
        return made

    return acts


def _check(tree: nodes.Template) -> None:
    """Raise WordingError for what templates could do elsewhere, and for names that nobody fills in."""
    for node in _all(tree):
        if not isinstance(node, _NODES) or (isinstance(node, nodes.For) and node.recursive):
            hint = "a wording can use variables, filters, `if` and `for`"
            raise WordingError(f"`{type(node).__name__.lower()}` is not available here", node.lineno, hint)
        if isinstance(node, nodes.Call) and not (isinstance(node.node, nodes.Name) and node.node.name == "range"):
            raise WordingError("only range() can be called", node.lineno, "write filters: {{ title | upper }}")
    loops = list(_loops(tree, 1))
    for depth, loop in loops:
        if depth > DEPTH_LIMIT or len(loops) > LOOPS_LIMIT:
            raise WordingError(f"there are {LOOPS_LIMIT} loops at most, {DEPTH_LIMIT} inside one another", loop.lineno)
    _check_names(tree)


def _check_names(tree: nodes.Template) -> None:
    unknown = meta.find_undeclared_variables(tree) - VARIABLES.keys() - {"range"} | {"self"}
    for name in tree.find_all(nodes.Name):
        if name.name in unknown:
            near = get_close_matches(name.name, VARIABLES, 1)
            hint = f"did you mean `{near[0]}`?" if near else f"there are: {', '.join(VARIABLES)}"
            raise WordingError(f"nobody fills in `{name.name}`", name.lineno, hint)


def _all(tree: nodes.Node, depth: int = 0) -> Iterator[nodes.Node]:
    if depth > NESTING_LIMIT:
        raise WordingError(_NESTED, tree.lineno)
    yield tree
    for child in tree.iter_child_nodes():
        yield from _all(child, depth + 1)


def _loops(tree: nodes.Node, depth: int) -> Iterator[tuple[int, nodes.Node]]:
    for child in tree.iter_child_nodes():
        loop = isinstance(child, nodes.For)
        if loop:
            yield depth, child
        yield from _loops(child, depth + loop)


def _hint(message: str) -> str | None:
    if message.startswith("No filter"):
        return f"there are: {', '.join(FILTERS)}"
    return f"there are: {', '.join(_TESTS)}" if message.startswith("No test") else None


def _line_of(error: BaseException) -> int | None:
    """Return the template's line that was at work, which Jinja writes into the traceback."""
    lines, trace = [], error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == "<template>":
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    return lines[-1] if lines else None
