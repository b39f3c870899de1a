"""How alike two tickets are: a rating in [0, 1] with the share of each field (M1, M2, M4, M5)."""

from helpdesk_core.duplicates.contents import DEFAULT, Weights
from helpdesk_core.duplicates.index import SimilarityIndex
from helpdesk_core.duplicates.ranking import Among
from helpdesk_core.duplicates.rating import Explanation, Group, Match, rate, similarity
from helpdesk_core.duplicates.shelf import TermWeights
from helpdesk_core.duplicates.words import fingerprint, id_key, normalise, words

__all__ = [
    "DEFAULT",
    "Among",
    "Explanation",
    "Group",
    "Match",
    "SimilarityIndex",
    "TermWeights",
    "Weights",
    "fingerprint",
    "id_key",
    "normalise",
    "rate",
    "similarity",
    "words",
]
