"""Article pages in ten layouts that name nothing in their markup, in six languages: one word is in furniture only."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """How the press of one language writes: an article without ``planted``, and what stands around it, with it."""

    code: str
    title: str
    author: str
    byline: str
    paragraphs: tuple[str, ...]
    planted: str
    others: tuple[str, ...]  # headlines of other articles
    most_read: str
    related: str
    read_also: str
    comments: str
    remarks: tuple[str, ...]  # of readers
    caption: str  # of another story's picture
    cookies: str
    accept: str
    newsletter: str
    share: str
    menu: tuple[str, ...]


ENGLISH = Press(
    code="en",
    title="Old lighthouse opens its doors to visitors",
    author="Martha Quill",
    byline="By Martha Quill, Coast Correspondent | Photo: Reuters",
    paragraphs=(
        "The lighthouse above the northern bay, dark for eleven years, will open its doors to visitors in the spring.",
        "Volunteers have painted the stairs, mended the lamp and found a keeper who knows the tides by heart.",
        "“Children shall see how a ship was led home before there were satellites,” said the head of the society.",
        "Tickets will cost four pounds, and school classes get in for nothing on every weekday before noon.",
        "The county gave half of the money, a lottery the other half, and the lamp was a gift from a shipyard.",
    ),
    planted="uranium",
    others=(
        "Five facts about uranium that nobody told you",
        "Minister denies uranium deal with neighbours",
        "Why uranium miners are moving north",
    ),
    most_read="Most read",
    related="Related stories",
    read_also="Also interesting:",
    comments="Comments (2)",
    remarks=("Nobody speaks of the uranium in the harbour!", "I have seen uranium barrels there myself."),
    caption="A train with uranium leaves the mine. Photo: Getty Images",
    cookies="We and our partners use cookies to show you what you like, such as uranium, and to measure it.",
    accept="Accept all",
    newsletter="Sign up for our newsletter: uranium news in your inbox every morning.",
    share="Share this article with your friends: uranium concerns everybody",
    menu=("Home", "Politics", "Uranium", "Sport", "Weather"),
)
GERMAN = Press(
    code="de",
    title="Alter Leuchtturm öffnet seine Türen für Besucher",
    author="Greta Halm",
    byline="Von Greta Halm, Kiel | Foto: dpa",
    paragraphs=(
        "Der Leuchtturm über der nördlichen Bucht war elf Jahre lang dunkel; im Frühling öffnet er für Besucher.",
        "Freiwillige haben die Treppe gestrichen, die Lampe repariert und einen Wärter gefunden, der das Meer kennt.",
        "„Kinder sollen sehen, wie man Schiffe nach Hause führte, als es keine Satelliten gab“, sagte die Vorsitzende.",
        "Der Eintritt kostet vier Euro, und Schulklassen kommen an jedem Werktag bis zum Mittag umsonst hinein.",
        "Die Hälfte des Geldes gab der Kreis, die andere eine Lotterie, und die Lampe schenkte eine Werft dem Verein.",
    ),
    planted="Uran",
    others=(
        "Fünf Dinge über Uran, die niemand weiß",
        "Minister bestreitet Handel mit Uran",
        "Warum Uran immer teurer wird",
    ),
    most_read="Meistgelesen",
    related="Mehr zum Thema",
    read_also="Lesen Sie auch:",
    comments="2 Kommentare",
    remarks=("Niemand spricht vom Uran im Hafen!", "Ich habe dort selbst Fässer mit Uran gesehen."),
    caption="Ein Zug mit Uran verlässt das Bergwerk. Foto: Imago",
    cookies="Wir verwenden Cookies, um Ihnen zu zeigen, was Ihnen gefällt, etwa Uran, und um es zu messen.",
    accept="Alle akzeptieren",
    newsletter="Abonnieren Sie unseren Newsletter: jeden Morgen Neues über Uran.",
    share="Teilen Sie diesen Artikel: Uran geht alle an",
    menu=("Start", "Politik", "Uran", "Sport", "Wetter"),
)
FRENCH = Press(
    code="fr",
    title="Le vieux phare ouvre ses portes aux visiteurs",
    author="Odile Carrel",
    byline="Par Odile Carrel, à Brest | Photo : AFP",
    paragraphs=(
        "Le phare qui domine la baie du nord, éteint depuis onze ans, ouvrira ses portes aux visiteurs au printemps.",
        "Des bénévoles ont repeint l’escalier, réparé la lampe et trouvé un gardien qui connaît les marées par cœur.",
        "« Les enfants verront comment on guidait un navire avant les satellites », a dit la présidente du cercle.",
        "L’entrée coûtera quatre euros, et les classes entreront gratuitement tous les jours de semaine avant midi.",
        "Le département a donné la moitié de l’argent, une loterie l’autre, et un chantier naval a offert la lampe.",
    ),
    planted="uranium",
    others=(
        "Cinq choses à savoir sur l’uranium",
        "Le ministre nie tout accord sur l’uranium",
        "Pourquoi l’uranium attire les mineurs au nord",
    ),
    most_read="Les plus lus",
    related="Sur le même sujet",
    read_also="À lire aussi :",
    comments="Commentaires (2)",
    remarks=("Personne ne parle de l’uranium dans le port !", "J’y ai vu moi-même des fûts d’uranium."),
    caption="Un train chargé d’uranium quitte la mine. Crédit photo : AFP",
    cookies="Nous utilisons des cookies pour vous montrer ce que vous aimez, comme l’uranium, et pour le mesurer.",
    accept="Tout accepter",
    newsletter="Inscrivez-vous à notre newsletter : l’uranium chaque matin dans votre boîte mail.",
    share="Partagez cet article : l’uranium nous concerne tous",
    menu=("Accueil", "Politique", "Uranium", "Sport", "Météo"),
)
RUSSIAN = Press(
    code="ru",
    title="Старый маяк открывает двери для посетителей",
    author="Ольга Белова",
    byline="Автор: Ольга Белова, Мурманск | Фото: РИА Новости",
    paragraphs=(
        "Маяк над северной бухтой, не горевший одиннадцать лет, весной откроет свои двери для посетителей.",
        "Добровольцы покрасили лестницу, починили лампу и нашли смотрителя, который знает приливы наизусть.",
        "«Дети увидят, как вели корабль домой, когда ещё не было спутников», — сказала глава местного общества.",
        "Билет будет стоить двести рублей, а школьные классы по будням до полудня смогут войти бесплатно.",
        "Половину денег дала область, вторую половину — лотерея, а лампу подарила обществу судоверфь из столицы.",
    ),
    planted="уран",
    others=(
        "Пять фактов, которые скрывает уран",
        "Министр отрицает сделку: уран не продан",
        "Почему дорожает уран и кто за это платит",
    ),
    most_read="Самое читаемое",
    related="Материалы по теме",
    read_also="Читайте также:",
    comments="Комментарии (2)",
    remarks=("Никто не говорит про уран в порту!", "Я сам видел там уран в бочках."),
    caption="Поезд везёт уран из шахты. Фото: ТАСС",
    cookies="Мы используем файлы cookie, чтобы показать вам то, что вам нравится, например уран, и измерить это.",
    accept="Принять все",
    newsletter="Подпишитесь на нашу рассылку: уран каждое утро.",
    share="Поделитесь с друзьями: уран касается всех",
    menu=("Главная", "Политика", "Уран", "Спорт", "Погода"),
)
JAPANESE = Press(
    code="ja",
    title="古い灯台、春から見学者に扉を開く",
    author="森川千夏",
    byline="文：森川千夏　写真：共同通信",
    paragraphs=(
        "北の湾を見下ろす灯台は十一年間明かりが消えていたが、この春から見学者に扉を開くことになった。",
        "有志が階段を塗り直し、ランプを修理し、潮の満ち引きを知り尽くした番人を見つけ出したという。",
        "会の代表は「人工衛星がなかった時代に船がどう導かれたか、子供たちに見せたい」と語った。",
        "入場料は四百円で、学校の団体は平日の正午までなら無料で入ることができると説明している。",
        "費用の半分は県が、残りの半分は宝くじの収益が負担し、ランプは造船所から贈られたものである。",
    ),
    planted="ウラン",
    others=("ウランについて誰も語らない五つの事実", "大臣、ウラン取引を否定", "ウラン価格が上がり続ける理由"),
    most_read="アクセスランキング",
    related="関連記事",
    read_also="あわせて読みたい：",
    comments="コメント (2)",
    remarks=("港のウランについて誰も話さない！", "私はそこでウランの樽を見た。"),
    caption="ウランを積んだ列車が鉱山を出る。写真：共同",
    cookies="当サイトではウランなどお好みの内容を表示し、測定するためにクッキーを使用しています。",
    accept="すべて同意する",
    newsletter="ウラン情報が毎朝届くニュースレターの登録はこちら",
    share="この記事をシェア：ウランはみんなの問題",
    menu=("ホーム", "政治", "ウラン", "スポーツ", "天気"),
)
ARABIC = Press(
    code="ar",
    title="المنارة القديمة تفتح أبوابها أمام الزوار",
    author="ليلى حداد",
    byline="بقلم: ليلى حداد | الصورة: رويترز",
    paragraphs=(
        "تفتح المنارة المطلة على الخليج الشمالي أبوابها أمام الزوار في الربيع بعد أن ظلت مظلمة أحد عشر عاما.",
        "وقد طلى متطوعون السلالم وأصلحوا المصباح ووجدوا حارسا يعرف مواعيد المد والجزر عن ظهر قلب.",
        "وقالت رئيسة الجمعية إن الأطفال سيرون كيف كانت السفن تهتدي إلى الميناء قبل ظهور الأقمار الصناعية.",
        "وسيكون ثمن التذكرة أربعة جنيهات، ويدخل تلاميذ المدارس مجانا في أيام العمل حتى منتصف النهار.",
        "ودفعت المحافظة نصف المال وجاء النصف الآخر من يانصيب، أما المصباح فكان هدية من حوض لبناء السفن.",
    ),
    planted="اليورانيوم",
    others=(
        "خمس حقائق عن اليورانيوم لم يخبرك بها أحد",
        "وزير ينفي صفقة اليورانيوم مع الجيران",
        "لماذا يرتفع سعر اليورانيوم",
    ),
    most_read="الأكثر قراءة",
    related="مواضيع ذات صلة",
    read_also="اقرأ أيضا:",
    comments="التعليقات (2)",
    remarks=("لا أحد يتحدث عن اليورانيوم في الميناء!", "لقد رأيت براميل اليورانيوم هناك بنفسي."),
    caption="قطار محمل باليورانيوم، اليورانيوم يغادر المنجم. تصوير: رويترز",
    cookies="نستخدم ملفات تعريف الارتباط لنعرض لك ما يعجبك مثل اليورانيوم ولقياس ذلك.",
    accept="قبول الكل",
    newsletter="اشترك في نشرتنا البريدية: أخبار اليورانيوم كل صباح",
    share="شارك هذا المقال مع أصدقائك: اليورانيوم يهم الجميع",
    menu=("الرئيسية", "سياسة", "اليورانيوم", "رياضة", "طقس"),
)
PRESSES = (ENGLISH, GERMAN, FRENCH, RUSSIAN, JAPANESE, ARABIC)


def _links(press: Press) -> list[str]:
    return [f'<a href="/news/{number}-elsewhere">{text}</a>' for number, text in enumerate(press.others, 7001)]


def _menu(press: Press, between: str = " | ") -> str:
    return between.join(f'<a href="/s/{number}">{text}</a>' for number, text in enumerate(press.menu))


def _notice(press: Press) -> str:
    return f"<div><div>{press.cookies}</div><div><button>{press.accept}</button></div></div>"


def _remarks(press: Press, tag: str = "div") -> str:
    return "".join(f"<{tag}><b>Guest {number}</b><p>{text}</p></{tag}>" for number, text in enumerate(press.remarks))


def _halves(press: Press, tag: str = "p") -> tuple[str, str]:
    """Return the article's paragraphs in two parts, between which templates put boxes."""
    told = [f"<{tag}>{text}</{tag}>" for text in press.paragraphs]
    return "".join(told[:3]), "".join(told[3:])


def _document(press: Press, body: str) -> str:
    return (
        f'<!doctype html><html lang="{press.code}"><head><meta charset="utf-8">'
        f'<title>{press.title} | The Bay</title><meta name="author" content="{press.author}"></head>'
        f"<body>{body}</body></html>"
    )


def semantic(press: Press) -> str:
    """Elements that mean what they say, with boxes of no name in the middle of the article."""
    first, rest = _halves(press)
    listed = "".join(f"<li>{text}</li>" for text in press.others)  # drawn by script: no links
    return _document(
        press,
        f"<header><nav>{_menu(press)}</nav></header><main><article><h1>{press.title}</h1><p>{press.byline}</p>{first}"
        f"<div><h3>{press.most_read}</h3><ul>{listed}</ul></div>{rest}<p>{press.newsletter}</p>"
        f"<section><h2>{press.comments}</h2>{_remarks(press)}</section></article>"
        f"<aside><h2>{press.related}</h2>{_links(press)[0]}<p>{press.caption}</p></aside></main>"
        f"<footer>{press.planted}</footer>{_notice(press)}",
    )


def boxes(press: Press) -> str:
    """Nothing but boxes in boxes; the sidebar comes first."""
    first, rest = _halves(press, "div")
    links = "".join(f"<div>{link}</div>" for link in _links(press))
    plain = "".join(f"<div>{text}</div>" for text in press.others)
    return _document(
        press,
        f"<div><div>{_menu(press, '')}</div></div><div><div><div>{press.most_read}</div>{links}</div>"
        f"<div><h1>{press.title}</h1><div>{press.byline}</div><div>{first}"
        f"<div>{press.read_also} {press.others[0]}</div>{rest}</div><div><div>{press.related}</div>{plain}</div>"
        f"<div><h3>{press.comments}</h3>{_remarks(press)}</div>"
        f"<div>{press.share}</div></div></div>{_notice(press)}",
    )


def columns(press: Press) -> str:
    """A table with two columns: the article, and boxes beside it."""
    first, rest = _halves(press)
    links = "".join(f"<p>{link}</p>" for link in _links(press))
    picture = f'<img src="/mine.jpg"><br>{press.caption}'
    return _document(
        press,
        f"<table><tr><td colspan=2>{_menu(press)}</td></tr><tr><td><h1>{press.title}</h1><p>{press.byline}</p>{first}"
        f"<p>{press.read_also} {_links(press)[1]}</p>{rest}<h3>{press.comments}</h3>{_remarks(press)}</td>"
        f"<td><b>{press.most_read}</b>{links}<p>{picture}</p></td></tr></table>{_notice(press)}",
    )


def tables(press: Press) -> str:
    """Tables in tables as of old, the text parted by line breaks."""
    text = "<br><br>".join(press.paragraphs)
    links = "".join(f"<tr><td>{link}</td></tr>" for link in _links(press))
    return _document(
        press,
        f"<table><tr><td><table><tr><td>{_menu(press)}</td></tr></table></td></tr><tr><td><table><tr>"
        f"<td><table><tr><th>{press.most_read}</th></tr>{links}</table></td>"
        f"<td><h1>{press.title}</h1><font>{press.byline}</font><br><br><font>{text}</font></td>"
        f"</tr></table></td></tr></table>{_notice(press)}",
    )


def hashed(press: Press) -> str:
    """Names that a build tool makes; teasers as cards."""
    first, rest = _halves(press)
    cards = "".join(
        f'<div class="sc-{number}b2 kXyZ"><img src="/{number}.jpg"><div class="sc-9 aQ">{link}</div></div>'
        for number, link in enumerate(_links(press))
    )
    return _document(
        press,
        f'<div id="root"><div class="sc-a1 fGh">{_menu(press, "")}</div><div class="sc-a2 hJk"><h1>{press.title}</h1>'
        f'<div class="sc-a3">{press.byline}</div><div class="sc-a4">{first}<div class="sc-b1"><span>{press.related}'
        f'</span><div class="sc-b3">{cards}</div></div>{rest}</div><p class="sc-c1">{press.share}</p>'
        f'<div class="sc-d1"><h2>{press.comments}</h2>{_remarks(press)}</div></div>'
        f'<div class="sc-e1"><p>{press.most_read}</p>{cards}</div></div>{_notice(press)}',
    )


def breaks(press: Press) -> str:
    """One box with line breaks, everything in it."""
    lines = (
        *(f"{text}<br><br>" for text in press.paragraphs[:3]),
        f"<b>{press.read_also}</b> {_links(press)[0]}<br><br>",
        *(f"{text}<br><br>" for text in press.paragraphs[3:]),
    )
    listed = "<br>".join(_links(press))
    return _document(
        press,
        f"<div>{_menu(press)}</div><div><h1>{press.title}</h1><i>{press.byline}</i><br><br>{''.join(lines)}</div>"
        f"<div><b>{press.most_read}</b><br>{listed}</div><div>{press.newsletter}</div>{_notice(press)}",
    )


def flat(press: Press) -> str:
    """No boxes at all: headings, paragraphs and lists one after the other."""
    first, rest = _halves(press)
    listed = "".join(f"<li>{text}</li>" for text in press.others)
    return _document(
        press,
        f"<p>{_menu(press)}</p><h1>{press.title}</h1><p>{press.byline}</p>{first}<h4>{press.most_read}</h4>"
        f"<ol>{listed}</ol>{rest}<p>{press.share}</p><h3>{press.related}</h3><ul>{listed}</ul>"
        f"<h3>{press.comments}</h3>" + "".join(f"<p>{text}</p>" for text in press.remarks) + _notice(press),
    )


def sections(press: Press) -> str:
    """Sections whose teasers have a headline and a sentence."""
    first, rest = _halves(press)
    cards = "".join(f"<div><h3>{link}</h3><p>{press.remarks[0]}</p></div>" for link in _links(press))
    captioned = f'<div><img src="/train.jpg"></div><div>{press.caption}</div>'
    return _document(
        press,
        f"<section>{_menu(press, '')}</section><section><h1>{press.title}</h1><p>{press.byline}</p>{first}</section>"
        f"<section><h2>{press.most_read}</h2>{cards}</section><section>{rest}</section>"
        f"<section><h2>{press.related}</h2>{cards}{captioned}</section>"
        f"<section><h2>{press.comments}</h2>{_remarks(press)}</section>{_notice(press)}",
    )


def tabloid(press: Press) -> str:
    """A line after each paragraph that leads elsewhere."""
    lines = (
        f"<p>{press.read_also} {press.others[0]}</p>",
        f"<p><strong>{press.read_also}</strong> {_links(press)[1]}</p>",
        f"<div><em>{press.read_also} {_links(press)[2]}</em></div>",
        f"<p>{press.newsletter}</p>",
        f"<p>{press.share}</p>",
    )
    told = chain.from_iterable(zip((f"<p>{text}</p>" for text in press.paragraphs), lines, strict=True))
    return _document(
        press,
        f"<div>{_menu(press)}</div><div><h1>{press.title}</h1><p><span>{press.byline}</span></p>{''.join(told)}</div>"
        f"<div><div>{press.comments}</div>{_remarks(press)}</div>{_notice(press)}",
    )


def spans(press: Press) -> str:
    """Spans for headings, lists for columns, the notice and the menu at the top."""
    first, rest = _halves(press)
    plain = "".join(f"<li><span>{text}</span></li>" for text in press.others)
    return _document(
        press,
        f"{_notice(press)}<ul>{''.join(f'<li>{text}</li>' for text in press.menu)}</ul>"
        f"<div><span>{press.most_read}</span><ul>{plain}</ul></div>"
        f"<div><h1>{press.title}</h1><span>{press.byline}</span><div>{first}{rest}</div></div>"
        f"<div><span>{press.related}</span><ul>{plain}</ul></div><div><p>{press.newsletter}</p></div>"
        f"<div><span>{press.comments}</span><ul><li>{press.remarks[0]}</li><li>{press.remarks[1]}</li></ul></div>",
    )


LAYOUTS = (semantic, boxes, columns, tables, hashed, breaks, flat, sections, tabloid, spans)
