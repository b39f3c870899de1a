"""Mails as various programs write them, in various languages, with what an eye sees in them."""

from __future__ import annotations

from textwrap import dedent

import attrs

from helpdesk_core.ports import Automatic


@attrs.frozen(kw_only=True)
class Said:
    """The words of a mail: what was said in it, and what stands around that."""

    body: str = attrs.field(converter=lambda text: dedent(text).strip("\n"))
    said: str = attrs.field(converter=lambda text: dedent(text).strip("\n"))
    forwarded: bool = False


#: By the program and language. What is in the body and not said, is quoted.
QUOTED: dict[str, Said] = {
    "gmail-english": Said(
        body="""\
            It works now.

            On Mon, 5 Jan 2026 at 10:12, Help Desk <desk@example.com> wrote:

            > Have you tried
            > another cable?
            """,
        said="It works now.",
    ),
    "gmail-wrapped": Said(
        body="""\
            Thanks!

            On Mon, 5 Jan 2026 at 10:12, A Help Desk With A Long Name <
            desk-with-a-long-name@support.example.com> wrote:

            > Have you tried?
            """,
        said="Thanks!",
    ),
    "gmail-italian": Said(
        body="""\
            Sì, grazie.

            Il giorno lun 5 gen 2026 alle ore 10:12 Assistenza <desk@example.com>
            ha scritto:

            > Ha provato?
            """,
        said="Sì, grazie.",
    ),
    "gmail-german": Said(
        body="""\
            Geht wieder.

            Am Mo., 5. Jan. 2026 um 10:12 Uhr schrieb Support <desk@example.com>:

            > Schon probiert?
            """,
        said="Geht wieder.",
    ),
    "gmail-french": Said(
        body="""\
            Merci !

            Le lun. 5 janv. 2026 à 10:12, Support <desk@example.com> a écrit :

            > Avez-vous essayé ?
            """,
        said="Merci !",
    ),
    "gmail-spanish": Said(
        body="""\
            Ya funciona.

            El lun, 5 ene 2026 a las 10:12, Soporte (<desk@example.com>) escribió:

            > ¿Ha probado?
            """,
        said="Ya funciona.",
    ),
    "gmail-portuguese": Said(
        body="""\
            Obrigado.

            Em seg., 5 de jan. de 2026 às 10:12, Suporte <desk@example.com>
            escreveu:

            > Já tentou?
            """,
        said="Obrigado.",
    ),
    "gmail-dutch": Said(
        body="""\
            Het werkt.

            Op ma 5 jan 2026 om 10:12 schreef Helpdesk <desk@example.com>:

            > Al geprobeerd?
            """,
        said="Het werkt.",
    ),
    "gmail-polish": Said(
        body="""\
            Działa.

            pon., 5 sty 2026 o 10:12 Pomoc <desk@example.com> napisał(a):

            > Czy próbowano?
            """,
        said="Działa.",
    ),
    "gmail-swedish": Said(
        body="""\
            Tack.

            Den mån 5 jan. 2026 kl 10:12 skrev Support <desk@example.com>:

            > Har du provat?
            """,
        said="Tack.",
    ),
    "gmail-russian": Said(
        body="""\
            Спасибо.

            пн, 5 янв. 2026 г. в 10:12, Поддержка <desk@example.com>:

            > Пробовали?
            """,
        said="Спасибо.",
    ),
    "gmail-japanese": Said(
        body="""\
            直りました。

            2026年1月5日(月) 10:12 サポート <desk@example.com>:

            > 試しましたか。
            """,
        said="直りました。",
    ),
    "gmail-chinese": Said(
        body="""\
            好了。

            支持 <desk@example.com> 于2026年1月5日周一 10:12写道：

            > 试过吗？
            """,
        said="好了。",
    ),
    "apple-iphone": Said(
        body="""\
            None left.

            Sent from my iPhone

            > On 5 Jan 2026, at 10:12, Help Desk <desk@example.com> wrote:
            >
            > Any ink?
            """,
        said="None left.",
    ),
    "apple-iphone-german": Said(
        body="""\
            Keine.

            Von meinem iPhone gesendet

            > Am 05.01.2026 um 10:12 schrieb Support <desk@example.com>:
            >
            > Tinte?
            """,
        said="Keine.",
    ),
    "outlook-english": Said(
        body="""\
            Still broken.

            Kind regards
            Eve

            From: Help Desk <desk@example.com>
            Sent: Monday, January 5, 2026 10:12 AM
            To: Eve Rossi <eve@example.com>
            Subject: Re: Printer

            Is it mended?
            """,
        said="Still broken.\n\nKind regards\nEve",
    ),
    "outlook-bold": Said(
        body="""\
            Still broken.

            *From:* Help Desk <desk@example.com>
            *Sent:* Monday, January 5, 2026 10:12 AM
            *To:* Eve Rossi <eve@example.com>
            *Subject:* Re: Printer

            Is it mended?
            """,
        said="Still broken.",
    ),
    "outlook-mobile": Said(
        body="""\
            Yes.

            Get Outlook for iOS<https://aka.ms/o0ukef>
            ________________________________
            From: Help Desk <desk@example.com>
            Sent: Monday, January 5, 2026 10:12:00 AM
            To: Eve Rossi <eve@example.com>
            Subject: Re: Printer

            Is it mended?
            """,
        said="Yes.",
    ),
    "outlook-german": Said(
        body="""\
            Nein.

            Von: Support <desk@example.com>
            Gesendet: Montag, 5. Januar 2026 10:12
            An: Eva <eve@example.com>
            Betreff: AW: Drucker

            Geht er?
            """,
        said="Nein.",
    ),
    "outlook-french": Said(
        body="""\
            Non.

            De : Support <desk@example.com>
            Envoyé : lundi 5 janvier 2026 10:12
            À : Ève <eve@example.com>
            Objet : RE: Imprimante

            Elle marche ?
            """,
        said="Non.",
    ),
    "outlook-italian": Said(
        body="""\
            No.

            Da: Assistenza <desk@example.com>
            Inviato: lunedì 5 gennaio 2026 10:12
            A: Eva <eve@example.com>
            Oggetto: R: Stampante

            Funziona?
            """,
        said="No.",
    ),
    "outlook-old": Said(
        body="""\
            No.

            -----Original Message-----
            From: Help Desk [mailto:desk@example.com]
            Sent: Monday, January 05, 2026 10:12 AM

            Is it mended?
            """,
        said="No.",
    ),
    "outlook-old-spanish": Said(
        body="""\
            No.

            -----Mensaje original-----
            De: Soporte
            Enviado el: lunes, 5 de enero de 2026 10:12

            ¿Funciona?
            """,
        said="No.",
    ),
    "web-without-marks": Said(
        body="""\
            Found it.

            On Monday, January 5, 2026, 10:12 AM, Help Desk <desk@example.com> wrote:

            Did you look under the lid?
            """,
        said="Found it.",
    ),
    "yahoo-old": Said(
        body="""\
            Found it.

            --- On Mon, 1/5/26, desk@example.com <desk@example.com> wrote:

            From: desk@example.com <desk@example.com>
            Subject: Printer
            To: eve@example.com
            Date: Monday, January 5, 2026, 10:12 AM

            Did you look?
            """,
        said="Found it.",
    ),
    "below-the-quote": Said(
        body="""\
            Bob wrote:
            > Any ink?

            None left.
            """,
        said="None left.",
    ),
    "between-the-quotes": Said(
        body="""\
            Bob wrote:
            > Any ink?
            None left.
            > Any paper?
            Lots.
            """,
        said="Bob wrote:\n> Any ink?\nNone left.\n> Any paper?\nLots.",
    ),
    "signed": Said(body="None left.\n\n-- \nEve Rossi\nPurchases", said="None left."),
    "signed-above-the-quote": Said(
        body="None left.\n-- \nEve\n\nOn Monday, Bob wrote:\n> Any ink?", said="None left."
    ),
    "signed-below-the-quote": Said(
        body="None left.\n\nOn Monday, Bob wrote:\n> Any ink?\n\n-- \nEve", said="None left."
    ),
    "mobile-italian": Said(body="Finito.\n\nInviato da iPhone", said="Finito."),
    "mobile-french": Said(body="Fini.\n\nEnvoyé de mon iPhone", said="Fini."),
    "mobile-spanish": Said(body="Ya.\n\nEnviado desde mi iPhone", said="Ya."),
    "mobile-portuguese": Said(body="Já.\n\nEnviado do meu iPhone", said="Já."),
    "mobile-dutch": Said(body="Klaar.\n\nVerstuurd vanaf mijn iPhone", said="Klaar."),
    "outlook-android": Said(
        body="Done.\n\nGet Outlook for Android<https://aka.ms/AAb9ysg>", said="Done."
    ),
    "nothing-but-a-quote": Said(
        body="On Monday, Bob wrote:\n> Any ink?", said="On Monday, Bob wrote:\n> Any ink?"
    ),
    "a-date-in-the-words": Said(
        body="On Monday at 10:30 the printer wrote:\n\nPC LOAD LETTER",
        said="On Monday at 10:30 the printer wrote:\n\nPC LOAD LETTER",
    ),
    "dashes-in-the-words": Said(
        body="First:\n--\nsecond\n" + "and more\n" * 20,
        said="First:\n--\nsecond\n" + "and more\n" * 20,
    ),
    "a-date-as-words": Said(
        body="The form says\nFrom: Rome\nDate: Monday\nand no more.",
        said="The form says\nFrom: Rome\nDate: Monday\nand no more.",
    ),
    "headers-as-words": Said(
        body="The form says\nFrom: Rome\nTo: Milan\nand does not print.",
        said="The form says\nFrom: Rome\nTo: Milan\nand does not print.",
    ),
    "passed-on-by-gmail": Said(
        body="""\
            Can you help him?

            ---------- Forwarded message ---------
            From: Bob <bob@example.com>
            Date: Mon, 5 Jan 2026 at 10:12
            Subject: Ink
            To: Eve <eve@example.com>

            None left.
            """,
        said="""\
            Can you help him?

            ---------- Forwarded message ---------
            From: Bob <bob@example.com>
            Date: Mon, 5 Jan 2026 at 10:12
            Subject: Ink
            To: Eve <eve@example.com>

            None left.
            """,
    ),
    "passed-on-by-outlook": Said(
        body="""\
            Bitte helfen.

            Von: Bob <bob@example.com>
            Gesendet: Montag, 5. Januar 2026 10:12
            Betreff: Tinte

            Keine da.
            """,
        said="""\
            Bitte helfen.

            Von: Bob <bob@example.com>
            Gesendet: Montag, 5. Januar 2026 10:12
            Betreff: Tinte

            Keine da.
            """,
        forwarded=True,
    ),
}  # fmt: skip


BOUNCE = b"""\
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.example.com>
To: desk@example.com
Subject: Undelivered Mail Returned to Sender
Message-ID: <bounce@mx.example.com>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=us-ascii

<eve@example.com>: mailbox full

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

Final-Recipient: rfc822; eve@example.com
Action: failed

--b
Content-Type: %(kind)s

From: desk@example.com
To: eve@example.com
Subject: Ink
Message-ID: <key.1@desk.example.com>
References: <first@example.com> <ticket.s.7@desk.example.com>

%(rest)s
--b--
"""
BOUNCE_IN_TEXT = b"""\
From: MAILER-DAEMON@mx.example.com
Subject: failure notice

Hi. This is the qmail-send program at mx.example.com.

From: desk@example.com
To: eve@example.com
Subject: Ink

--- Below this line is a copy of the message.

Return-Path: <desk@example.com>
Message-ID: <key.1@desk.example.com>
References: <first@example.com>
 <ticket.s.7@desk.example.com>
Subject: Ink
"""

_AWAY = "Ich bin bis Montag nicht da."

#: Headers and words of machines, and of people who are taken for some.
AUTOMATIC: dict[str, tuple[str, Automatic | None]] = {
    "somebody": ("Subject: Ink", None),
    "answering": ("Auto-Submitted: auto-replied", Automatic.REPLIED),
    "answering-with-a-comment": ("Auto-Submitted: auto-replied (vacation)", Automatic.REPLIED),
    "answering-to-nobody": ("Return-Path: <>\nAuto-Submitted: Auto-Replied", Automatic.REPLIED),
    "monitor": ("Auto-Submitted: auto-generated", Automatic.GENERATED),
    "notifier": ("Auto-Submitted: auto-notified", Automatic.GENERATED),
    "taken-at-its-word": ("Auto-Submitted: no\nPrecedence: list\nList-Id: <a.example.com>", None),
    "exchange-english": ("Subject: Automatic reply: Ink", Automatic.REPLIED),
    "exchange-german": (
        "Subject: Automatische Antwort: Tinte\nAuto-Submitted: auto-generated",
        Automatic.REPLIED,
    ),
    "exchange-italian": ("Subject: Risposta automatica: Toner", Automatic.REPLIED),
    "exchange-french": (
        "Subject: =?utf-8?q?R=C3=A9ponse_automatique_=3A_Encre?=", Automatic.REPLIED
    ),
    "exchange-spanish": ("Subject: =?utf-8?q?Respuesta_autom=C3=A1tica=3A_x?=", Automatic.REPLIED),
    "out-of-office": ("Subject: Out of Office: Ink", Automatic.REPLIED),
    "about-automatic-replies": ("Subject: Automatic reply does not work", None),
    "answer-to-an-automatic-reply": ("Subject: Re: Automatic reply: Ink", None),
    "exchange-all": ("X-Auto-Response-Suppress: All", Automatic.GENERATED),
    "exchange-itself": ("X-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply",
                        Automatic.GENERATED),
    "somebody-in-exchange": ("X-Auto-Response-Suppress: OOF", None),
    "inbox-rule": ("X-MS-Exchange-Inbox-Rules-Loop: eve@example.com", Automatic.REPLIED),
    "autoreply": ("X-Autoreply: yes", Automatic.REPLIED),
    "no-autoreply": ("X-Autoreply: no", None),
    "autorespond": ("X-Autorespond: Ink", Automatic.REPLIED),
    "autoresponder": ("X-Autoresponder: 1", Automatic.REPLIED),
    "procmail": ("X-Autogenerated: Reply", Automatic.REPLIED),
    "precedence-auto-reply": ("Precedence: auto_reply", Automatic.REPLIED),
    "x-precedence-auto-reply": ("X-Precedence: auto-reply", Automatic.REPLIED),
    "precedence-bulk": ("Precedence: bulk", Automatic.BULK),
    "precedence-junk": ("Precedence: JUNK", Automatic.BULK),
    "precedence-list": ("Precedence: list", Automatic.BULK),
    "precedence-first-class": ("Precedence: first-class", None),
    "x-precedence-bulk": ("X-Precedence: bulk", Automatic.BULK),
    "list": ("List-Id: Ink <ink.example.com>", Automatic.BULK),
    "newsletter": ("List-Unsubscribe: <mailto:out@example.com>", Automatic.BULK),
    "mailman-digest": ("X-Mailman-Version: 2.0.4", Automatic.BULK),
    "list-with-a-loop-mark": ("X-Loop: ink\nPrecedence: bulk", Automatic.BULK),
    "loop-mark": ("X-Loop: desk@example.com", Automatic.GENERATED),
    "cron": ("X-Cron-Env: <SHELL=/bin/sh>", Automatic.GENERATED),
    "to-nobody": ("Return-Path: <>", Automatic.BOUNCE),
    "exim": ("X-Failed-Recipients: eve@example.com", Automatic.BOUNCE),
    "mailer-daemon": ("From: MAILER-DAEMON@mx.example.com", Automatic.BOUNCE),
    "postmaster": ("From: Postmaster <postmaster@example.com>", Automatic.BOUNCE),
    "delivery-system": ("From: Mail Delivery Subsystem <x@example.com>", Automatic.BOUNCE),
    "somebody-like-a-daemon": ("From: mailer-daemons-fan@example.com", None),
    "delivery-report": (
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
        Automatic.BOUNCE,
    ),
    "opened": (
        "Content-Type: multipart/report; boundary=b; report-type=disposition-notification",
        Automatic.REPLIED,
    ),
    "complaint": (
        "Content-Type: multipart/report; report-type=feedback-report; boundary=b",
        Automatic.GENERATED,
    ),
}  # fmt: skip


def with_headers(headers: str, body: str = _AWAY) -> bytes:
    """A mail with these headers, from somebody when they do not say whom it is from."""
    given = headers if headers.startswith("From:") else f"From: eve@example.com\n{headers}"
    return f"{given}\n\n{body}\n".encode()
