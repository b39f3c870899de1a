"""Fits the weights of the similarity on half of the groups of labelled reports.

    python benchmarks/similarity_fit.py FOLDER [--hay 2000] [--queries 700] [--rounds 1]

FOLDER as for `similarity.py`. One weight after the other is tried at some values, and the best is
kept. What is judged: recall@10 plus MRR, the mean over worlds of equal say, so that no collection
has it all: each product by itself, and all in one queue. Only reports of the groups that
`similarity.py` calls fitted are asked.
"""

from __future__ import annotations

import argparse
import random
import statistics
from pathlib import Path

import attrs
from similarity import Reports, ours, read

from helpdesk_core.adapters.text import SnowballWords
from helpdesk_core.duplicates import Weights

TRIED: dict[str, tuple[float, ...]] = {
    "subject": (2.0, 2.5, 3.0, 4.0),
    "saturation": (2.0, 2.5, 3.0, 4.0),
    "length": (0.3, 0.5, 0.7),
    "usual_length": (25.0, 35.0, 50.0, 70.0),
    "rarity": (1.0, 1.2, 1.4),
    "pieces": (0.2, 0.3, 0.4),
    "chance": (1.0, 1.5, 2.0, 2.5),
    "team": (0.1, 0.2, 0.3),
}


def judged(reports: Reports, queries: list[str], hay: int, weights: Weights) -> float:
    split = SnowballWords("english")
    labelled = [row for row in reports.rows if row["duplicate_group"]]
    others = [row for row in reports.rows if not row["duplicate_group"]]
    rows = labelled + random.Random(1).sample(others, min(hay, len(others)))
    product_of = {row["id"]: row["product"] for row in labelled}
    known = ours(reports, queries, product=True, split=split, weights=weights, rows=rows)
    queue = ours(reports, queries, product=False, split=split, weights=weights, rows=rows)
    worlds = [queue.recall() + queue.mrr()]
    for product in sorted(set(product_of.values())):
        asked = {id for id in queries if product_of[id] == product}
        if len(asked) >= 20:
            worlds.append(known.recall(asked.__contains__) + known.mrr(asked.__contains__))
    return statistics.mean(worlds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--hay", type=int, default=2000)
    parser.add_argument("--queries", type=int, default=700)
    parser.add_argument("--rounds", type=int, default=1)
    arguments = parser.parse_args()
    reports = read(arguments.folder)
    fitted = sorted(reports.fitted())
    queries = random.Random(2).sample(fitted, min(arguments.queries, len(fitted)))
    best = Weights()
    score = judged(reports, queries, arguments.hay, best)
    print(f"the defaults: {score:.4f}", flush=True)
    for _ in range(arguments.rounds):
        for name, values in TRIED.items():
            usual = getattr(best, name)
            for value in values:
                if value == usual:
                    continue
                tried = attrs.evolve(best, **{name: value})
                reached = judged(reports, queries, arguments.hay, tried)
                print(f"{name} {value}: {reached:.4f}", flush=True)
                if reached > score:
                    best, score = tried, reached
    print(best)


if __name__ == "__main__":
    main()
