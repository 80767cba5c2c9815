"""Features by hand: of items, of pairs, of users, and that nothing later is known."""

import numpy as np
import pytest

from recpipe.core.ragged import Ragged
from recpipe.core.snapshot import Snapshot
from recpipe.core.workspace import Workspace
from recpipe.rank.affinity import NAMES as AFFINITY_NAMES
from recpipe.rank.affinity import Affinity
from recpipe.rank.features import Features
from recpipe.rank.item_features import NAMES, item_features
from recpipe.rank.pair_features import PAIR_NAMES, pair_features
from recpipe.rank.past import Past
from recpipe.rank.union import Generators
from tests.rank.test_rank_candidates import FOOD, SHOP
from tests.rank.worlds import guessing, write


@pytest.fixture
def past(workspace: Workspace) -> Past:
    return Past.of(write(workspace, SHOP, FOOD), "test")


def test_an_items_features_are_as_told_by_hand(workspace: Workspace, past: Past) -> None:
    items = ["", *Snapshot.open(workspace).vocabulary.ids]
    found = dict(zip(NAMES, item_features(past)[items.index("milk")].tolist(), strict=True))
    # milk: ann on days 0 and 5, bob on 1 and 8; the newest event is of day 8
    assert found["item_log_users_3"] == pytest.approx(np.log(2), rel=1e-5)
    assert found["item_log_users_7"] == pytest.approx(np.log(3), rel=1e-5)
    assert found["item_age_days"] == 8
    assert found["item_days_since_last"] == 0
    assert found["item_repeat_rate"] == 1
    assert found["item_log_events_per_user"] == pytest.approx(np.log(5 / 3), rel=1e-5)
    assert np.isnan(found["item_price_position"])


def test_a_pairs_features_are_as_told_by_hand(workspace: Workspace, past: Past) -> None:
    snapshot = Snapshot.open(workspace)
    milk, oil, bread = (
        snapshot.vocabulary.index_of(np.array([name]))[0] for name in ("milk", "oil", "bread")
    )
    asked = past.asked(snapshot.histories().until("test"))
    rows = Ragged.from_lists([[milk, oil, bread], [], []])
    found = [dict(zip(PAIR_NAMES, row, strict=True)) for row in pair_features(asked, rows).tolist()]
    assert found[0]["pair_count"] == 2
    assert (found[0]["pair_days_since_last"], found[0]["pair_days_since_first"]) == (3, 8)
    assert found[0]["pair_mean_gap_days"] == 5
    assert found[0]["pair_due"] == pytest.approx(4 / 6)
    assert found[0]["pair_decayed_7"] == pytest.approx(2 ** (-8 / 7) + 2 ** (-3 / 7), rel=1e-5)
    assert found[1]["pair_count"] == 1
    assert np.isnan(found[1]["pair_due"])
    assert found[2]["pair_count"] == 0
    assert np.isnan(found[2]["pair_days_since_last"])


def affinity(snapshot: Snapshot, past: Past, items: list[str]) -> list[dict[str, float]]:
    """Affinity of the first user to some items."""
    asked = past.asked(snapshot.histories().until("test"))
    indices = snapshot.vocabulary.index_of(np.array(items))
    rows = Ragged.from_lists([indices, *[[]] * (len(asked) - 1)])
    found = Affinity(past).of(asked, rows)
    return [dict(zip(AFFINITY_NAMES, row, strict=True)) for row in found.tolist()]


def test_the_share_of_a_category_and_of_an_attribute_counts_old_events_less(
    workspace: Workspace, past: Past
) -> None:
    bread, tea = affinity(Snapshot.open(workspace), past, ["bread", "tea"])
    # bread's "food", and its shelf, are milk's too; nothing else is of the bakery
    milk, oil, of_tea = 2 ** (-8 / 60) + 2 ** (-3 / 60), 2 ** (-3 / 60), 1
    assert bread == pytest.approx(dict.fromkeys(AFFINITY_NAMES, milk / (milk + oil + of_tea)), rel=1e-5)
    assert np.isnan(list(tea.values())).all(), "no other item is called as it is"


def test_genres_count_in_whatever_order_they_stand(workspace: Workspace) -> None:
    films = {"ann": ([("a", 0.0), ("b", 0.0), ("c", 0.0)], [], []), "bob": ([("d", 0.0)], [], [])}
    genres = {"a": ["war"], "b": ["love", "war"], "c": ["war", "space"], "d": ["space", "love", "war"]}
    snapshot = write(workspace, films, genres)
    (found,) = affinity(snapshot, Past.of(snapshot, "test"), ["d"])
    assert found["category_share"] == pytest.approx((1 / 3 + 1 / 3 + 1) / 3)
    assert found["category_share_best"] == 1


def test_a_ranker_fits_another_catalogue(workspace: Workspace) -> None:
    deeper = {item: [*path, "deeper"] for item, path in FOOD.items()}
    names = [
        Features(Past.of(write(workspace, SHOP, told, f"snap-{n}"), "test"), ("own",)).names
        for n, told in enumerate(({}, FOOD, deeper))
    ]
    assert names[0] == names[1] == names[2]


def test_what_comes_after_the_moment_changes_no_feature(workspace: Workspace) -> None:
    later = {user: (parts[0], parts[1] * 3, [("milk", 9.5)] * 3) for user, parts in SHOP.items()}
    found = []
    for number, world in enumerate((SHOP, later)):
        snapshot = write(workspace, world, FOOD, f"snap-{number}")
        past = Past.of(snapshot, "validation")
        asked = past.asked(snapshot.histories().until("validation"))
        candidates = Generators(("popular",), past, guessing(snapshot), snapshot, 9).candidates(
            asked, None, past.had
        )
        found.append(Features(past, ("popular",)).of(asked, candidates))
    assert np.array_equal(*found, equal_nan=True)
    assert len(found[0]) == 3 * 3, "bread, milk and oil for each; nobody has had tea"


def test_what_a_user_or_item_has_nothing_of_is_missing_not_wrong(workspace: Workspace) -> None:
    snapshot = write(workspace, SHOP)  # no categories, no prices
    past = Past.of(snapshot, "validation")
    asked = past.asked(snapshot.histories().until("validation"))
    names = ("own", "popular")
    candidates = Generators(names, past, guessing(snapshot), snapshot, 5).candidates(
        asked, None, np.ones(past.items + 1, bool)
    )
    features = Features(past, names)
    found = features.of(asked, candidates)
    assert found.shape == (len(candidates.items.values), len(features.names))
    assert not np.isinf(found).any()
    eve = found[candidates.items.row_numbers == 2]
    assert len(eve)
    assert np.isnan(eve[:, features.names.index("user_days_since_last")]).all()
