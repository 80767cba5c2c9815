"""A version as it would have been at an earlier moment: popularity in its biases is that of the moment."""

import numpy as np

from recpipe.core.ranking import Recommender
from recpipe.core.snapshot import Snapshot
from recpipe.rank.past import Past


def as_of_validation(recommender: Recommender, snapshot: Snapshot) -> Recommender:
    """Return a version of `snapshot` with the popularity that was known before the validation part.

    It was written for the test, so its biases have seen the validation part. Its towers have not, but for
    the choice of the best epoch.
    """
    before, later = (Past.of(snapshot, moment) for moment in ("validation", "test"))
    vectors = recommender.item_vectors.copy()
    to_model = snapshot.vocabulary.translation_to(recommender.vocabulary)
    for days, weight in recommender.popularity_of_late:
        shift = np.log1p(before.users_of_late(days)) - np.log1p(later.users_of_late(days))
        vectors[to_model[1:], -1] += weight * shift[1:]
    vectors[0] = 0
    return recommender.with_vectors(vectors)
