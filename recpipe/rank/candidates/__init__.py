"""The generators of candidates: each a small class in a file, under one contract."""

from recpipe.rank.candidates.contract import Fit, Generator
from recpipe.rank.candidates.covisited import CoVisited
from recpipe.rank.candidates.linear import Ease
from recpipe.rank.candidates.own import OwnHistory
from recpipe.rank.candidates.popular import Popular, PopularInCategories
from recpipe.rank.candidates.retrieval import Repeats, Tower

GENERATORS: dict[str, Fit] = {
    "tower": Tower,
    "repeats": Repeats,
    "own": OwnHistory,
    "covisited": CoVisited,
    "ease": Ease,
    "popular": Popular,
    "categories": PopularInCategories,
}
"""Every generator by the name that `rank.generators` gives it."""

__all__ = ["GENERATORS", "Fit", "Generator"]
