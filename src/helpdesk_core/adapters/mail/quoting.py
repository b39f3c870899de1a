"""What was said in a mail, apart from what it quotes and how it is signed.

By lines, each looked at a bounded number of times, so that a megabyte of `>` costs no more than a
megabyte of words. Nothing is lost: what is not said is quoted, and where nothing would be left that
was said, everything was.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import attrs

_LONGEST_LINE = 1000  # of a line, as much is looked at
_ATTRIBUTION_LINES = 4  # of a wrapped "On ... wrote:"
_BLOCK_LINES = 10  # in which the headers of a quoted mail are looked for
_SIGNATURE_LINES = 15


def _one_of(*words: str) -> str:
    return "(?:" + "|".join(words) + ")"


# --- the words of many languages -----------------------------------------------------------------

# "On Monday, Eve wrote:", which ends with a colon and names what somebody did.
_WROTE = re.compile(
    r"(?<!\w)"
    + _one_of(
        "wrote", "writes", "said", "schrieb", "schreibt", "geschrieben", "ha scritto", "scrive",
        "a écrit", "écrit", "escribió", "escribe", "escreveu", "va escriure", "schreef", "skrev",
        "skreiv", "kirjoitti", "napisał(?:a|\\(a\\))?", "pisze", "napsal(?:a|\\(a\\))?", "napísal",
        "írta", "a scris", "έγραψε", "написав", "написал(?:а|\\(а\\))?", "пишет", "yazdı", "写道",
        "寫道",
        "님이 작성", "のメール", "viết", "geschreven", "skrifaði",
        "je napisao", "napisao je", "pravi",
    )
    + r"(?!\w)",
    re.IGNORECASE,
)  # fmt: skip
_WROTE_GLUED = re.compile("写道|寫道|님이 작성|のメール")
_OPENS = re.compile(
    _one_of(
        "On", "Am", "Le", "Il(?: giorno)?", "In data", "El", "Em", "A", "Op", "Den", "Dnia",
        "W dniu",
        "Dne", "Dňa", "Pe", "La", "Στις", "В", "Quoting", "Zitat von", "Il", "At", "Em", "Vào",
        "El dom|lun|mar|mié|jue|vie|sáb",
    )
    + r"(?=[\s,])",
)  # fmt: skip
_WROTE_BY = re.compile(r"<[^<>\s]+@[^<>\s]+>\)?\s*[:：]\*?\s*$")
_DATED = re.compile(r"\d{1,2}[:.h]\d{2}|\b(?:19|20)\d\d\b|\d[/.-]\d|\S@\S")

# "-----Original Message-----"
_ORIGINAL = _one_of(
    "Original Message", "Original message", "Ursprüngliche Nachricht", "Originalnachricht",
    "Original-Nachricht", "Messaggio originale", "Message d'origine", "Message d’origine",
    "Message original", "Mensaje original", "Mensagem [oO]riginal", "Oorspronkelijk bericht",
    "Origineel bericht", "Ursprungligt meddelande", "Opprinnelig melding", "Oprindelig meddelelse",
    "Alkuperäinen viesti", "Oryginalna wiadomość", "Wiadomość oryginalna", "Původní zpráva",
    "Eredeti üzenet", "Mesaj original", "Исходное сообщение", "Orijinal ileti",
    "原始邮件", "元のメッセージ",
    "Reply message", "Original email", "Original Appointment",
)  # fmt: skip
_SEPARATOR = re.compile(rf"[-_*=]{{2,12}}\s?{_ORIGINAL}\s?[-_*=]{{2,12}}\s*", re.IGNORECASE)
_RULE = re.compile(r"[_\-—]{10,200}\s*")

# The headers of a quoted mail, as Outlook and others write them above it.
_HEADERS = {
    "from": "From|Von|Da|De|Van|Från|Fra|Lähettäjä|Od|Feladó|De la|Από|От|От кого|Від|Kimden"
    "|Gönderen"
    "|发件人|寄件者|差出人|보낸 사람|Mittente|Expéditeur|Remitente",
    "date": "Date|Sent|Sent at|Datum|Gesendet|Data|Inviato|Date d'envoi|Envoyé|Enviado|Enviada"
    "|Enviado el|Enviado em|Enviada em|Fecha|Verzonden|Skickat|Sendt|Dato|Lähetetty|Wysłano"
    "|Odesláno"
    "|Elküldve|Trimis|Ημερομηνία|Дата|Отправлено|Надіслано|Tarih|Gönderilme"
    "|发送时间|日期|送信日時|보낸 날짜",
    "to": "To|An|A|À|Para|Aan|Till|Til|Vastaanottaja|Do|Komu|Címzett|Către|Προς|Кому|Kime"
    "|收件人|宛先"
    "|받는 사람|Destinatario|Destinataire",
    "cc": "Cc|Kopie|Copie à|CC",
    "subject": "Subject|Betreff|Oggetto|Objet|Asunto|Assunto|Onderwerp|Ämne|Emne|Aihe|Temat|Předmět"
    "|Tárgy|Subiect|Θέμα|Тема|Konu|主题|主旨|件名|제목",
}
_KIND = {word.casefold(): kind for kind, words in _HEADERS.items() for word in words.split("|")}
_HEADER = re.compile(r"[*_ \t]{0,4}([^\W\d_][^:：\n*]{0,20}?)[ \u00a0]?[*_]{0,2}[:：](?!/)")

# Somebody passes a mail on: what comes with it is what they want to say.
_FORWARD = re.compile(
    r"[-_=]{2,40}\s?(?:Forwarded|Weitergeleitete|Messaggio inoltrato|Inizio messaggio"
    r"|Message transféré"
    r"|Mensaje reenviado|Mensagem encaminhada|Doorgestuurd|Vidarebefordrat|Videresendt"
    r"|Treść przekazanej"
    r"|Přeposlaná|Пересылаемое|Пересланное)",
    re.IGNORECASE,
)
_FORWARD_SUBJECT = re.compile(
    r"\s*(?:fwd?|wg|tr|rv|enc|i|doorst|vb|vs|pd|továbbítás|转发|转寄)\s*[:：]", re.IGNORECASE
)

_SENT_FROM = re.compile(
    _one_of(
        r"Sent from (?:my|an?|the|Mail|Outlook|Yahoo|Proton|Samsung|Gmail|AOL|iPhone|iPad)\b",
        r"Sent (?:via|with|using) (?:my|the|Proton|BlackBerry|Airmail|Superhuman|Spark)\b",
        r"Get (?:Outlook|BlueMail|TypeApp) for",
        r"Von meinem .{1,40} gesendet", r"Gesendet (?:von|mit|aus|über)",
        "Outlook für .{1,20} beziehen",
        r"Hol(?:en Sie sich)? (?:dir )?Outlook für", r"Diese Nachricht wurde von meinem",
        r"Inviato (?:da|dal|con|tramite)\b", "Ottieni (?:BlueMail|Outlook) per",
        "Scarica Outlook per",
        r"Envoyé (?:de|depuis|à partir)\b", r"(?:Obtenez|Télécharger?z?) (?:Outlook|BlueMail) pour",
        r"Enviado (?:desde|do|da|de|a partir|via|con)\b", "Obtener (?:Outlook|BlueMail) para",
        "Obter (?:o )?(?:Outlook|BlueMail) para", "Baixar o Outlook para",
        r"Verzonden (?:vanaf|met|vanuit|via)\b", r"Verstuurd vanaf\b",
        "Outlook voor .{1,20} downloaden",
        r"Skickat från\b", r"Sendt fra\b", r"Lähetetty\b.{0,40}(?:sta|lta|stä|ltä)\b",
        r"Wysłan[eo] z\b",
        r"Odesláno z\b", r"Odoslané z\b", r"Elküldve\b", r"Trimis de pe\b",
        r"Отправлено (?:с|из)\b",
        "iPhone'umdan gönderildi", r"iPhoneから送信", "发自我的",
        "從我的 .{1,20} 傳送", "나의 .{1,20}에서 보냄",
        "Στάλθηκε από", "Enviat des de", "Надіслано з",
    ),
    re.IGNORECASE,
)  # fmt: skip


# --- splitting -----------------------------------------------------------------------------------


def is_forwarded(subject: str) -> bool:
    """Whether a subject says that the mail was passed on.

    >>> is_forwarded("WG: kein Toner"), is_forwarded("Re: Fwd: kein Toner")
    (True, False)
    """
    return _FORWARD_SUBJECT.match(subject) is not None


@attrs.define
class _Left:
    """The lines from `start` to `end` that nothing was found to be quoted of yet."""

    lines: Sequence[str]
    start: int
    end: int

    def trim(self) -> None:
        while self.start < self.end and not self.lines[self.start].strip():
            self.start += 1
        while self.end > self.start and not self.lines[self.end - 1].strip():
            self.end -= 1


def split_quoted(body: str, *, forwarded: bool = False) -> tuple[str, str]:
    """What was said, and the rest: quoted words with their attribution, and a signature (V15).

    Answers between quoted lines stay with them. Of a mail that is passed on (`forwarded`) the mail
    passed on is what was said.

    >>> split_quoted("None left.\\n\\n-- \\nEve")
    ('None left.', '-- \\nEve')
    >>> split_quoted("> Any ink?\\nNone.\\n> Paper?\\nLots.")[1]
    ''
    """
    lines = body.split("\n")
    left = _Left(lines, 0, len(lines))
    if not forwarded:
        _cut_quoted_mail(left)
    left.trim()
    while _peel_signature(left) or (not forwarded and _peel_quote(left)):
        left.trim()
    if not forwarded:
        _peel_leading(left)
    left.trim()
    if left.start == left.end:
        return body.strip("\n"), ""
    text = "\n".join(lines[left.start : left.end])
    rest = ["\n".join(part).strip("\n") for part in (lines[: left.start], lines[left.end :])]
    return text, "\n\n".join(part for part in rest if part.strip())


def _is_quote(line: str) -> bool:
    return line.startswith((">", " >", "|>", "\u00a0>"))


def _cut_quoted_mail(left: _Left) -> None:
    start = _start_of_quoted_mail(left.lines)
    if start < left.end:
        left.end = start
        left.trim()
        left.end = _above_attribution(left, left.end)


def _start_of_quoted_mail(lines: Sequence[str]) -> int:
    """Where a whole mail begins that is quoted without marks, to the end; else the end."""
    for at, line in enumerate(lines):
        if not line.strip():
            continue
        if _FORWARD.match(line) or _begins_forward(line):
            return len(lines)
        if _begins_quoted_mail(lines, at):
            return at
    return len(lines)


def _begins_forward(line: str) -> bool:
    return line.startswith(("Begin forwarded message:", "Anfang der weitergeleiteten Nachricht:",
                            "Inizio messaggio inoltrato:", "Début du message réexpédié",
                            "Inicio del mensaje reenviado"))  # fmt: skip


def _begins_quoted_mail(lines: Sequence[str], at: int) -> bool:
    line = lines[at][:_LONGEST_LINE]
    if _SEPARATOR.fullmatch(line):
        return True
    if _RULE.fullmatch(line):
        for under in range(at + 1, min(at + 4, len(lines))):
            if lines[under].strip():
                return _is_header_block(lines, under, first=None)
        return False
    return _is_header_block(lines, at) or _is_attribution_of_unmarked(lines, at)


def _is_header_block(lines: Sequence[str], at: int, *, first: str | None = "from") -> bool:
    """Three of the headers that mail programs put above what they quote; `first` is the first."""
    kind = _header_kind(lines[at])
    if kind is None or (first and kind != first):
        return False
    kinds = {_header_kind(line) for line in lines[at : at + _BLOCK_LINES]} - {None}
    return len(kinds) >= 3 and "from" in kinds and bool(kinds & {"date", "subject"})


def _header_kind(line: str) -> str | None:
    found = _HEADER.match(line[:100])
    return _KIND.get(found[1].strip().casefold()) if found else None


def _is_attribution_of_unmarked(lines: Sequence[str], at: int) -> bool:
    """`On 5 January 2026, Eve <eve@example.com> wrote:` above words without marks."""
    if not _OPENS.match(lines[at]):
        return False
    for last in range(at, min(at + _ATTRIBUTION_LINES, len(lines))):
        line = lines[last].rstrip()
        if not line:
            return False
        if line.endswith((":", "：")):
            words = " ".join(lines[at : last + 1])[:_LONGEST_LINE]
            if not (_says_wrote(words) and _DATED.search(words)):
                return False
            under = next((line for line in lines[last + 1 : last + 6] if line.strip()), ">")
            return not _is_quote(under)
    return False


def _says_wrote(words: str) -> bool:
    return (_WROTE.search(words) or _WROTE_GLUED.search(words)) is not None


def _peel_signature(left: _Left) -> bool:
    """A signature at the end: under `-- `, or a mail program's "Sent from"."""
    lines, end = left.lines, left.end
    if end > left.start and _is_sent_from(lines[end - 1]):
        left.end = end - 1
        return True
    for at in range(end - 1, max(left.start, end - _SIGNATURE_LINES) - 1, -1):
        if _is_quote(lines[at]):
            return False
        if lines[at].rstrip("\u00a0 ") in ("--", "—-", "\u2013"):
            left.end = at
            return True
    return False


def _is_sent_from(line: str) -> bool:
    words = line[:200].strip().lstrip("-—*_[ ")
    return len(line) <= 200 and _SENT_FROM.match(words) is not None


def _peel_quote(left: _Left) -> bool:
    """Marked lines at the end, with the line above that says whose words they are."""
    lines, at = left.lines, left.end
    while at > left.start and (_is_quote(lines[at - 1]) or not lines[at - 1].strip()):
        at -= 1
    if at == left.end:
        return False
    left.end = _above_attribution(left, at)
    return True


def _above_attribution(left: _Left, end: int) -> int:
    """Where the attribution begins that ends before `end`; `end` itself when there is none."""
    lines = left.lines
    if end == left.start or not lines[end - 1].rstrip("* \u00a0").endswith((":", "：")):
        return end
    words, found = "", end
    for at in range(end - 1, max(left.start, end - _ATTRIBUTION_LINES) - 1, -1):
        line = lines[at][-_LONGEST_LINE:]
        if not line.strip() or _is_quote(line):
            break
        words = f"{line} {words}"
        if _OPENS.match(line.lstrip("*- ")) and (_says_wrote(words) or _DATED.search(words)):
            return at
        if len(words) <= 200 and (_WROTE_BY.search(words) or _says_wrote(words)):
            opens = at == end - 1 or _DATED.search(line)
            found = at if opens else found  # a name opens it, or a date
    return found


def _peel_leading(left: _Left) -> None:
    """What is quoted before the first word that was said, when nothing is quoted after it."""
    lines, at = left.lines, left.start
    for line in range(at, min(at + _ATTRIBUTION_LINES + 1, left.end)):
        if _is_quote(lines[line]):
            if line != at and _above_attribution(left, _last_word(lines, at, line)) != at:
                return
            at = line
            break
    while at < left.end and (_is_quote(lines[at]) or not lines[at].strip()):
        at += 1
    if at < left.end and not any(_is_quote(line) for line in lines[at : left.end]):
        left.start = at


def _last_word(lines: Sequence[str], start: int, end: int) -> int:
    while end > start and not lines[end - 1].strip():
        end -= 1
    return end
