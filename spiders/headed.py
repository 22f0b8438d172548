"""What stands beside an article without a name in the markup, told by what is written there and by its shape."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from lxml import etree

from spiders.cuts import Why
from spiders.measure import BLOCKS, HEADINGS, UNSEEN, text_in
from spiders.signs import (
    POINTERS,
    Sign,
    is_about_cookies,
    is_consent,
    is_credited,
    is_headline,
    leads_away,
    sign_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import html

    from spiders.measure import Plan

Found = tuple["html.HtmlElement", Why]

_WORD = re.compile(r"\w")
_TITLED = frozenset(("p", "div", "span", "b", "strong", "font", "em", "a", "li", "td", "th", "dt", "center", *HEADINGS))
_INLINE = frozenset(("b", "strong", "span", "em", "i", "font", "a"))
_LINES = frozenset({"p", "li", *HEADINGS})
_ROOTS = frozenset({"html", "body", "main", "article"})
_BUTTONS = ("button", "a", "input", "span", "div", "label")
_LABEL = 60  # letters of a heading that is looked at
_LINE = 300  # letters of a caption, or of a line that leads to another article
_NOTICE = 1_500  # letters of a notice about cookies
_MOSTLY = 0.5  # share of letters in links
_BULK = 0.5  # share of the page's letters that a table for layout holds; and of its own that the article's cell has
_LABELS = 200  # headings of a page that are looked at, so that no page takes long
_LIST = 100  # elements below one
_TABLES = 30
_NEAR = 12  # elements before, around or in another
_MENU = 1_000  # letters of a line of links
_LINKS = 3  # that make a menu of a line
_BEFORE = 200  # letters that stand before readers' comments
_COLUMN = 20  # letters of a column; shorter ones are left to extraction


def by_words(plan: Plan) -> list[Found]:
    """Return what the words of a page put beside its article, each with the sign.

    Lists under a heading such as "Most read", readers' comments, notices about cookies, columns of links beside the
    article in a table for layout, lines under pictures that end with a credit, lines that begin with "Read also".
    A table for layout becomes boxes. What holds the headline or a good part of the text stays.
    """
    found = dict(_under_headings(plan))
    for some in (_notices(plan), _captions(plan), _leads(plan), _menus(plan), _columns(plan)):
        for element, why in some:
            found.setdefault(element, why)
    return list(found.items())


# ---------------------------------------------------------------- under a heading


def _under_headings(plan: Plan) -> Iterator[Found]:
    number = 0
    for element in plan.root.iter(*_TITLED):
        size = plan.sizes[element]
        if not 0 < size.letters <= _LABEL or size.blocks or size.head or _is_wrapper(plan, element):
            continue
        sign = sign_of(text_in(element)) if number < _LABELS and _is_alone(element) else None
        if sign in {Sign.HEADS, Sign.COMMENTS, Sign.ASKS}:
            number += 1
            yield from _announced(plan, _widest(plan, element), sign)


def _is_wrapper(plan: Plan, element: html.HtmlElement) -> bool:
    """Tell whether an element only wraps another: that one is looked at, so deep nests cost no more than flat ones."""
    letters = plan.sizes[element].letters
    return any(plan.sizes[one].letters == letters for one in element[:_NEAR] if isinstance(one.tag, str))


def _widest(plan: Plan, element: html.HtmlElement) -> html.HtmlElement:
    """Return the widest element that says what this one says and no more."""
    letters = plan.sizes[element].letters
    above = element.getparent()
    while above is not None and above.tag not in _ROOTS and plan.sizes[above].letters == letters:
        element, above = above, above.getparent()
    return element


def _announced(plan: Plan, label: html.HtmlElement, sign: Sign) -> Iterator[Found]:
    """Yield a heading with what it announces: the box that it begins, else what follows it and looks like that."""
    box = label.getparent()
    if box is None:
        return
    why = Why.HEADED if sign is Sign.HEADS else Why.COMMENTS
    is_first = box.tag not in _ROOTS and _is_first(box, label)
    if label.tag in _INLINE and is_first and not plan.sizes[box].blocks and plan.is_part(box):
        if plan.sizes[box].letters <= _LINE and leads_away(text_in(box)):
            yield box, Why.READ_ALSO
            return
        if plan.sizes[box].linked >= plan.sizes[box].letters * _MOSTLY:
            yield box, why
            return
    if label.tag in _INLINE and box.tag in _LINES:
        return
    if is_first and plan.is_part(box) and _suits(plan, box, label, sign):
        yield box, why
        return
    if sign is Sign.ASKS:
        return
    below = list(_comments(plan, label) if sign is Sign.COMMENTS else _list_below(plan, label))
    yield from ((one, why) for one in (label, *below) if below)


def _is_alone(element: html.HtmlElement) -> bool:
    """Tell whether an element is no word within a line of others: what is written beside it is parted from it."""
    above = element.getparent()
    if element.tag not in _INLINE or above is None:
        return True
    before, after = element.getprevious(), element.getnext()
    written = above.text if before is None else before.tail
    if (written or "").strip() or (before is not None and before.tag in _INLINE and text_in(before)):
        return False
    if text_in(element).endswith(POINTERS):
        return True
    return not (element.tail or "").strip() and (after is None or after.tag not in _INLINE - {"a"})


def _is_first(box: html.HtmlElement, label: html.HtmlElement) -> bool:
    """Tell whether a box begins with its heading."""
    for before in islice(label.itersiblings(preceding=True), _NEAR):
        if (before.tail or "").strip() or text_in(before):
            return False
    return not (box.text or "").strip()


def _suits(plan: Plan, box: html.HtmlElement, label: html.HtmlElement, sign: Sign) -> bool:
    """Tell whether what is in a box is what its heading says: of headlines at least as many as of sentences."""
    if sign is not Sign.HEADS:
        return True
    within = set(label.iter())
    lines = [one for one in box.iter() if one not in within and _is_line(plan, one)]
    return sum(1 for one in lines if _is_headline(plan, one)) * 2 >= max(len(lines), 1)


def _is_line(plan: Plan, element: html.HtmlElement) -> bool:
    """Tell whether an element is one line of text: a block without blocks, or a link that is in none."""
    if not isinstance(element.tag, str) or element.tag in UNSEEN:
        return False
    size = plan.sizes[element]
    if not size.letters or size.blocks:
        return False
    above = element.getparent()
    return element.tag in BLOCKS or (element.tag == "a" and above is not None and plan.sizes[above].blocks > 0)


def _is_headline(plan: Plan, element: html.HtmlElement) -> bool:
    size = plan.sizes[element]
    if size.linked >= size.letters * _MOSTLY:
        return True
    return size.letters <= _LINE and is_headline(text_in(element))


def _list_below(plan: Plan, label: html.HtmlElement) -> Iterator[html.HtmlElement]:
    """Yield what follows a heading as long as it looks like headlines of other articles."""
    found: list[html.HtmlElement] = []
    if (label.tail or "").strip():
        return
    one = label.getnext()
    while one is not None and len(found) < _LIST:
        if plan.sizes[one].letters:
            if not _is_listed(plan, one) or _is_as_high(one, label):
                break
            found.append(one)
        if (one.tail or "").strip():
            break
        one = one.getnext()
    said = [one for one in found if plan.sizes[one].letters]
    plain = [one for one in said if not plan.sizes[one].linked]
    lone = len(said) == 1 and bool(plain) and one is not None and not plan.sizes[said[0]].blocks
    if not lone:  # one line without a link may be the article's own heading
        yield from found


def _is_listed(plan: Plan, element: html.HtmlElement) -> bool:
    size = plan.sizes[element]
    if not plan.is_part(element):
        return False
    if element.tag in HEADINGS and not size.linked and _is_followed_by_prose(plan, element):
        return False
    if not size.blocks:
        return _is_headline(plan, element)
    lines = [one for one in element.iter() if _is_line(plan, one)]
    return bool(lines) and sum(1 for one in lines if _is_headline(plan, one)) * 2 > len(lines)


def _is_as_high(heading: html.HtmlElement, label: html.HtmlElement) -> bool:
    """Tell whether an element is a heading of the rank of another, or above it: what it heads is something else."""
    return label.tag in HEADINGS and heading.tag in HEADINGS and heading.tag <= label.tag


def _is_followed_by_prose(plan: Plan, heading: html.HtmlElement) -> bool:
    below = heading.getnext()
    return below is not None and plan.sizes[below].letters > 0 and not _is_headline(plan, below)


def _comments(plan: Plan, label: html.HtmlElement) -> Iterator[html.HtmlElement]:
    """Yield all that follows the heading of comments, where most of its box stands before it."""
    box = label.getparent()
    if box is None:
        return
    below = [one for one in label.itersiblings() if plan.sizes[one].letters]
    after = sum(plan.sizes[one].letters for one in below)
    before = plan.sizes[box].letters - after - plan.sizes[label].letters
    sure = label.tag in HEADINGS or any(map(str.isdigit, text_in(label)))
    if sure and before >= max(_BEFORE, after // 2) and all(map(plan.is_part, below)):
        yield from below


# ---------------------------------------------------------------- notices, captions, lines


def _notices(plan: Plan) -> Iterator[Found]:
    """Yield the smallest boxes that hold a button to consent and speak of cookies."""
    for button in plan.root.iter(*_BUTTONS):
        if plan.sizes[button].letters > _LABEL or plan.sizes[button].blocks or _is_wrapper(plan, button):
            continue
        words = (button.get("value") or "") if button.tag == "input" else text_in(button)
        if not words or not is_consent(words):
            continue
        for above in islice(button.iterancestors(), _NEAR):
            size = plan.sizes[above]
            if above.tag in _ROOTS or size.letters > _NOTICE or not plan.is_part(above):
                break
            if is_about_cookies(text_in(above)):
                yield above, Why.CONSENT
                break


def _captions(plan: Plan) -> Iterator[Found]:
    """Yield the lines under pictures that say whose the picture is."""
    for picture in plan.root.iter("img"):
        frame, above = picture, picture.getparent()
        for _ in range(_NEAR):
            if above is None or above.tag in _ROOTS or plan.sizes[above].letters:
                break
            frame, above = above, above.getparent()
        if above is None:
            continue
        below = frame.getnext()
        for line in (below, above):
            if line is None or line.tag in _ROOTS or not 0 < plan.sizes[line].letters <= _LINE:
                continue
            if plan.sizes[line].blocks <= 1 and is_credited(text_in(line)) and plan.is_part(line):
                yield line, Why.CAPTION
                break


def _leads(plan: Plan) -> Iterator[Found]:
    """Yield lines that begin with words such as "Read also" and are mostly a link."""
    for element in plan.root.iter("p", "li", "div", "span", "strong", "b", "em", *HEADINGS):
        size = plan.sizes[element]
        is_link = 0 < size.letters <= _LINE and not size.blocks and size.linked >= size.letters * _MOSTLY
        if is_link and not _is_wrapper(plan, element) and leads_away(text_in(element), linked=True):
            yield element, Why.READ_ALSO


def _menus(plan: Plan) -> Iterator[Found]:
    """Yield lines of links with nothing but signs between them."""
    for element in plan.root.iter("p", "div", "td", "span", "center", "font"):
        size = plan.sizes[element]
        if size.blocks or not 0 < size.letters <= _MENU or size.linked < size.letters * _MOSTLY:
            continue
        if not plan.is_part(element) or _is_wrapper(plan, element):
            continue
        links = [one for one in element.iter("a") if plan.sizes[one].linked]
        if len(links) >= _LINKS and not _WORD.search(_outside(element)):
            yield element, Why.LINKS


def _outside(element: html.HtmlElement) -> str:
    """Return what stands in an element outside its links."""
    parts = []
    walk = etree.iterwalk(element, events=("start", "end"))
    for event, one in walk:
        if event == "end":
            parts.append(one.tail or "" if one is not element else "")
        elif one.tag == "a":
            walk.skip_subtree()
        else:
            parts.append(one.text or "")
    return "".join(parts)


# ---------------------------------------------------------------- tables for layout


def _columns(plan: Plan) -> Iterator[Found]:
    """Yield the columns beside the article in tables for layout, and make boxes of such tables."""
    whole = plan.sizes[plan.root]
    for table in list(islice(plan.root.iter("table"), _TABLES)):
        size = plan.sizes[table]
        if not size.head and size.letters < whole.letters * _BULK:
            continue
        cells = [one for one in table.iter("td", "th") if next(one.iterancestors("table")) is table]
        longest = max(cells, key=lambda one: plan.sizes[one].letters - plan.sizes[one].linked, default=None)
        if longest is None or plan.sizes[longest].letters - plan.sizes[longest].linked < size.letters * _BULK:
            continue
        for cell in cells:
            if (
                cell is not longest
                and plan.sizes[cell].letters >= _COLUMN
                and plan.is_part(cell)
                and _is_beside(plan, cell, longest)
            ):
                yield cell, Why.COLUMN
        for part in [table, *(one for one in table.iter("tbody", "thead", "tfoot", "tr", "td", "th"))]:
            if part is table or next(part.iterancestors("table"), table) is table:
                part.tag = "div"


def _is_beside(plan: Plan, cell: html.HtmlElement, article: html.HtmlElement) -> bool:
    """Tell whether a cell is a column of links, or one of headlines in the article's row."""
    size = plan.sizes[cell]
    if size.linked > size.letters * _MOSTLY:
        return True
    if cell.getparent() is not article.getparent():
        return False
    lines = [one for one in cell.iter() if _is_line(plan, one)]
    return sum(1 for one in lines if _is_headline(plan, one)) * 2 > len(lines)
