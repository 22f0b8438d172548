"""Lines that belong to a page and not to its article, by what they say in the languages of the press."""

from __future__ import annotations

import re

# Headings of boxes, and what stands on buttons: a line that says only this is none of the article's.
_LABELS = """
advertisement|advertising|sponsored|sponsored content|story continues below(?: advertisement)?|article continues below
read more|read (?:also|next)|also read|see also|more on this(?: story| topic)?|more about(?: this)?|more like this
related(?: articles?| stor(?:y|ies)| content| topics?| links?| news| coverage| reading)?
recommended(?: for you| reading)?
you (?:may|might) also (?:like|enjoy|be interested in)|most (?:read|popular|viewed|shared)|trending(?: now)?|popular now
don['\u2019]t miss|up next|more stories|editors?['\u2019]?s? picks?
top stories|latest (?:news|stories)|keep reading|continue reading
share(?: this(?: article| story| post)?)?|comments?|leave a (?:comment|reply)|copy link|article content|embed
sign up|subscribe|newsletter|follow us|back to top|explore further|what to read next|listen to this article
anzeige|werbung|auch interessant|lesen sie auch|lesen sie mehr|mehr zum thema|zum thema|mehr dazu|weitere artikel
das könnte (?:sie|dich) auch interessieren|meist ?gelesen
artikel teilen|teilen|kommentare|empfohlener redaktioneller inhalt
publicité|(?:à )?lire aussi|à lire|à découvrir|voir aussi|les plus lus|sur le même sujet|partager|commentaires
publicidad|le[ae] también|te puede interesar|le puede interesar|lo más leído|más leídas|noticias? relacionadas?
te recomendamos|compartir|comentarios|más sobre este tema|ver también
publicidade|continua (?:após|depois) da publicidade|leia (?:também|mais)|veja também|mais lidas|saiba mais|compartilhe
pubblicità|leggi anche|i più letti|potrebbe interessarti(?: anche)?|condividi|commenti
lees ook|lees meer|meest gelezen|advertentie|les også|les mer|annonse|läs (?:också|mer|även)|annons|læs (?:også|mere)
annonce|mest (?:lest|läst|læst)|lue myös|mainos
czytaj (?:też|także|więcej)|zobacz (?:też|także)|reklama|najczęściej czytane
čtěte (?:také|také)|mohlo by vás zajímat|olvassa el ezt is|citește și|vezi și|διαβάστε (?:επίσης|ακόμα)
читайте также|смотрите также|материалы по теме|по теме|реклама|самое читаемое|популярное|поделиться|комментарии
читайте також|прочетете още|ilgili haberler|çok okunanlar|ayr\u0131ca okuyun|reklam|paylaş|yorumlar
[اإ]قر[أا] (?:أيضا|أيضًا|أيضاً|المزيد)|(?:مواضيع|أخبار|مقالات) ذات صلة|ذات صلة|الأكثر قراءة|إعلان|شارك|تعليقات
بیشتر بخوانید|مطالب مرتبط|پربازدیدترین(?:\u200c\u0647\u0627)?|קראו (?:גם|עוד)|פרסומת|כתבות נוספות
(?:यह|ये) भी पढ़ें|विज्ञापन|संबंधित (?:खबरें|ख़बरें)|আরও পড়ুন
(?:相关|相關)(?:阅读|閱讀|新闻|新聞|文章|报道|報導)|延伸(?:阅读|閱讀)|推荐阅读|推薦閱讀|热门(?:新闻|文章|推荐)?|熱門(?:新聞|文章)?
更多(?:新闻|新聞)|广告|廣告|分享(?:到)?|评论|評論|猜你喜欢
関連(?:記事|ニュース|リンク|キーワード)|あわせて読みたい|おすすめ(?:記事|情報)|人気記事|アクセスランキング|広告|シェア|コメント
(?:관련|추천|인기)\\s?(?:기사|뉴스)|많이 본 (?:뉴스|기사)|함께 보면 좋은 기사|광고|공유(?:하기)?|댓글
อ่านเพิ่มเติม|อ่านต่อ|อ่านข่าวเพิ่มเติม|ข่าวที่เกี่ยวข้อง|ข่าวยอดนิยม|โฆษณา|แชร์|แท็ก
đọc thêm|xem thêm|tin liên quan|quảng cáo|baca juga|baca selengkapnya|berita terkait|terpopuler|iklan
"""
# What comes before the headline of another article, or a list of subjects, on the same line.
_LEADS = """
read (?:more|also|next)|also read|see also|see more
related(?: articles?| stor(?:y|ies)| reading)?|more on this|don['\u2019]t miss
tags|topics|filed under|lesen sie (?:auch|mehr)|auch interessant|mehr zum thema|schlagw[oö]rter|themen
(?:à )?lire aussi|voir aussi|mots[- ]clés|le[ae] también
te puede interesar|etiquetas|temas|leia (?:também|mais)|veja também
leggi anche|lees ook|les også|läs (?:också|mer|även)|læs også|lue myös|czytaj (?:też|także)|zobacz (?:też|także)
čtěte také|читайте также|смотрите также|теги|читайте також|ilgili haber|etiketler
[اإ]قر[أا] (?:أيضا|أيضًا|أيضاً|المزيد)|بیشتر بخوانید|קראו (?:גם|עוד)|(?:यह|ये) भी पढ़ें
(?:相关|相關)(?:阅读|閱讀|新闻|新聞)|延伸(?:阅读|閱讀)|推荐阅读|推薦閱讀|标签|標籤|関連記事|あわせて読みたい|タグ|관련\\s?기사
อ่านเพิ่มเติม|ข่าวที่เกี่ยวข้อง|แท็ก|đọc thêm|xem thêm|baca juga
"""
_ADDRESSED = r"newsletters?|inbox|our app|alerts|facebook|twitter|instagram|whatsapp|telegram|linkedin|youtube|bluesky"
_OFFER = re.compile(
    r"^\W*(?:sign up|subscribe|follow (?:us|our)|join us|get (?:the|our|all)|download|like us)\b"
    rf".{{0,200}}\b(?:{_ADDRESSED})\b",
    re.IGNORECASE,
)
_EDGE = r"[\s\W_]*"


def _either(phrases: str) -> str:
    return "|".join(phrases.strip().splitlines())


_LABEL = re.compile(rf"{_EDGE}(?:{_either(_LABELS)}){_EDGE}", re.IGNORECASE)
_LEAD = re.compile(rf"{_EDGE}(?:{_either(_LEADS)})\s*[:|\uff1a\u00bb\u203a>]", re.IGNORECASE)
_RULER = re.compile(r"[\s|:_*=\u2014\u2013-]+")
_LONGEST = 300  # characters of a line that is looked at: longer ones are the article's


def without_signs(text: str) -> str:
    """Return a text without the lines that are a box's heading, a button, an offer, or lead to another article."""
    return "\n\n".join(line for line in text.split("\n\n") if not _is_sign(line))


def _is_sign(line: str) -> bool:
    if len(line) > _LONGEST:
        return False
    return any(pattern.fullmatch(line) for pattern in (_LABEL, _RULER)) or any(
        pattern.match(line) for pattern in (_LEAD, _OFFER)
    )
