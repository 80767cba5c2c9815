"""Why a list is shorter than it should be."""

from collections import Counter

import numpy as np

from recpipe.core.ragged import Ragged
from recpipe.core.ranking import Ranker, Ranking

CATALOGUE = "the catalogue is smaller"
FILTERS = "the filters refuse the rest"
OWN = "the user had the rest, or is not to get it"
CAPS = "the rest is over a cap"


def short_reasons(ranker: Ranker, ranking: Ranking, excluded: Ragged) -> Counter[str]:
    """Count the lists that are not full by what first left too few items.

    In this order: what the model (or for users it knows nothing of, the popular list) knows at all, the
    rules about items, what the user must not get (`excluded`, all of it, a row a user), the caps.
    """
    reasons: Counter[str] = Counter()
    places = ranking.indices.shape[1]
    for is_personal in (True, False):
        short = np.flatnonzero((ranking.indices[:, -1] == 0) & (ranking.is_personal == is_personal))
        if not len(short):
            continue
        nameable = ranker.nameable(is_personal=is_personal)
        if ranker.known(is_personal=is_personal).sum() < places:
            reasons[CATALOGUE] += len(short)
        elif nameable.sum() < places:
            reasons[FILTERS] += len(short)
        else:
            own = excluded.take(short).unique()
            left = int(nameable.sum()) - own.where(nameable[own.values]).lengths
            reasons[OWN] += int((left < places).sum())
            reasons[CAPS] += int((left >= places).sum())
    return +reasons  # without the zeros
