"""The contract of generators, kept by each; what each names, by hand; and their union."""

import numpy as np
import pytest

from recpipe.core.ragged import Ragged
from recpipe.core.snapshot import Snapshot
from recpipe.core.workspace import Workspace
from recpipe.rank.candidates import GENERATORS
from recpipe.rank.past import Past
from recpipe.rank.union import Generators, best
from tests.rank.worlds import guessing, item_parity, user_parity, write

SHOP = {
    "ann": ([("milk", 0.0), ("milk", 5.0), ("oil", 5.0)], [("tea", 8.0)], [("jam", 9.0)]),
    "bob": ([("milk", 1.0), ("bread", 1.01), ("oil", 6.0)], [("milk", 8.0)], []),
    "eve": ([], [("bread", 8.0)], [("oil", 9.0)]),
}
FOOD = {"milk": ["food", "dairy"], "bread": ["food", "bakery"], "tea": ["drink", "hot"]}


def scores_of(name: str, snapshot: Snapshot, moment: str = "test") -> tuple[np.ndarray, list[str]]:
    past = Past.of(snapshot, moment)
    generator = GENERATORS[name](past, guessing(snapshot), snapshot)
    asked = past.asked(snapshot.histories().until(moment))
    return generator.scores(asked), ["", *snapshot.vocabulary.ids]


@pytest.fixture
def shop(workspace: Workspace) -> Snapshot:
    return write(workspace, SHOP, FOOD)


@pytest.mark.parametrize("name", GENERATORS)
def test_every_item_has_a_score_or_none_and_the_unknown_item_has_none(name: str, shop: Snapshot) -> None:
    scores, items = scores_of(name, shop)
    assert scores.shape == (3, len(items))
    assert not np.isnan(scores).any()
    assert np.isneginf(scores[:, 0]).all()


@pytest.mark.parametrize("name", GENERATORS)
def test_a_user_of_whom_nothing_is_known_is_no_trouble(name: str, shop: Snapshot) -> None:
    scores, _ = scores_of(name, shop, "validation")  # eve came later
    assert not np.isnan(scores[2]).any()


@pytest.mark.parametrize("name", GENERATORS)
def test_what_comes_after_the_moment_changes_nothing(name: str, workspace: Workspace, shop: Snapshot) -> None:
    before, _ = scores_of(name, shop, "validation")
    later = {user: (parts[0], parts[1][::-1] * 3, [("milk", 9.5)] * 3) for user, parts in SHOP.items()}
    other = write(Workspace.open(workspace.root.parent / "other"), later, FOOD)
    after, _ = scores_of(name, other, "validation")
    assert before.tolist() == after.tolist()


@pytest.mark.parametrize("name", ["ease", "categories"])
def test_a_personal_generator_finds_the_users_own_half_of_the_items(name: str, parity: Snapshot) -> None:
    scores, _ = scores_of(name, parity)
    top = best(scores, 8)
    listed = item_parity(parity)[top]
    assert (listed == user_parity(parity, 40)[:, None]).mean() > 0.95


def test_own_items_count_less_the_older_they_are(shop: Snapshot) -> None:
    scores, items = scores_of("own", shop)
    ann = dict(zip(items, scores[0], strict=True))
    assert ann["tea"] == 1  # the newest of all events
    assert ann["milk"] == pytest.approx(2 ** (-8 / 90) + 2 ** (-3 / 90))
    assert np.isneginf(ann["bread"])


def test_popular_is_who_had_it_of_late_not_how_often(shop: Snapshot) -> None:
    scores, items = scores_of("popular", shop)
    assert dict(zip(items, scores[0], strict=True)) == {
        "": -np.inf, "bread": 2, "milk": 2, "oil": 2, "tea": 1
    }  # fmt: skip


def test_covisited_items_were_met_in_one_session(shop: Snapshot) -> None:
    scores, items = scores_of("covisited", shop)
    eve = dict(zip(items, scores[2], strict=True))  # had bread, which bob bought right after milk
    assert eve["milk"] > 0
    assert np.isneginf(eve["oil"])  # bob's came five days later
    assert np.isneginf(eve["tea"])


def test_categories_weigh_the_users_share_by_what_sells(shop: Snapshot) -> None:
    scores, items = scores_of("categories", shop)
    eve = dict(zip(items, scores[2], strict=True))
    assert eve["bread"] == pytest.approx(1 * 2)
    assert np.isneginf(eve["milk"])


def test_a_category_is_the_whole_path_however_deep(workspace: Workspace) -> None:
    paths = {"milk": ["food"], "oil": ["food"], "bread": ["food", "bakery", "white"], "tea": ["drink"]}
    scores, items = scores_of("categories", write(workspace, SHOP, paths))
    bob = dict(zip(items, scores[1], strict=True))  # had milk, bread and oil
    assert bob["oil"] > bob["bread"] > 0
    assert np.isneginf(bob["tea"])


def test_the_best_of_each_row_come_first_and_ties_go_to_the_lower_column() -> None:
    scores = np.array([[-np.inf, 1, 3, 3, 2], [-np.inf, -np.inf, 0, -np.inf, -np.inf]], np.float32)
    assert best(scores, 3).tolist() == [[2, 3, 4], [2, 0, 0]]


def test_the_best_of_many_columns_are_those_of_a_sort() -> None:
    scores = np.random.default_rng(0).integers(0, 50, (20, 1000)).astype(np.float32)
    scores[:, 0] = -np.inf
    assert best(scores, 10).tolist() == np.argsort(-scores, axis=1, kind="stable")[:, :10].tolist()


def test_the_union_holds_each_item_once_with_every_generators_score_and_rank(shop: Snapshot) -> None:
    past = Past.of(shop, "test")
    asked = past.asked(shop.histories().until("test"))
    generators = Generators(("own", "popular"), past, guessing(shop), shop, 2)
    everything = np.ones(past.items + 1, bool)
    found = generators.candidates(asked, None, everything)
    names = ["", *shop.vocabulary.ids]
    assert [names[item] for item in found.items[0]] == ["bread", "milk", "tea"]
    assert found.ranks[:3].tolist() == pytest.approx(
        np.array([[np.nan, 1], [1, 2], [2, np.nan]]), nan_ok=True
    )
    assert found.scores[:3, 1].tolist() == [2, 2, 1]  # tea has a score, though it is not named


def test_what_is_barred_or_not_listed_is_no_candidate_and_others_take_its_rank(shop: Snapshot) -> None:
    past = Past.of(shop, "test")
    asked = past.asked(shop.histories().until("test"))
    generators = Generators(("own", "popular"), past, guessing(shop), shop, 2)
    names = ["", *shop.vocabulary.ids]
    listed = np.array([name != "bread" for name in names])
    barred = Ragged.from_lists([[names.index("milk")], [], []])
    found = generators.candidates(asked, barred, listed)
    assert [names[item] for item in found.items[0]] == ["oil", "tea"]
    assert found.ranks[0, 1] == 1
