"""The months' names in thirty languages."""

from __future__ import annotations

import unicodedata
from functools import cache

# One line is one form of all twelve names; a name's beginnings of three letters or more count as abbreviations
# where no other month of the language begins so.
_NAMES = {
    "en": ("january february march april may june july august september october november december",),
    "fr": ("janvier février mars avril mai juin juillet août septembre octobre novembre décembre",),
    "de": (
        "januar februar märz april mai juni juli august september oktober november dezember",
        "jänner feber maerz april mai juni juli august september oktober november dezember",
        "jän feb mrz apr mai jun jul aug sept okt nov dez",
    ),
    "es": (
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "enero febrero marzo abril mayo junio julio agosto setiembre octubre noviembre diciembre",
    ),
    "it": ("gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",),
    "pt": ("janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",),
    "nl": (
        "januari februari maart april mei juni juli augustus september oktober november december",
        "jan feb mrt apr mei jun jul aug sept okt nov dec",
    ),
    "sv": ("januari februari mars april maj juni juli augusti september oktober november december",),
    "da": ("januar februar marts april maj juni juli august september oktober november december",),
    "no": ("januar februar mars april mai juni juli august september oktober november desember",),
    "id": (
        "januari februari maret april mei juni juli agustus september oktober november desember",
        "jan feb mar apr mei jun jul agt sep okt nov des",
    ),
    "ca": ("gener febrer març abril maig juny juliol agost setembre octubre novembre desembre",),
    "pl": (
        "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
        "styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień",
    ),
    "cs": (
        "ledna února března dubna května června července srpna září října listopadu prosince",
        "leden únor březen duben květen červen červenec srpen září říjen listopad prosinec",
    ),
    "sk": (
        "januára februára marca apríla mája júna júla augusta septembra októbra novembra decembra",
        "január február marec apríl máj jún júl august september október november december",
    ),
    "sl": (
        "januarja februarja marca aprila maja junija julija avgusta septembra oktobra novembra decembra",
        "januar februar marec april maj junij julij avgust september oktober november december",
    ),
    "hr": (
        "siječnja veljače ožujka travnja svibnja lipnja srpnja kolovoza rujna listopada studenoga prosinca",
        "siječanj veljača ožujak travanj svibanj lipanj srpanj kolovoz rujan listopad studeni prosinac",
    ),
    "hu": ("január február március április május június július augusztus szeptember október november december",),
    "ro": ("ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",),
    "tr": ("ocak şubat mart nisan mayis haziran temmuz ağustos eylül ekim kasim aralik",),
    "fi": (
        (
            "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta "
            "lokakuuta marraskuuta joulukuuta"
        ),
    ),
    "ru": (
        "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
        "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь",
    ),
    "uk": (
        "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
        "січень лютий березень квітень травень червень липень серпень вересень жовтень листопад грудень",
    ),
    "bg": ("януари февруари март април май юни юли август септември октомври ноември декември",),
    "sr": ("јануар фебруар март април мај јун јул август септембар октобар новембар децембар",),
    "el": (
        (
            "ιανουαρίου φεβρουαρίου μαρτίου απριλίου μαΐου ιουνίου ιουλίου αυγούστου σεπτεμβρίου οκτωβρίου "
            "νοεμβρίου δεκεμβρίου"
        ),
        (
            "ιανουάριος φεβρουάριος μάρτιος απρίλιος μάιος ιούνιος ιούλιος αύγουστος σεπτέμβριος οκτώβριος "
            "νοέμβριος δεκέμβριος"
        ),
    ),
    "he": (
        "ינואר פברואר מרץ אפריל מאי יוני יולי אוגוסט ספטמבר אוקטובר נובמבר דצמבר",
        "בינואר בפברואר במרץ באפריל במאי ביוני ביולי באוגוסט בספטמבר באוקטובר בנובמבר בדצמבר",
    ),
    "ar": (
        "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
        "كانون_الثاني شباط آذار نيسان أيار حزيران تموز آب أيلول تشرين_الأول تشرين_الثاني كانون_الأول",
        "جانفي فيفري مارس أفريل ماي جوان جويلية أوت سبتمبر أكتوبر نوفمبر ديسمبر",
        "يناير فبراير مارس أبريل ماي يونيو يوليوز غشت شتنبر أكتوبر نونبر دجنبر",
    ),
    "fa": ("ژانویه فوریه مارس آوریل مه ژوئن ژوئیه اوت سپتامبر اکتبر نوامبر دسامبر",),
    "ur": ("جنوری فروری مارچ اپریل مئی جون جولائی اگست ستمبر اکتوبر نومبر دسمبر",),
    "hi": (
        "जनवरी फरवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर",
        "जनवरी फ़रवरी मार्च अप्रैल मई जून जुलाई अगस्त सितम्बर अक्तूबर नवम्बर दिसम्बर",
    ),
    "th": (
        "มกราคม กุมภาพันธ์ มีนาคม เมษายน พฤษภาคม มิถุนายน กรกฎาคม สิงหาคม กันยายน ตุลาคม พฤศจิกายน ธันวาคม",
        "ม.ค ก.พ มี.ค เม.ย พ.ค มิ.ย ก.ค ส.ค ก.ย ต.ค พ.ย ธ.ค",
    ),
}
# Languages whose abbreviations are believed where nobody says in which language a date is written.
_COMMON = frozenset({"en", "fr", "de", "es", "it", "pt", "nl", "sv", "da", "no", "id", "ru", "el", "ar", "th", "he"})
_SPOKEN = {  # the language of a country whose sources do not say
    "hr": "hr", "pl": "pl", "cz": "cs", "sk": "sk", "si": "sl", "hu": "hu", "ro": "ro", "tr": "tr", "fi": "fi",
    "ua": "uk", "bg": "bg", "rs": "sr", "gr": "el",
}  # fmt: skip
_SHORTEST = 3


def month_of(name: str, language: str | None = None, country: str | None = None) -> int:
    """Return the month of a name or an abbreviation; 0 when there is none, or when it means two in two languages.

    *Listopad* is November to Poles and October to Croats: the language settles it, else the country.
    """
    key = _folded(name).rstrip(".")
    own = _names_in((language or "").partition("-")[0].lower() or _SPOKEN.get(country or "", ""))
    return own.get(key) or _names_anywhere().get(key, 0)


def is_thai(name: str) -> bool:
    """Tell whether a month is written in Thai, whose years are the Buddhist era's."""
    return "\u0e00" <= name[:1] <= "\u0e7f"


def _folded(name: str) -> str:
    """Return a name without case and marks."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in decomposed if unicodedata.category(char) != "Mn").replace("\u0131", "i")


@cache
def _names_in(language: str) -> dict[str, int]:
    """Map every name of a language and its certain abbreviations to the month."""
    meanings: dict[str, set[int]] = {}
    whole: dict[str, int] = {}
    for line in _NAMES.get(language, ()):
        for number, name in enumerate(map(_folded, line.split()), start=1):
            whole[name] = number
            for length in range(_SHORTEST, len(name)):
                meanings.setdefault(name[:length], set()).add(number)
    return {name: min(numbers) for name, numbers in meanings.items() if len(numbers) == 1} | whole


@cache
def _names_anywhere() -> dict[str, int]:
    """Map what means one month in whichever language to it: all whole names, the common languages' abbreviations."""
    meanings: dict[str, set[int]] = {}
    for language, lines in _NAMES.items():
        whole = {_folded(name) for line in lines for name in line.split()}
        for name, number in _names_in(language).items():
            if language in _COMMON or name in whole:
                meanings.setdefault(name, set()).add(number)
    return {name: min(numbers) for name, numbers in meanings.items() if len(numbers) == 1}
