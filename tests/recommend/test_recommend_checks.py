import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recpipe import recommend
from recpipe.core.errors import CheckError
from recpipe.core.shipped import shipped
from recpipe.recommend import RecommendParams
from recpipe.recommend.schema import SCHEMA
from tests.recommend.test_recommend_filters import FILTERED

INCOMPLETE = "every recommendation has a user, an item, a rank and a score"
PROVENANCE = "every recommendation tells what made it, when, and how likely it was"
RANKS = "ranks run from 1 to at most k without a gap"
SCORES = "scores are numbers that never rise with the rank"
REPEAT = "no item is twice in a list"
SEEN = "no list holds an item the user had"
UNSERVED = "every user with an item left is served"
FOREIGN = "users and items are those of the snapshot"

# what is done to ann's good list of a2, b1, c1: the expectation that must refuse it
BAD_LISTS = {
    INCOMPLETE: [("a2", 1, None)],
    PROVENANCE: [("a2", 1, 0.9, {"propensity": 0.0})],
    RANKS: [("a2", 1, 0.9), ("b1", 3, 0.8)],
    SCORES: [("a2", 1, 0.8), ("b1", 2, 0.9)],
    REPEAT: [("a2", 1, 0.9), ("a2", 2, 0.8)],
    SEEN: [("a1", 1, 0.9)],
    UNSERVED: [],
    FOREIGN: [("zz", 1, 0.9)],
}
MORE_BAD_LISTS = [
    (INCOMPLETE, [(None, 1, 0.9)]),
    (RANKS, [("a2", 2, 0.9)]),
    (RANKS, [("a2", 1, 0.9), ("b1", 1, 0.8)]),
    (RANKS, [("a2", 1, 0.9), ("b1", 2, 0.8), ("c1", 3, 0.7), ("b2", 4, 0.6)]),
    (SCORES, [("a2", 1, float("nan"))]),
    (PROVENANCE, [("a2", 1, 0.9, {"variant": None})]),
    (PROVENANCE, [("a2", 1, 0.9, {"model_version": None})]),
    (PROVENANCE, [("a2", 1, 0.9, {"generated_at": None})]),
    (PROVENANCE, [("a2", 1, 0.9, {"propensity": 1.5})]),
    (PROVENANCE, [("a2", 1, 0.9, {"propensity": None})]),
]


def lists_with(workspace, ann):
    """Good lists of three, ann's replaced by rows of item, rank, score and whatever else is bad."""
    lists = recommend.make_lists(workspace, "", "", RecommendParams(k=3))
    path = lists.draft.folder / "part-00000.parquet"
    good = pq.read_table(path).to_pylist()
    others = [row for row in good if row["user_id"] != "ann"]
    bad = [
        {**good[0], "item_id": item, "rank": rank, "score": score} | dict(*more)
        for item, rank, score, *more in ann
    ]
    pq.write_table(pa.Table.from_pylist(bad + others, SCHEMA), path)
    return lists


def test_good_lists_pass_and_the_report_is_kept(workspace, tmp_path):
    """Eve, who has everything, has no list: that is right."""
    report = tmp_path / "report.json"
    found = recommend.check(workspace, recommend.make_lists(workspace, "", "", RecommendParams()), report)
    assert all(result.success for result in found.results)
    assert {entry["suite"] for entry in json.loads(report.read_text())} == {"recommendations"}
    assert not list(workspace.root.glob(".tmp-*")), "the database made for the check is gone"


def test_seen_items_pass_where_they_are_allowed(workspace):
    lists = recommend.make_lists(workspace, "", "", RecommendParams(seen="allow"))
    assert all(result.success for result in recommend.check(workspace, lists).results)


@pytest.mark.parametrize(("expectation", "ann"), [*BAD_LISTS.items(), *MORE_BAD_LISTS])
def test_a_bad_list_is_refused_by_the_expectation_it_breaks(published, expectation, ann):
    current = published.publications.pointed("current")
    lists = lists_with(published, ann)
    with pytest.raises(CheckError, match=expectation):
        recommend.check(published, lists)
    assert not lists.draft.folder.exists()
    assert published.publications.pointed("current") == current


def test_no_row_at_all_is_refused(workspace):
    lists = recommend.make_lists(workspace, "", "", RecommendParams())
    pq.write_table(SCHEMA.empty_table(), lists.draft.folder / "part-00000.parquet")
    with pytest.raises(CheckError, match=UNSERVED):
        recommend.check(workspace, lists)


# with a2, b1, c1 for ann and so on, six of six items are listed, a1 and a2 in three of four lists, and
# everything was in the list before
BOUNDS = {
    "enough of the items that can be had are in a list": {"min_coverage": 0.7},
    "no item is in too many lists": {"max_item_share": 0.7},
    "the lists are not those before again": {"max_overlap": 0.9},
    "the lists have enough in common with those before": {"min_overlap": 0.7},
}


@pytest.mark.parametrize(("expectation", "params"), BOUNDS.items())
def test_lists_outside_of_a_bound_are_refused_and_what_was_published_stays(published, expectation, params):
    current = published.publications.pointed("current")
    k = {"min_overlap": 6, "min_coverage": 1}.get(next(iter(params)), 3)
    lists = recommend.make_lists(published, "", "", RecommendParams(k=k, **params))
    with pytest.raises(CheckError, match=expectation):
        recommend.check(published, lists)
    assert published.publications.pointed("current") == current


def test_lists_inside_of_the_bounds_pass(published):
    params = {"min_coverage": 1.0, "max_item_share": 0.75, "min_overlap": 1.0}
    lists = recommend.make_lists(published, "", "", RecommendParams(k=3, **params))
    assert all(result.success for result in recommend.check(published, lists).results)


def test_the_first_lists_have_nothing_to_overlap_with(workspace):
    lists = recommend.make_lists(workspace, "", "", RecommendParams(min_overlap=1.0, max_overlap=0.0))
    assert all(result.success for result in recommend.check(workspace, lists).results)


def test_every_expectation_tells_why_and_has_a_row_it_refuses():
    suite = json.loads((shipped("expectations") / "recommendations.json").read_text())
    metas = [expectation["meta"] for expectation in suite["expectations"]]
    assert all(meta["why"] and meta["severity"] in {"critical", "warning"} for meta in metas)
    assert {meta["name"] for meta in metas} == {*BAD_LISTS, *FILTERED, *BOUNDS}
