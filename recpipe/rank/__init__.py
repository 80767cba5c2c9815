"""Rank: put what retrieval and other generators find into the order in which it will be taken.

| verb | does |
|---|---|
| `usable` | says whether a second stage is wanted and possible, and why not |
| `fit` | trains one on the validation part, and says by an earlier window whether it pays |
| `save` | writes it as a model version, where it is kept |
| `figures` | tells how it was trained |
| `refit` | lets it stand upon the retrieval's refit |
| `load` | the loader of versions, with their second stage where they have one |
"""

from recpipe.rank.fit import Fitted, fit
from recpipe.rank.params import RankParams
from recpipe.rank.readiness import usable
from recpipe.rank.second import SecondStage
from recpipe.rank.version import figures, load, refit, save

__all__ = ["Fitted", "RankParams", "SecondStage", "figures", "fit", "load", "refit", "save", "usable"]
