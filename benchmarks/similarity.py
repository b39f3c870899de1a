"""Finding duplicates among labelled reports, against others, in the same run.

    python benchmarks/similarity.py FOLDER [--queries 1000] [--peers] [--live] [--groups]
        [--ablation] [--adversaries]

FOLDER holds `reports.csv` (id, product, title, body, duplicate_group) and `queries.txt` (the ids
that are asked). A hit is when one of the same group is among the first ten. The peers, which are no
dependency of this project, go into an environment of their own:

    python -m venv peers
    peers/bin/pip install '.[text]' bm25s PyStemmer scikit-learn rapidfuzz stopwordsiso
    peers/bin/python benchmarks/similarity.py FOLDER --peers --live --groups --ablation

Times are those of the processor, so that whatever else runs on the machine counts little.
"""

from __future__ import annotations

import argparse
import csv
import gc
import random
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import attrs

from helpdesk_core import SimilarityIndex, Ticket
from helpdesk_core.adapters.text import SnowballWords
from helpdesk_core.duplicates import Weights, words

SEED = 2026  # of the half of the groups that the settings were fitted on
FIRST = datetime(2020, 1, 1, tzinfo=UTC)

csv.field_size_limit(2**30)


# --- the data ------------------------------------------------------------------------------------


@attrs.frozen
class Reports:
    """Labelled reports, in order of arrival, and the ids that are asked."""

    rows: list[dict[str, str]]
    queries: list[str]
    groups: dict[str, set[str]]  # of each id that has duplicates, the whole group

    def fitted(self) -> set[str]:
        """The ids of the half of the groups that the settings were fitted on."""
        names = sorted({row["duplicate_group"] for row in self.rows if row["duplicate_group"]})
        half = set(random.Random(SEED).sample(names, len(names) // 2))
        return {row["id"] for row in self.rows if row["duplicate_group"] in half}


def read(folder: Path) -> Reports:
    if not (folder / "reports.csv").exists():
        sys.exit(f"skipped: no reports.csv in {folder}")
    with (folder / "reports.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    members: dict[str, set[str]] = {}
    for row in rows:
        if row["duplicate_group"]:
            members.setdefault(row["duplicate_group"], set()).add(row["id"])
    groups = {id: ids for ids in members.values() for id in ids}
    return Reports(rows, (folder / "queries.txt").read_text().split(), groups)


def tickets(rows: Iterable[dict[str, str]], *, product: bool) -> list[Ticket]:
    """A ticket per report; with `product`, each product has a team of its own."""
    return [
        Ticket(
            id=row["id"],
            team_id=row["product"] if product else "one queue",
            stage_id="new",
            subject=" ".join(_clean(row["title"]).split())[:500] or "…",
            description=_clean(row["body"]),
            created_at=FIRST + timedelta(seconds=number),
        )
        for number, row in enumerate(rows)
    ]


def _clean(text: str) -> str:
    return "".join(c if c.isprintable() or c in "\n\t" else " " for c in text)


# --- one question after the other ----------------------------------------------------------------


@attrs.frozen
class Result:
    """The places at which a duplicate was found, 0 for none, and the seconds each time."""

    places: dict[str, int]
    seconds: list[float]

    def recall(self, only: Callable[[str], bool] = lambda id: True) -> float:
        return statistics.mean(place > 0 for id, place in self.places.items() if only(id))

    def mrr(self, only: Callable[[str], bool] = lambda id: True) -> float:
        return statistics.mean(
            1 / place if place else 0 for id, place in self.places.items() if only(id)
        )

    def line(self, name: str, fitted: set[str] | None = None) -> str:
        other = "" if fitted is None else f"{self.recall(lambda id: id not in fitted):.3f} / "
        other += "" if fitted is None else f"{self.mrr(lambda id: id not in fitted):.3f}"
        slowest = sorted(self.seconds)[int(0.99 * len(self.seconds))]
        return (
            f"| {name} | {self.recall():.3f} | {self.mrr():.3f} | {other} "
            f"| {statistics.median(self.seconds) * 1e3:.2f} ms | {slowest * 1e3:.2f} ms |"
        )


def ask(
    reports: Reports,
    queries: Sequence[str],
    find: Callable[[str], Iterable[str]],
    clock: Callable[[], float] = time.thread_time,
) -> Result:
    """Ask one by one; `find` gives ids, best first, of which the first ten others count."""
    places, seconds = {}, []
    for id in queries:
        began = clock()
        found = list(find(id))
        seconds.append(clock() - began)
        others = [other for other in found if other != id][:10]
        hits = (n for n, other in enumerate(others, 1) if other in reports.groups[id])
        places[id] = next(hits, 0)
    return Result(places, seconds)


def ours(
    reports: Reports,
    queries: Sequence[str],
    *,
    product: bool,
    split: Any,
    weights: Weights | None = None,
    rows: list[dict[str, str]] | None = None,
) -> Result:
    """The library, asked with each ticket as if it were new: its words are taken anew."""
    everything = tickets(reports.rows if rows is None else rows, product=product)
    by_id = {ticket.id: ticket for ticket in everything}
    index = SimilarityIndex(everything, weights=weights or Weights(), split=split)
    gc.freeze()
    result = ask(
        reports, queries, lambda id: [m.ticket_id for m in index.most_similar(by_id[id], 10)]
    )
    gc.unfreeze()
    return result


# --- the others ----------------------------------------------------------------------------------


def peers(reports: Reports, queries: Sequence[str], fitted: set[str]) -> None:
    """Each as its own documentation uses it, one question after the other."""
    import bm25s
    import rapidfuzz
    import Stemmer
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.neighbors import NearestNeighbors

    ids = [row["id"] for row in reports.rows]
    row_of = {row["id"]: row for row in reports.rows}

    def bm25(name: str, text: Callable[[dict[str, str]], str], **options: Any) -> None:
        retriever = bm25s.BM25()
        texts = [text(row) for row in reports.rows]
        retriever.index(bm25s.tokenize(texts, show_progress=False, **options), show_progress=False)

        def find(id: str) -> list[str]:
            asked = bm25s.tokenize([text(row_of[id])], show_progress=False, **options)
            found, _ = retriever.retrieve(asked, k=11, show_progress=False)
            return [ids[place] for place in found[0]]

        print(ask(reports, queries, find).line(name, fitted), flush=True)

    stemmer = Stemmer.Stemmer("english")
    bm25(
        "bm25s, title counted twice, stemmed",
        lambda row: f"{row['title']} {row['title']} {row['body']}",
        stemmer=stemmer,
    )
    bm25("bm25s as it comes", lambda row: f"{row['title']} {row['body']}")

    vectorizer = TfidfVectorizer(sublinear_tf=True)
    vectors = vectorizer.fit_transform(f"{row['title']} {row['body']}" for row in reports.rows)
    neighbours = NearestNeighbors(n_neighbors=11, metric="cosine").fit(vectors)

    def tfidf(id: str) -> list[str]:
        row = row_of[id]
        vector = vectorizer.transform([f"{row['title']} {row['body']}"])
        return [ids[place] for place in neighbours.kneighbors(vector)[1][0]]

    line = ask(reports, queries[:400], tfidf).line("scikit-learn TF-IDF (sublinear)", fitted)
    print(line, flush=True)

    titles = [row["title"] for row in reports.rows]

    def fuzzy(id: str) -> list[str]:
        found = rapidfuzz.process.extract(
            row_of[id]["title"], titles, scorer=rapidfuzz.fuzz.token_set_ratio, limit=11
        )
        return [ids[place] for _, _, place in found]

    line = ask(reports, queries[:100], fuzzy).line("rapidfuzz token_set_ratio, titles", fitted)
    print(line, flush=True)


# --- live ----------------------------------------------------------------------------------------


def live(reports: Reports) -> None:
    """Tickets added a second; memory; and each ticket checked, then added, in order of arrival."""
    everything = tickets(reports.rows, product=True)
    split = SnowballWords("english")
    index = SimilarityIndex(split=split)
    paces: list[float] = []
    for ticket in everything:
        began = time.thread_time()
        index.add(ticket)
        paces.append(time.thread_time() - began)
    longest = sorted(paces)
    print(
        f"added: {len(everything) / sum(paces):,.0f} a second;"
        f" each {statistics.median(paces) * 1e6:.0f} µs in the median,"
        f" {longest[int(0.99 * len(paces))] * 1e6:.0f} µs at the 99th percentile,"
        f" {longest[-1] * 1e3:.1f} ms at most"
    )
    del index
    gc.collect()
    tracemalloc.start()
    index = SimilarityIndex(split=split)
    for ticket in everything:
        index.add(ticket)
    gc.collect()
    added = tracemalloc.get_traced_memory()[0]
    for ticket in everything[::20]:
        index.most_similar(ticket, 10)
    gc.collect()
    asked = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    print(
        f"memory: {added / len(everything):,.0f} bytes a ticket beside its text;"
        f" {asked / len(everything):,.0f} after {len(everything[::20]):,} questions"
    )
    del index
    gc.collect()
    for product in (True, False):
        index = SimilarityIndex(split=SnowballWords("english"))
        seen: set[str] = set()
        places, seconds = {}, []
        began_all = time.thread_time()
        for ticket in tickets(reports.rows, product=product):
            began = time.thread_time()
            found = [match.ticket_id for match in index.most_similar(ticket, 10)]
            index.add(ticket)
            seconds.append(time.thread_time() - began)
            group = reports.groups.get(str(ticket.id), set())
            if group & seen:
                places[str(ticket.id)] = next(
                    (n for n, other in enumerate(found, 1) if other in group), 0
                )
            seen.add(str(ticket.id))
        print(
            Result(places, seconds).line(
                f"check, then add, {'product known' if product else 'one queue'}"
                f" ({len(places):,} with an earlier duplicate)"
            )
            + f" {len(seen) / (time.thread_time() - began_all):,.0f} a second",
            flush=True,
        )


# --- groups --------------------------------------------------------------------------------------


def groups(reports: Reports, threshold: float = 0.5) -> None:
    """Groups by candidates against every pair: the share that is missed, and the time."""
    split = SnowballWords("english")
    for sample in range(3):
        rows = random.Random(sample).sample(reports.rows, 3000)
        missed, pairs, ours_s, every_s = _against_every_pair(rows, split, threshold)
        print(
            f"3,000 tickets: {missed} of {pairs} pairs in groups missed;"
            f" {ours_s:.1f} s against {every_s:.1f} s",
            flush=True,
        )
    for count in (20_000, 100_000):
        rows = [
            dict(row, id=f"{row['id']}-{n // len(reports.rows)}")
            for n, row in zip(range(count), reports.rows * 2, strict=False)
        ]
        index = SimilarityIndex(tickets(rows, product=True), split=split)
        began = time.thread_time()
        found = index.groups(threshold)
        print(
            f"{count:,} tickets: {len(found):,} groups in {time.thread_time() - began:.0f} s",
            flush=True,
        )


def _against_every_pair(
    rows: list[dict[str, str]], split: Any, threshold: float
) -> tuple[int, int, float, float]:
    from helpdesk_core.duplicates.groups import Pairs, grouped

    everything = tickets(rows, product=True)
    index = SimilarityIndex(everything, split=split)
    began = time.thread_time()
    found = {
        frozenset((group.master_id, member.ticket_id))
        for group in index.groups(threshold)
        for member in group.members
    }
    ours_s = time.thread_time() - began
    began = time.thread_time()
    pairs = Pairs(threshold, frozenset())
    contents = [content for content in index._contents if content is not None]
    for place, content in enumerate(contents):
        for team in {other.team_id for other in contents}:
            probe = index._probe(content, index._common(team if team == content.team_id else None))
            for other in contents[place + 1 :]:
                if other.team_id == team:
                    pairs.add(content, other, probe.rating(other))
    every = {
        frozenset((master.ticket_id, member.ticket_id))
        for master, members in grouped(pairs)
        for member in members
    }
    return len(every - found), len(every), ours_s, time.thread_time() - began


# --- what each idea gave -------------------------------------------------------------------------


def ablation(reports: Reports, queries: Sequence[str]) -> None:
    """The whole, and the whole without one idea after the other."""
    stemmed, usual = SnowballWords("english"), Weights()
    kinds: dict[str, tuple[Weights, Any]] = {
        "the whole": (usual, stemmed),
        "no stemming (core only)": (usual, words),
        "likeness not weighed against chance": (attrs.evolve(usual, chance=0), stemmed),
        "no pieces of words": (attrs.evolve(usual, pieces=0), stemmed),
        "neither": (attrs.evolve(usual, chance=0, pieces=0), stemmed),
        "neither, no stemming": (attrs.evolve(usual, chance=0, pieces=0), words),
        "the subject counts once": (attrs.evolve(usual, subject=1), stemmed),
        "repeated words count in full": (attrs.evolve(usual, saturation=50), stemmed),
        "repeated words count once": (attrs.evolve(usual, saturation=0), stemmed),
        "length of a text ignored": (attrs.evolve(usual, length=0), stemmed),
        "rarity counts less (0.6)": (attrs.evolve(usual, rarity=0.6), stemmed),
        "rarity counts twice (2)": (attrs.evolve(usual, rarity=2), stemmed),
        "other teams lose nothing": (attrs.evolve(usual, team=0), stemmed),
        "noise stays": (usual, _noisy(stemmed)),
    }
    try:
        from stopwordsiso import stopwords
    except ImportError:
        print("stopwordsiso is not installed: without it")
    else:
        stop_words = stopwords("en")
        kinds["stop words of stopwordsiso left out"] = (
            usual,
            SnowballWords("english", stop_words=stop_words),
        )
    print("| | product known | one queue |")
    print("|---|---|---|")
    for name, (weights, split) in kinds.items():
        known, queue = (
            ours(reports, queries, product=product, split=split, weights=weights)
            for product in (True, False)
        )
        print(
            f"| {name} | {known.recall():.3f} / {known.mrr():.3f}"
            f" | {queue.recall():.3f} / {queue.mrr():.3f} |",
            flush=True,
        )


def _noisy(split: SnowballWords) -> Callable[[str], list[str]]:
    """The same words, with what would be left out as noise: a line break hides what a line is."""
    return lambda text: split(" ".join(text.split()))


# --- adversaries ---------------------------------------------------------------------------------


def adversaries() -> None:
    """Each call is bounded, whatever is sent: its longest time, and the most that it took."""

    def made(id: Any, subject: str, description: str = "") -> Ticket:
        return Ticket(
            id=id,
            team_id="it",
            stage_id="new",
            subject=subject,
            description=description,
            created_at=FIRST,
        )

    same = "the printer on the second floor prints nothing since this morning"
    mebibyte = 2**20
    worlds: dict[str, list[Ticket]] = {
        "10,000 with the same text": [made(n, same) for n in range(10_000)],
        "1 MiB of one word": [made(n, "no ink", "ink " * (mebibyte // 4)) for n in range(20)],
        "1 MiB of one letter": [made(n, "no ink", "a" * mebibyte) for n in range(20)],
        "1 MiB of U+FDFA": [made(n, "no ink", "\ufdfa" * (mebibyte // 3)) for n in range(20)],
        "1 MiB of other words": [
            made(n, "no ink", " ".join(f"{n:x}{k:x}" for k in range(mebibyte // 6))[:mebibyte])
            for n in range(20)
        ],
        "10,000 ids 2^61-1 apart": [
            made(id, f"{same} {n % 97}") for n, id in enumerate(_colliding(10_000))
        ],
    }
    for name, sent in worlds.items():
        index = SimilarityIndex()
        adding = max(_timed(index.add, ticket) for ticket in sent)
        asking = max(_timed(index.most_similar, ticket, 10) for ticket in sent[:20])
        ids = [ticket.id for ticket in sent]
        among = _timed(partial(index.most_similar, among=set(ids).intersection), sent[0], 10)
        grouping = _timed(index.groups, 0.5)
        changing = max(_timed(index.update, ticket) for ticket in sent[:20])
        tracemalloc.start()
        index.update(sent[0])
        index.most_similar(sent[0], 10)
        most = tracemalloc.get_traced_memory()[1] / mebibyte
        tracemalloc.stop()
        print(
            f"| {name} | {adding * 1e3:.0f} ms | {changing * 1e3:.0f} ms | {asking * 1e3:.0f} ms"
            f" | {among * 1e3:.0f} ms | {grouping * 1e3:.0f} ms | {most:.0f} MiB |",
            flush=True,
        )


def _colliding(count: int) -> list[int]:
    """Ids of 64 bits that are the same to `hash`, as far as there are such, then others."""
    step = 2**61 - 1
    found = [base + k * step for base in range(count // 7 + 1) for k in range(-3, 4)]
    return found[:count]


def _timed(call: Callable[..., Any], *arguments: Any) -> float:
    began = time.thread_time()
    call(*arguments)
    return time.thread_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--live", action="store_true")
    parser.add_argument("--groups", action="store_true")
    parser.add_argument("--ablation", action="store_true")
    parser.add_argument("--adversaries", action="store_true")
    arguments = parser.parse_args()
    reports = read(arguments.folder)
    fitted, queries = reports.fitted(), reports.queries[: arguments.queries]
    print("| | recall@10 | MRR | of the unfitted half | median | 99th percentile |")
    print("|---|---|---|---|---|---|")
    snowball = SnowballWords("english")
    for product in (True, False):
        told = "product known" if product else "one queue"
        for name, split in (("stemmed", snowball), ("core only", words)):
            result = ours(reports, queries, product=product, split=split)
            print(result.line(f"this library, {told}, {name}", fitted), flush=True)
    if arguments.ablation:
        ablation(reports, queries)
    if arguments.peers:
        peers(reports, queries, fitted)
    if arguments.live:
        live(reports)
    if arguments.groups:
        groups(reports)
    if arguments.adversaries:
        print("| | add | change | ask | ask among all ids | groups | memory |")
        print("|---|---|---|---|---|---|---|")
        adversaries()


if __name__ == "__main__":
    main()
