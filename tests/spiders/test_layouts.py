from collections.abc import Callable

import pytest

from spiders.article import extract
from tests.spiders.layouts import LAYOUTS, PRESSES, Press
from tests.spiders.made import document, source

URL = "https://bay.example/coast/old-lighthouse-opens"


@pytest.mark.parametrize("press", PRESSES, ids=lambda press: press.code)
@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.__name__)
def test_the_article_is_kept_whole_and_nothing_else(layout: Callable[[Press], str], press: Press) -> None:
    article = extract(document(layout(press), url=URL), source())
    assert article.title == press.title
    assert article.text == "\n\n".join(press.paragraphs)
    assert press.planted.casefold() not in article.text.casefold()
