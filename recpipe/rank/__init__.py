"""Rank: put what retrieval and other generators find into the order in which it will be taken.

| verb | does |
|---|---|
| `consider` | trains a second stage on the validation part, if one is wanted and can be had |
| `save` | writes it as a model version where the validation part says that it pays |
| `figures`, `importances` | tell how it was trained, and what its trees read |
| `base`, `refit` | the retrieval that a version stands upon; let it stand upon that one's refit |
| `load` | the loader of versions, with their second stage where they have one |
"""

from recpipe.core.bases import base_of as base
from recpipe.rank.fit import Fitted, fit
from recpipe.rank.params import RankParams
from recpipe.rank.plots import importances
from recpipe.rank.readiness import consider, usable
from recpipe.rank.second import SecondStage
from recpipe.rank.version import figures, load, refit, save

__all__ = [
    "Fitted",
    "RankParams",
    "SecondStage",
    "base",
    "consider",
    "figures",
    "fit",
    "importances",
    "load",
    "refit",
    "save",
    "usable",
]
