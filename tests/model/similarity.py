"""How alike two tickets are (M1, M2): every word looked up and counted anew, for every pair.

Written from M1, M2 and from "The rating, to the last digit" in `docs/duplicates.md`, from which
the sentences in quotation marks are.

A ticket is dict(id, subject, description, customer, team, tags, created), `tags` a set and
`created` a moment; `weights` is a dict of the settings by their names. Texts hold no quotes,
signatures, stack traces or logs.
"""

import math
import unicodedata

LATIN = ("LATIN", "GREEK", "CYRILLIC")
SPACELESS = ("CJK", "HIRAGANA", "KATAKANA", "THAI")
FIELDS = ("customer", "team", "tags", "time")


# --- words ---------------------------------------------------------------------------------------


def name(character):
    return unicodedata.name(character, "")


def is_accent(character):
    return name(character).startswith("COMBINING") and not is_spaceless(character)


def is_spaceless(character):
    return any(script in name(character) for script in SPACELESS)


def normal(text):
    """M1: "blind to case, accents and Unicode form"."""
    for _ in range(3):
        text = unicodedata.normalize("NFKD", text.casefold())
    kept = ""
    for character in text:
        # "Marks are left out on Latin, Greek and Cyrillic letters only."
        if kept and name(kept[-1]).startswith(LATIN) and is_accent(character):
            continue
        # M1: "blind to case": of a dotless i the capital is that of another letter.
        kept += "i" if character == "ı" else character
    return unicodedata.normalize("NFC", kept)


def words(text):
    """The words of a text, in order."""
    found = []
    run = ""
    for character in normal(text)[:10_000] + " ":
        # "Words are runs of letters, marks and digits"
        if unicodedata.category(character)[0] in "LMN":
            run += character
            continue
        found += parts(run)
        run = ""
    return found


def parts(run):
    """One run, cut where a script that puts no spaces begins or ends."""
    pieces = []
    for character in run:
        spaceless = is_spaceless(character)
        if pieces and pieces[-1][1] == spaceless:
            pieces[-1][0] += character
        else:
            pieces.append([character, spaceless])
    found = []
    for text, spaceless in pieces:
        if not spaceless:
            found.append(text[:64])
        elif len(text) == 1:
            found.append(text)
        else:
            found += [text[at] + text[at + 1] for at in range(len(text) - 1)]
    return found


def said_by(ticket, weights):
    """The words of subject and description; those of a description that counts 0 are not there."""
    described = words(ticket["description"]) if weights["description"] else []
    return words(ticket["subject"]), described


# --- how much there is of a word -----------------------------------------------------------------


def amount(word, ticket, weights):
    """How much of a word a ticket holds, before it is saturated, and what of that is the subject's.

    "Each time in the subject counts `subject`, each time in the description `description`".
    """
    subject, description = said_by(ticket, weights)
    by_subject = weights["subject"] * subject.count(word)
    return by_subject + weights["description"] * description.count(word), by_subject


def value(word, ticket, weights):
    """The value of a word in a ticket: 0 where it is not, else 1 to 15."""
    much, _ = amount(word, ticket, weights)
    if much == 0:
        return 0
    subject, description = said_by(ticket, weights)
    length = len(subject) * weights["subject"] + len(description) * weights["description"]
    # "k = `saturation` × (1 − `length` + `length` × words / `usual_length`)"
    share = weights["length"] * length / weights["usual_length"]
    k = weights["saturation"] * (1 - weights["length"] + share)
    # "v = 4 × (1 + k) × n / (n + k), to the nearest whole number, from 1 to 15"
    return max(1, min(15, math.floor(4 * (1 + k) * much / (much + k) + 0.5)))


def values(ticket, weights):
    subject, description = said_by(ticket, weights)
    return {word: value(word, ticket, weights) for word in {*subject, *description}}


# --- how much a word says ------------------------------------------------------------------------


def rounded(number):
    """ "Of numbers of 64 or more, the first six binary digits count, and one is added to them." """
    step = 1
    while number // step >= 64:
        step *= 2
    return number if step == 1 else (number // step + 1) * step


def spoken(tickets, weights):
    """[(team, its words)] of some tickets: the crowd among which words are counted."""
    return [(one["team"], set(values(one, weights))) for one in tickets]


def says(word, crowd):
    """How much a word says among some tickets: "s = ln((N + 1) / (h + 0.5))"."""
    holders = sum(word in said for _, said in crowd)
    return math.log((rounded(len(crowd)) + 1) / (rounded(holders) + 0.5))


def weight(says, weights):
    """What a word counts, and what by chance, both as whole numbers."""
    says = min(max(says, 0.001), 50.0)
    counts = says ** weights["rarity"]
    chance = counts * counts * math.exp(-says)
    return max(1, round(200 * counts)), max(1, round(200 * chance))


def common_to(a, b, crowd):
    """ "Among the tickets of the team when both belong to one team of at least 200, or all." """
    if a["team"] == b["team"]:
        team = [one for one in crowd if one[0] == a["team"]]
        if len(team) >= 200:
            return team
    return crowd


# --- the rating ----------------------------------------------------------------------------------


def cosine(a, b, counts):
    """The cosine of two tickets, {word: value} each, over words that count so much."""
    dot = sum(counts[word] * a[word] * b[word] for word in a if word in b)
    lengths = [sum(counts[word] * one[word] ** 2 for word in one) for one in (a, b)]
    if dot * dot == lengths[0] * lengths[1]:
        return 1.0
    return dot / math.sqrt(lengths[0] * lengths[1])


def pieces(held):
    """{piece: how much of it} of a ticket: "runs of four characters, the ends of a word marked"."""
    found = {}
    for word, much in held.items():
        if len(word) >= 4:
            marked = "^" + word + "$"
            for at in range(len(marked) - 3):
                piece = marked[at : at + 4]
                found[piece] = found.get(piece, 0) + much
    return found


def by_chance(held, counts, chances):
    """What a ticket has in common with any other by chance."""
    above = sum(chances[word] * much**2 for word, much in held.items())
    return math.sqrt(above / sum(counts[word] * much**2 for word, much in held.items()))


def compared(a, b, crowd, weights, says_of=None):
    """(rating of the texts, what words and pieces gave to it by M2, what each word gave)."""
    one, other = values(a, weights), values(b, weights)
    if not one or not other:
        # M1: "Without any content: 0 with everything but itself."
        return (1.0 if not one and not other and a["id"] == b["id"] else 0.0), 0.0, {}
    among = common_to(a, b, crowd)
    asked = says_of or (lambda word: says(word, among))
    both = {word: weight(asked(word), weights) for word in {*one, *other}}
    counts = {word: pair[0] for word, pair in both.items()}
    chances = {word: pair[1] for word, pair in both.items()}
    gave = {word: counts[word] * one[word] * other[word] for word in one if word in other}
    of_words = cosine(one, other, counts)
    if of_words in (0, 1):
        return of_words, 0.0, gave
    likeness, from_pieces = of_words, 0.0
    small, others = pieces(one), pieces(other)
    if small and others:
        of_pieces = cosine(small, others, dict.fromkeys({*small, *others}, 1))
        # "c is `pieces` of their cosine and the rest of that of the words"
        from_pieces = weights["pieces"] * of_pieces
        likeness = (1 - weights["pieces"]) * of_words + from_pieces
        from_pieces /= likeness
    if likeness >= 1:
        return 1.0, from_pieces, gave
    # "the odds c / (1 − c) are divided by (chance / 0.36) ^ `chance`"
    chance = (by_chance(one, counts, chances) + by_chance(other, counts, chances)) / 2
    odds = likeness / (1 - likeness) / (chance / 0.36) ** weights["chance"]
    return odds / (1 + odds), from_pieces, gave


def fields(a, b, weights):
    """{field: (its part of a rating, how alike it is)} of the fields that both have."""
    found = {}
    if a["customer"] is not None and b["customer"] is not None:
        found["customer"] = weights["customer"], float(a["customer"] == b["customer"])
    found["team"] = weights["team"], float(a["team"] == b["team"])
    if a["tags"] and b["tags"]:
        same = len(a["tags"] & b["tags"]) / len(a["tags"] | b["tags"])
        found["tags"] = weights["tags"], same
    if weights["time"]:
        days = abs((a["created"] - b["created"]).total_seconds()) / 86_400
        found["time"] = weights["time"], 0.5 ** (days / weights["half_life_days"])
    return found


def rate(a, b, crowd, weights, says_of=None):
    """(rating, {field: its share}): M2: "The rating shows what it came from: each field's share".

    `crowd` is what `spoken` gives of the tickets among which words are counted; `says_of`, where
    it is given, tells in its place what a word says.
    """
    text, _, gave = compared(a, b, crowd, weights, says_of)
    found = fields(a, b, weights)
    rating = text * (1 - sum(part * (1 - same) for part, same in found.values()))
    if not gave:
        return (1.0 if text else 0.0), {"subject": text, "description": 0.0} | dict.fromkeys(
            found, 0.0
        )
    shares = {field: text * part * same for field, (part, same) in found.items()}
    of_texts = text * (1 - sum(part for part, _ in found.values()))
    by_subject = sum(
        gave[word] * (subjects_part(word, a, weights) + subjects_part(word, b, weights)) / 2
        for word in gave
    ) / sum(gave.values())
    shares["subject"] = of_texts * by_subject
    shares["description"] = of_texts * (1 - by_subject)
    return rating, shares


def subjects_part(word, ticket, weights):
    """ "What of a word is the subject's is kept in parts of 255, rounded down"."""
    much, by_subject = amount(word, ticket, weights)
    return math.floor(255 * by_subject / much) / 255


def explain(a, b, crowd, weights):
    """({word in common: what it gave}, what pieces of words gave), of the shares of the texts."""
    _, shares = rate(a, b, crowd, weights)
    _, from_pieces, gave = compared(a, b, crowd, weights)
    if not gave:
        return {}, 0.0
    of_texts = shares["subject"] + shares["description"]
    for_one = of_texts * (1 - from_pieces) / sum(gave.values())
    return {word: much * for_one for word, much in gave.items()}, of_texts * from_pieces


def most_similar(asked, tickets, limit, weights, among=None):
    """[(id, rating)]: M1: "listed in the order of the rating that is shown", then by id.

    M11: "Candidates the caller may not see are not hinted at": they are left out before the limit.
    """
    crowd = spoken(tickets, weights)
    found = []
    for other in tickets:
        if other["id"] != asked["id"] and (among is None or other["id"] in among):
            rating, _ = rate(asked, other, crowd, weights)
            if rating > 0:
                found.append((-rating, other["id"]))
    return [(ticket_id, -rating) for rating, ticket_id in sorted(found)[:limit]]
