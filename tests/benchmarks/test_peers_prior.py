"""A peer with what is popular of late."""

import numpy as np
import pytest
from peers.prior import apply_prior, with_prior

from tests.evaluate.test_peers_contract import PEERS, PERSONAL, small
from tests.knowns import known


@pytest.mark.parametrize("name", PERSONAL)
@pytest.mark.parametrize("form", [0, 1])
def test_a_heavy_prior_puts_what_is_popular_of_late_first(name: str, form: int) -> None:
    # black item 3 is taken by all on the last day, else everything is long ago
    users = [[(item, 0.0) for item in range(1, 12)] + [(3, 500.0)]] * 6
    world = known(users, 12)
    peer = with_prior(PEERS[name], small(PEERS[name]))
    heavy = peer.fit(world, {**peer.starts[form], "prior_weight": 5.0})(np.arange(6))
    assert (heavy.argmax(axis=1) == 2).all()


def test_a_prior_is_added_as_a_logarithm_or_multiplied_as_a_power() -> None:
    scores, popular = np.array([[1.0, 2.0]], np.float32), np.array([1.0, 0.25], np.float32)
    plus = apply_prior(scores, popular, {"prior": "plus", "prior_weight": 0.5})
    times = apply_prior(scores, popular, {"prior": "times", "prior_weight": 0.5})
    assert plus[0] == pytest.approx([1, 2 - np.log(2)])
    assert times[0] == pytest.approx([1, 1])
