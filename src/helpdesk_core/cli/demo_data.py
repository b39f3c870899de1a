"""What the demo is made of: people, time off, and tickets in seven languages from phrase tables.

Everything comes from a seed and nothing else, so that the same seed gives the same company.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from types import MappingProxyType

import attrs

from helpdesk_core.entities import Absence, Id, Role, User, UserKind, WeeklySchedule

#: Monday morning; the demo plays three weeks from here.
FIRST_DAY = datetime(2026, 3, 2, 7, tzinfo=UTC)
DAYS = 19  #: until Friday of the third week
TICKETS = 250
_COMPANY = "Inchiostro"

# --- people --------------------------------------------------------------------------------------

HR, IT, CARE = "hr", "it", "care"

#: Members of the teams: id, name, language, time zone; first the two of HR, then five and five.
_MEMBERS = (
    (HR, "giulia", "Giulia Ferri", "it", "Europe/Rome"),
    (HR, "tom", "Tom Baker", "en", "Europe/London"),
    (IT, "ada", "Ada Moretti", "it", "Europe/Rome"),
    (IT, "jonas", "Jonas Weber", "de", "Europe/Berlin"),
    (IT, "claire", "Claire Petit", "fr", "Europe/Paris"),
    (IT, "piotr", "Piotr Zieliński", "pl", "Europe/Warsaw"),
    (IT, "sam", "Sam Okafor", "en", "Europe/London"),
    (CARE, "lucia", "Lucía Romero", "es", "Europe/Madrid"),
    (CARE, "nikos", "Νίκος Παππάς", "el", "Europe/Athens"),
    (CARE, "marta", "Marta Nowak", "pl", "Europe/Warsaw"),
    (CARE, "luca", "Luca Conti", "it", "Europe/Rome"),
    (CARE, "emily", "Emily Clark", "en", "America/New_York"),
)
_EMPLOYEES = (
    ("franco", "Franco Galli", "it"),
    ("heidi", "Heidi Braun", "de"),
    ("louis", "Louis Bernard", "fr"),
    ("sara", "Sara Wood", "en"),
)
_PORTAL_USERS = (
    ("eleni", "Ελένη Γεωργίου", "el"),
    ("diego", "Diego Navarro", "es"),
    ("anna", "Anna Kowalska", "pl"),
    ("paolo", "Paolo Bianchi", "it"),
    ("greta", "Greta Schulz", "de"),
    ("marie", "Marie Laurent", "fr"),
    ("oliver", "Oliver Hughes", "en"),
)
_CONTACTS = (("bruno", "Bruno Sala", "it"), ("karin", "Karin Vogel", "de"))
ADMINISTRATOR = "root"
LEAD_OF_CARE = "lucia"


def people() -> list[User]:
    """Everybody: the administrator, members, employees, portal users, contacts.

    >>> len([user for user in people() if user.is_eligible])
    12
    """
    everybody = [_user(ADMINISTRATOR, "Rita Rossi", "en", UserKind.INTERNAL, {Role.ADMINISTRATOR})]
    for _, id, name, language, _ in _MEMBERS:
        roles = {Role.AGENT, Role.TEAM_LEAD} if id == LEAD_OF_CARE else {Role.AGENT}
        everybody.append(_user(id, name, language, UserKind.INTERNAL, roles))
    for kind, those in (
        (UserKind.INTERNAL, _EMPLOYEES),
        (UserKind.PORTAL, _PORTAL_USERS),
        (UserKind.CONTACT, _CONTACTS),
    ):
        everybody += [_user(id, name, language, kind, set()) for id, name, language in those]
    return everybody


def _user(id: str, name: str, language: str, kind: UserKind, roles: set[Role]) -> User:
    inside = kind is UserKind.INTERNAL
    return User(
        id=id,
        name=name,
        kind=kind,
        roles=frozenset(roles),
        email=f"{id}@{'inchiostro.example' if inside else 'customer.example'}",
        phone=None if inside else "+39 06 555 01 23",
        company=_COMPANY if inside else "",
        language=language,
    )


def members_of(team_id: str) -> tuple[str, ...]:
    """The members of a team in their order.

    >>> members_of("hr")
    ('giulia', 'tom')
    """
    return tuple(id for team, id, *_ in _MEMBERS if team == team_id)


def schedules() -> Mapping[Id, WeeklySchedule]:
    """Everybody works Monday to Friday, 9:00 to 17:30 by the clock on their own wall."""
    week = tuple((day, 9 * 60, 17 * 60 + 30) for day in range(5))
    return {
        id: WeeklySchedule(user_id=id, time_zone=zone, hours=week) for _, id, _, _, zone in _MEMBERS
    }


def time_off() -> tuple[Absence, ...]:
    """Who is away: of the whole of HR, too, from a Friday over the weekend to different days."""

    def away(user_id: str, first_day: int, days: float) -> Absence:
        start = FIRST_DAY.replace(hour=0) + timedelta(days=first_day)
        return Absence(user_id=user_id, start=start, end=start + timedelta(days=days))

    return (
        away("jonas", 2, 2),
        away("claire", 7, 5),
        away("sam", 14, 1),
        away("nikos", 3, 1),
        away("marta", 8, 9),
        away("luca", 15, 2),
        away("tom", 4, 6),
        away("giulia", 4, 1),
        away("giulia", 7, 1),
    )


# --- tickets -------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Arrival:
    """A ticket that comes in; `again` when it says what another one said before it."""

    id: str
    at: datetime
    team_id: str
    requester_id: str
    subject: str
    description: str
    priority: int
    language: str
    again: bool


@attrs.frozen
class _Phrases:
    """Of one language: requests by team, as subject and text, what goes around them, places."""

    requests: Mapping[str, tuple[tuple[str, str], ...]]
    openings: tuple[str, ...]
    endings: tuple[str, ...]
    once_more: str
    places: tuple[str, ...]


_PHRASES: Mapping[str, _Phrases] = MappingProxyType(
    {
        "en": _Phrases(
            {
                IT: (
                    ("Printer {n} in {place} prints nothing",
                     "Printer {n} in {place} takes the paper, hums, and gives back empty sheets."),
                    ("Laptop {n} does not connect to the VPN",
                     "Since this morning laptop {n} asks for the VPN password again and again."),
                    ("New monitor for desk {n}",
                     "The monitor on desk {n} in {place} flickers; could we have a new one?"),
                ),
                HR: (
                    ("Days of leave missing, badge {n}",
                     "My payslip of badge {n} shows two days of leave less than I have left."),
                    ("Wrong bank account on payslip {n}",
                     "Payslip {n} went to my old bank account. Could you correct it?"),
                ),
                CARE: (
                    ("Order {n} has not arrived in {place}",
                     "I ordered ink three weeks ago, order {n}, and nothing came to {place}."),
                    ("Invoice {n} is charged twice",
                     "Invoice {n} was taken from my card twice. Please refund one of the two."),
                    ("Cartridge {n} leaks",
                     "The cartridge with number {n} leaks blue ink over everything I print."),
                ),
            },
            ("Hello,", "Good morning,", "Dear team,"),
            ("Thank you!", "Kind regards", "Please help."),
            "I am writing a second time, nobody has answered yet.",
            ("London", "Leeds", "Bristol", "the second floor"),
        ),
        "it": _Phrases(
            {
                IT: (
                    ("La stampante {n} di {place} non stampa",
                     "La stampante {n} di {place} prende la carta ma i fogli escono bianchi."),
                    ("Il portatile {n} non si accende più",
                     "Da ieri il portatile {n} resta con lo schermo nero, anche in carica."),
                ),
                HR: (
                    ("Ferie residue sbagliate, matricola {n}",
                     "Nel cedolino della matricola {n} mancano due giorni di ferie."),
                    ("Richiesta di congedo, matricola {n}",
                     "Vorrei chiedere tre giorni di congedo; la mia matricola è {n}."),
                ),
                CARE: (
                    ("L'ordine {n} non è arrivato a {place}",
                     "Ho ordinato le cartucce tre settimane fa, ordine {n}: a {place} nulla."),
                    ("La fattura {n} è stata addebitata due volte",
                     "La fattura {n} risulta pagata due volte, chiedo il rimborso di una."),
                    ("La cartuccia {n} perde inchiostro",
                     "La cartuccia numero {n} perde: la carta è piena di macchie blu."),
                ),
            },
            ("Buongiorno,", "Salve,", "Gentile assistenza,"),
            ("Grazie mille.", "Cordiali saluti", "Resto in attesa."),
            "Scrivo per la seconda volta perché nessuno ha risposto.",
            ("Milano", "Bologna", "Città di Castello", "Bari"),
        ),
        "de": _Phrases(
            {
                IT: (
                    ("Drucker {n} in {place} druckt nicht",
                     "Der Drucker {n} in {place} zieht das Papier ein, es kommt aber leer heraus."),
                    ("Kein Zugriff auf das Laufwerk, Gerät {n}",
                     "Auf Gerät {n} fehlt seit dem Update das gemeinsame Laufwerk."),
                ),
                HR: (
                    ("Urlaubstage fehlen, Personalnummer {n}",
                     "Auf der Abrechnung zu Personalnummer {n} fehlen zwei Urlaubstage."),
                ),
                CARE: (
                    ("Bestellung {n} ist in {place} nicht angekommen",
                     "Vor drei Wochen habe ich Tinte bestellt, Bestellung {n}, und nichts ist da."),
                    ("Rechnung {n} wurde doppelt abgebucht",
                     "Die Rechnung {n} wurde zweimal abgebucht. Bitte einmal zurücküberweisen."),
                ),
            },
            ("Guten Tag,", "Hallo,", "Sehr geehrte Damen und Herren,"),
            ("Vielen Dank!", "Mit freundlichen Grüßen", "Bitte um Rückmeldung."),
            "Ich schreibe zum zweiten Mal, weil niemand geantwortet hat.",
            ("Köln", "Nürnberg", "Görlitz", "Hamburg"),
        ),
        "fr": _Phrases(
            {
                IT: (
                    ("L'imprimante {n} de {place} n'imprime plus",
                     "L'imprimante {n} de {place} avale le papier et rend des feuilles blanches."),
                    ("Mot de passe oublié, poste {n}",
                     "J'ai oublié mon mot de passe et le poste {n} est bloqué."),
                ),
                HR: (
                    ("Jours de congé manquants, matricule {n}",
                     "Il manque deux jours de congé sur la fiche de paie du matricule {n}."),
                ),
                CARE: (
                    ("La commande {n} n'est pas arrivée à {place}",
                     "J'ai commandé de l'encre il y a trois semaines, commande {n} : rien."),
                    ("La facture {n} a été débitée deux fois",
                     "La facture {n} a été prélevée deux fois, merci de m'en rembourser une."),
                ),
            },
            ("Bonjour,", "Madame, Monsieur,"),
            ("Merci d'avance.", "Bien cordialement", "Dans l'attente de votre réponse."),
            "J'écris pour la deuxième fois, personne ne m'a répondu.",
            ("Nîmes", "Besançon", "Lyon"),
        ),
        "es": _Phrases(
            {
                CARE: (
                    ("El pedido {n} no ha llegado a {place}",
                     "Pedí tinta hace tres semanas, pedido {n}, y a {place} no ha llegado nada."),
                    ("Me cobraron dos veces la factura {n}",
                     "La factura {n} se cobró dos veces. Les ruego que devuelvan una."),
                    ("El cartucho {n} pierde tinta",
                     "El cartucho número {n} gotea y mancha todo lo que imprimo."),
                ),
            },
            ("Buenos días:", "Hola:"),
            ("Muchas gracias.", "Un saludo"),
            "Escribo por segunda vez porque nadie ha contestado.",
            ("Logroño", "Cádiz", "Málaga"),
        ),
        "pl": _Phrases(
            {
                CARE: (
                    ("Zamówienie {n} nie dotarło do miasta {place}",
                     "Trzy tygodnie temu zamówiłam tusz, zamówienie {n}, i nic nie przyszło."),
                    ("Faktura {n} została pobrana dwa razy",
                     "Faktura {n} została pobrana dwukrotnie, proszę o zwrot jednej płatności."),
                ),
            },
            ("Dzień dobry,", "Witam,"),
            ("Dziękuję.", "Pozdrawiam serdecznie"),
            "Piszę po raz drugi, ponieważ nikt nie odpowiedział.",
            ("Łódź", "Kraków", "Gdańsk"),
        ),
        "el": _Phrases(
            {
                CARE: (
                    ("Η παραγγελία {n} δεν έφτασε στην πόλη {place}",
                     "Παρήγγειλα μελάνι πριν από τρεις εβδομάδες, παραγγελία {n}, και δεν ήρθε."),
                    ("Το τιμολόγιο {n} χρεώθηκε δύο φορές",
                     "Το τιμολόγιο {n} χρεώθηκε δύο φορές, παρακαλώ επιστρέψτε τη μία χρέωση."),
                ),
            },
            ("Καλημέρα σας,", "Γεια σας,"),
            ("Ευχαριστώ πολύ.", "Με εκτίμηση"),
            "Γράφω για δεύτερη φορά, γιατί δεν απάντησε κανείς.",
            ("Αθήνα", "Πάτρα", "Ηράκλειο"),
        ),
    }
)  # fmt: skip


def arrivals(seed: int, count: int) -> list[Arrival]:
    """The tickets of a seed, in order of time; about one in twelve says again what another said.

    >>> first, *_ = arrivals(17, 40)
    >>> first.id, first == arrivals(17, 40)[0], first == arrivals(18, 40)[0]
    ('T-001', True, False)
    """
    random = Random(seed)
    moments = sorted(_moment(random) for _ in range(count))
    tickets: list[Arrival] = []
    for number, at in enumerate(moments, start=1):
        id = f"T-{number:03}"
        earlier = [ticket for ticket in tickets[-40:] if not ticket.again]
        if earlier and random.random() < 1 / 12:
            tickets.append(_again(random, random.choice(earlier), id, at))
        else:
            tickets.append(_new(random, id, at))
    return tickets


def _moment(random: Random) -> datetime:
    """Mostly on a working day, though customers write in the evening and on Sundays too."""
    day = random.randrange(DAYS)
    if day % 7 >= 5 and random.random() < 0.6:
        day -= 3
    return FIRST_DAY + timedelta(days=day, minutes=random.randrange(13 * 60))


def _new(random: Random, id: str, at: datetime) -> Arrival:
    team_id = random.choices((HR, IT, CARE), weights=(1, 3, 4))[0]
    requesters = [*_PORTAL_USERS, *_CONTACTS] if team_id == CARE else _EMPLOYEES
    requester_id, _, language = random.choice(requesters)
    phrases = _PHRASES[language]
    subject, text = random.choice(phrases.requests[team_id])
    values = {"n": random.randrange(10_000, 99_999), "place": random.choice(phrases.places)}
    opening, ending = random.choice(phrases.openings), random.choice(phrases.endings)
    return Arrival(
        id=id,
        at=at,
        team_id=team_id,
        requester_id=requester_id,
        subject=subject.format(**values),
        description=f"{opening}\n{text.format(**values)}\n{ending}",
        priority=random.choices((0, 1, 2, 3), weights=(6, 3, 2, 1))[0],
        language=language,
        again=False,
    )


def _again(random: Random, earlier: Arrival, id: str, at: datetime) -> Arrival:
    """The same request once more, by the same person: louder, or with a sentence on top."""
    subject = earlier.subject.upper() if random.random() < 0.5 else earlier.subject
    once_more = _PHRASES[earlier.language].once_more
    lines = earlier.description.split("\n")
    description = "\n".join([lines[0], once_more, *lines[1:]])
    return attrs.evolve(earlier, id=id, at=at, subject=subject, description=description, again=True)


#: What an assignee answers, by language.
ANSWERS: Mapping[str, str] = MappingProxyType(
    {
        "en": "We are looking into it and will be back today.",
        "it": "Stiamo verificando e rispondiamo in giornata.",
        "de": "Wir sehen es uns an und melden uns heute noch.",
        "fr": "Nous regardons et revenons vers vous aujourd'hui.",
        "es": "Lo estamos mirando y respondemos hoy mismo.",
        "pl": "Sprawdzamy i odpowiemy jeszcze dziś.",
        "el": "Το κοιτάμε και θα σας απαντήσουμε σήμερα.",
    }
)
