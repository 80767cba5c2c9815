import sys

import numpy as np
import pytest

from recpipe.core.errors import ParameterError
from recpipe.core.nearest import NearestItems, need_faiss
from recpipe.core.ragged import Ragged
from recpipe.core.retrieval import top_k

RANDOM = np.random.default_rng(0)
CENTRES = RANDOM.normal(size=(40, 8)) * 4
ITEMS = np.concatenate(
    [np.zeros((1, 8)), *(centre + RANDOM.normal(size=(100, 8)) for centre in CENTRES)]
).astype(np.float32)
QUERIES = (CENTRES[:30] + RANDOM.normal(size=(30, 8))).astype(np.float32)
"""Clusters, as trained vectors have them; every query lies in one."""
ALLOWED = np.arange(len(ITEMS)) % 5 > 0


def test_nearly_the_best_are_found_with_their_own_scores_in_order() -> None:
    found = NearestItems(ITEMS, ALLOWED).top_k(QUERIES, 10)
    exact = top_k(QUERIES, ITEMS, 10, allowed=ALLOWED)
    shares = [np.isin(one, other).mean() for one, other in zip(exact.indices, found.indices, strict=True)]
    assert np.mean(shares) > 0.7
    products = np.einsum("qd,qkd->qk", QUERIES, ITEMS[found.indices])
    np.testing.assert_allclose(found.scores, products, rtol=1e-5)
    assert (np.diff(found.scores, axis=1) <= 0).all()
    assert ALLOWED[found.indices].all()


def test_excluded_items_are_left_out_and_others_take_their_places() -> None:
    best = top_k(QUERIES, ITEMS, 10, allowed=ALLOWED).indices
    excluded = Ragged.from_lists([row[:4] for row in best])
    found = NearestItems(ITEMS, ALLOWED).top_k(QUERIES, 10, excluded)
    assert (found.indices > 0).all()
    assert not any(np.isin(own, row).any() for own, row in zip(best[:, :4], found.indices, strict=True))


def test_whoever_is_left_short_by_what_is_near_is_searched_exactly() -> None:
    """The first query may have none of the thousand nearest; the others may have all."""
    far = top_k(QUERIES[:1], ITEMS, 1000).indices[0]
    excluded = Ragged.from_lists([far, *([np.zeros(0, np.int32)] * (len(QUERIES) - 1))])
    found = NearestItems(ITEMS, ALLOWED).top_k(QUERIES, 10, excluded)
    exact = top_k(QUERIES[:1], ITEMS, 10, excluded=excluded.take(np.array([0])), allowed=ALLOWED)
    np.testing.assert_array_equal(found.indices[0], exact.indices[0])


def test_fewer_items_than_places_leave_places_empty() -> None:
    allowed = np.zeros(len(ITEMS), bool)
    allowed[[3, 7]] = True
    found = NearestItems(ITEMS, allowed).top_k(QUERIES[:1], 4)
    assert set(found.indices[0]) == {3, 7, 0}
    assert found.scores[0, 2:].tolist() == [-np.inf, -np.inf]


def test_without_faiss_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(ParameterError, match=r"search.*faiss is not installed") as caught:
        need_faiss("recommend.search approximate")
    assert "pip install" in caught.value.hint
