import numpy as np
import pytest

from recpipe import recommend
from recpipe.cli import main
from recpipe.core.errors import DataError
from recpipe.recommend import RecommendParams
from recpipe.recommend.dealing import buckets, uniforms, user_hashes
from recpipe.run.runner import _found_by
from tests.recommend.conftest import PAIRS
from tests.tiny import alter, make_model, make_snapshot

MANY = {f"u{number:03}": ["a1"] for number in range(300)}
OTHERWISE = {item: [1.0, 0.0] if item in {"a1", "b1"} else [0.0, 1.0] for item in PAIRS}


@pytest.fixture
def crowd(workspace):
    """Three hundred users alike, and a challenger that pairs a1 with b1."""
    snapshot = make_snapshot(workspace, {**MANY, "z": list(PAIRS)})
    make_model(workspace, snapshot, OTHERWISE, name="mean-b")
    return workspace


def made(workspace, **params):
    lists = recommend.make_lists(workspace, "", "", RecommendParams(k=1, **params))
    recommend.check(workspace, lists)
    return recommend.Publication.open(workspace, recommend.publish(workspace, lists))


def rows(publication):
    return [row for batch in publication.batches() for row in batch.to_pylist()]


def of(publication, variant):
    return {row["user_id"] for row in rows(publication) if row["variant"] == variant}


def test_users_are_dealt_by_percent_and_each_variant_makes_its_own_lists(crowd):
    found = made(crowd, variants={"champion": 80, "challenger": 20})
    by = {row["variant"]: (row["model_version"], row["item_id"]) for row in rows(found)}
    assert by == {"champion": ("mean-a", "a2"), "challenger": ("mean-b", "b1")}
    assert 40 <= len(of(found, "challenger")) <= 80, "60 are expected, with a deviation of 7"
    assert found.manifest["inputs"]["variants"] == {"champion": "mean-a", "challenger": "mean-b"}


def test_a_user_stays_in_the_bucket_while_others_come_and_percents_grow(crowd):
    before = of(made(crowd, variants={"champion": 80, "challenger": 20}), "challenger")
    make_snapshot(crowd, {**MANY, **{f"v{number}": ["a1"] for number in range(50)}, "z": list(PAIRS)})
    after = of(made(crowd, variants={"champion": 80, "challenger": 20}), "challenger")
    assert after & set(MANY) == before
    assert of(made(crowd, variants={"champion": 70, "challenger": 30}), "challenger") > after


def test_another_key_deals_anew(crowd):
    variants = {"champion": 50, "challenger": 50}
    one, other = (of(made(crowd, variants=variants, bucket_key=key), "challenger") for key in ("a", "b"))
    assert 90 < len(one ^ other) < 210, "half of the users change"


def test_a_version_and_popularity_can_be_variants(crowd):
    make_model(crowd, crowd.snapshots.pointed("newest"), {"c2": [1.0]}, name="pop", kind="popularity")
    found = made(crowd, variants={"mean-b": 50, "popularity": 50})
    assert {row["model_version"] for row in rows(found)} == {"mean-b", "pop"}


def test_what_made_a_kept_publication_stays_on_the_shelf(crowd):
    made(crowd, variants={"champion": 50, "mean-b": 50})
    snapshot = crowd.snapshots.pointed("newest")
    make_model(crowd, snapshot, PAIRS, name="mean-c")
    made(crowd, keep_models=0)
    assert "mean-b" in crowd.models.names()


@pytest.mark.parametrize(
    "given", ['{"champion": 90, "challenger": 20}', '{"champion": 101, "challenger": -1}']
)
def test_percents_that_do_not_add_up_are_bad_usage(crowd, capsys, given):
    here = ["--workspace", str(crowd.root)]
    assert main(["stage", "recommend", "--recommend.variants", given, *here]) == 2
    assert "add up to 100; got champion" in capsys.readouterr().err


def test_an_unknown_version_is_refused_by_name(crowd):
    with pytest.raises(DataError, match="there is no model version 'mean-x'"):
        made(crowd, variants={"champion": 50, "mean-x": 50})


def test_an_altered_challenger_is_refused_and_nothing_is_published(crowd):
    alter(crowd.models.path("mean-b") / "item_vectors.npy")
    with pytest.raises(DataError, match=r"mean-b/item_vectors\.npy: altered"):
        made(crowd, variants={"champion": 50, "challenger": 50})
    assert crowd.publications.pointed("current") == ""


def test_an_exploring_share_of_the_lists_is_drawn_evenly_from_the_pool(crowd):
    """Of four best items; the model's own is a2 for all."""
    found = [row for row in rows(made(crowd, explore_share=0.4, explore_among=4)) if row["user_id"] != "z"]
    counts = {item: sum(row["item_id"] == item for row in found) for item in ("a2", "b1", "b2", "c1")}
    assert sum(counts.values()) == 300
    assert all(15 <= counts[item] <= 48 for item in ("b1", "b2", "c1")), "30 are expected, deviation 5"
    told = {row["item_id"]: round(row["propensity"], 6) for row in found}
    assert told == {"a2": 0.7, "b1": 0.1, "b2": 0.1, "c1": 0.1}


def test_a_short_pool_has_its_own_propensities_and_an_empty_list_stays_empty(workspace):
    """Bob has four items left, eve none."""
    found = made(workspace, explore_share=0.4)
    assert found.of("eve") == []
    (bob,) = found.of("bob")
    assert round(bob["propensity"], 6) in {0.6 + 0.1, 0.1}


def test_exploring_lists_hold_k_different_items_that_are_not_seen(crowd):
    lists = recommend.make_lists(crowd, "", "", RecommendParams(k=3, explore_share=0.5, explore_among=5))
    assert all(result.success for result in recommend.check(crowd, lists).results)


def test_the_same_draws_come_again_and_another_publication_draws_anew(crowd):
    one, two = (rows(made(crowd, explore_share=0.5)) for _ in range(2))
    assert [row["item_id"] for row in one] == [row["item_id"] for row in two]
    other = rows(made(crowd, explore_share=0.5, reason_events=0))
    assert [row["item_id"] for row in one] != [row["item_id"] for row in other]


def test_without_exploring_every_place_was_certain(crowd):
    assert {row["propensity"] for row in rows(made(crowd))} == {1.0}


def test_chance_is_even_and_follows_from_the_key():
    hashes = user_hashes(np.array([f"user {number}" for number in range(20_000)], object), "key")
    drawn = uniforms(hashes, 3)
    assert np.allclose(drawn.mean(axis=0), 0.5, atol=0.01)
    assert np.abs(np.corrcoef(drawn.T) - np.eye(3)).max() < 0.03
    assert (drawn == uniforms(hashes, 5)[:, :3]).all()
    assert buckets(np.array(["ann"], object), "k", [100]).tolist() == [0]


def test_a_newer_challenger_makes_the_stage_run_again(crowd):
    ids = {"snapshot": crowd.snapshots.pointed("newest"), "champion": "mean-a"}
    dealt = RecommendParams(variants={"champion": 50, "challenger": 50})
    before = _found_by(ids, dealt, crowd)
    make_model(crowd, ids["snapshot"], PAIRS, name="mean-c")
    assert (before["variant challenger"], _found_by(ids, dealt, crowd)["variant challenger"]) == (
        "mean-b",
        "mean-c",
    )
    assert _found_by(ids, RecommendParams(), crowd) == {"refitted": "mean-a"}
