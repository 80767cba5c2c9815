"""Train: one snapshot becomes an immutable model version, and popularity another to be beaten.

| verb | does |
|---|---|
| `read` | a snapshot's training part, and the users who judge after each epoch |
| `popularity` | writes the popularity version |
| `warm_start` | chooses what training begins with: the champion's weights, or none |
| `fit` | trains the two-tower model; early stopping on validation NDCG@10 |
| `fit_repeats` | trains the model of what users take again, where they do |
| `save` | writes the version |
| `refit` | trains a champion once more, on everything up to now, to make the lists |
| `new_item_vectors` | makes vectors of items that a version never saw, from what is known of them |
| `load` | the one loader of versions; `curve` and `figures` tell how one was trained |
"""

from recpipe.train.candidates import new_item_vectors
from recpipe.train.data import TrainingData, read
from recpipe.train.fit import Fitted, fit
from recpipe.train.load import Recommender, curve, figures, load
from recpipe.train.params import TrainParams
from recpipe.train.popularity import popularity
from recpipe.train.refit import refit
from recpipe.train.repeats import Repeats, fit_repeats
from recpipe.train.save import save
from recpipe.train.warm_start import Start, warm_start

__all__ = [
    "Fitted",
    "Recommender",
    "Repeats",
    "Start",
    "TrainParams",
    "TrainingData",
    "curve",
    "figures",
    "fit",
    "fit_repeats",
    "load",
    "new_item_vectors",
    "popularity",
    "read",
    "refit",
    "save",
    "warm_start",
]
