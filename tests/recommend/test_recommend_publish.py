import json
from datetime import UTC, datetime, timedelta

import pyarrow.parquet as pq
import pytest

from recpipe import recommend
from recpipe.core import registry
from recpipe.recommend import RecommendParams
from recpipe.recommend import lists as lists_module
from tests.tiny import alter, make_model, make_snapshot


def publish(workspace, **params):
    """Keep no model that is not in use, unless it is asked for."""
    lists = recommend.make_lists(workspace, "", "", RecommendParams(**{"keep_models": 0} | params))
    return recommend.publish(workspace, lists)


def promote(workspace, snapshot, *names):
    for name in names:
        make_model(workspace, snapshot, {"a1": [1.0], "b1": [0.5], "c1": [0.1]}, name=name)
        registry.promote(workspace, name, why="test", who="test")


def test_nothing_is_current_before_the_pointer_moves(workspace):
    lists = recommend.make_lists(workspace, "", "", RecommendParams())
    assert workspace.publications.pointed("current") == ""
    assert recommend.publish(workspace, lists) == workspace.publications.pointed("current")


def test_the_manifest_names_inputs_parameters_and_figures(published):
    manifest = published.publications.manifest(published.publications.pointed("current"))
    assert manifest["inputs"] == {
        "snapshot": published.snapshots.pointed("newest"),
        "model": "mean-a",
        "variants": {"champion": "mean-a"},
    }
    assert manifest["parameters"] == RecommendParams(k=3).model_dump(
        exclude={"keep", "keep_models", "keep_models_days"}
    )
    assert manifest["rows"] == {"recommendations": 12}
    counts = {"users": 5, "rows": 12, "personal": 4, "short": 1, "items": 6}
    assert {name: manifest["figures"][name] for name in counts} == counts
    assert manifest["figures"]["filters"] == {"refused": {"available_at": 0}, "unknown": {}, "blocked": 0}


def test_publishing_the_same_again_changes_nothing(published):
    name = published.publications.pointed("current")
    made_at = published.publications.manifest(name)["created_at"]
    assert publish(published, k=3) == name
    assert published.publications.names() == [name]
    assert published.publications.manifest(name)["created_at"] == made_at


def test_other_lists_of_the_same_inputs_are_published_and_not_thrown_away(published, monkeypatch):
    """As after a change of code, or of the notebook's cells."""
    before = published.publications.pointed("current")
    real = lists_module._table
    monkeypatch.setattr(lists_module, "_table", lambda *told: real(*told).slice(1))
    after = publish(published, k=3)
    assert after != before
    assert published.publications.pointed("current") == after
    assert published.publications.manifest(after)["rows"] == {"recommendations": 11}
    assert set(published.publications.names()) == {before, after}


def test_a_damaged_publication_is_replaced_by_the_same_lists(published):
    name = published.publications.pointed("current")
    part = published.publications.path(name) / "part-00000.parquet"
    content = pq.read_table(part).drop_columns("generated_at")
    alter(part)
    assert publish(published, k=3) == name
    assert pq.read_table(part).drop_columns("generated_at") == content
    assert published.publications.verify(name)
    assert not list(published.publications.root.glob(".tmp-*"))


def test_keep_is_the_number_of_publications_that_stay(workspace):
    names = [publish(workspace, k=k, keep=2) for k in (1, 2, 3)]
    assert set(workspace.publications.names()) == set(names[1:])


def test_an_old_publication_made_current_again_is_kept(workspace):
    names = [publish(workspace, k=k, keep=3) for k in (1, 2, 3)]
    assert publish(workspace, k=1, keep=2) == names[0]
    assert set(workspace.publications.names()) == {names[0], names[2]}


def test_models_in_use_are_kept_and_others_removed(workspace):
    """Kept: champion, the one before, popularity, newest, and the maker of a kept publication."""
    snapshot = workspace.snapshots.pointed("newest")
    publish(workspace, k=1, keep=2)
    promote(workspace, snapshot, "mean-b", "mean-c", "mean-d")
    make_model(workspace, snapshot, {"a1": [1.0]}, name="popularity-a", kind="popularity")
    make_model(workspace, snapshot, {"a1": [1.0]}, name="mean-e")
    publish(workspace, k=1, keep=2)
    assert set(workspace.models.names()) == {"mean-a", "mean-c", "mean-d", "mean-e", "popularity-a"}


def versions_on_days(workspace, days):
    """Make a version a day, `days` days ago, and a champion today; the first of them is `mean-0`."""
    snapshot = workspace.snapshots.pointed("newest")
    for place, ago in enumerate(days):
        make_model(workspace, snapshot, {"a1": [1.0]}, name=f"mean-{place}")
        path = workspace.models.path(f"mean-{place}") / "manifest.json"
        made = (datetime.now(UTC) - timedelta(days=ago)).isoformat(timespec="milliseconds")
        path.write_text(json.dumps(json.loads(path.read_text()) | {"created_at": made}))
    promote(workspace, snapshot, "mean-x")


@pytest.mark.parametrize(("count", "kept"), [(0, ""), (2, ""), (3, "3"), (5, "123"), (9, "0123")])
def test_so_many_of_the_newest_models_are_kept_beside_those_in_use(workspace, count, kept):
    """The two newest are in use: mean-x is champion, mean-a the one before it."""
    versions_on_days(workspace, [8, 7, 6, 5])
    publish(workspace, keep_models=count)
    assert set(workspace.models.names()) == {"mean-a", "mean-x", *(f"mean-{place}" for place in kept)}


@pytest.mark.parametrize(("days", "kept"), [(0, ""), (6, "2"), (30, "12"), (1000, "012")])
def test_a_model_that_is_too_old_goes_whatever_its_place(workspace, days, kept):
    versions_on_days(workspace, [50, 20, 5])
    publish(workspace, keep_models=9, keep_models_days=days)
    assert set(workspace.models.names()) == {"mean-a", "mean-x", *(f"mean-{place}" for place in kept)}


def test_refits_and_popularity_take_no_place_among_the_newest_models(workspace):
    versions_on_days(workspace, [5])
    snapshot = workspace.snapshots.pointed("newest")
    make_model(workspace, snapshot, {"a1": [1.0]}, name="mean-x-refit-1", refit_of="mean-x")
    make_model(workspace, snapshot, {"a1": [1.0]}, name="popularity-a", kind="popularity")
    promote(workspace, snapshot, "mean-y")
    publish(workspace, keep_models=4)
    assert {"mean-0", "mean-a", "mean-x", "mean-y"} <= set(workspace.models.names())


def test_of_refits_the_newest_of_each_kept_version_stays_and_the_others_go(workspace):
    """mean-a is champion; nothing keeps mean-b; a refit whose version is gone goes too."""
    snapshot = workspace.snapshots.pointed("newest")
    promote(workspace, snapshot, "mean-b", "mean-c", "mean-d")
    for place, of in enumerate(("mean-a", "mean-b", "mean-d", "mean-d", "gone")):
        items = {"a1": [1.0], "b1": [float(place)]}
        make_model(workspace, "earlier", items, name=f"{of}-refit-{place}", refit_of=of)
    publish(workspace, k=1, keep=1)
    assert set(workspace.models.names()) == {"mean-c", "mean-d", "mean-d-refit-3"}


def test_what_made_a_kept_publication_stays_and_what_it_is_a_refit_of(workspace):
    snapshot = workspace.snapshots.pointed("newest")
    make_model(workspace, snapshot, {"a1": [1.0], "b1": [0.5]}, name="mean-a-refit-1", refit_of="mean-a")
    publish(workspace, k=1, keep=2)
    promote(workspace, snapshot, "mean-b", "mean-c", "mean-d")
    publish(workspace, k=1, keep=2)
    assert set(workspace.models.names()) == {"mean-a", "mean-a-refit-1", "mean-c", "mean-d"}
    publish(workspace, k=2, keep=1)
    assert set(workspace.models.names()) == {"mean-c", "mean-d"}


def test_keep_snapshots_stay_and_those_that_kept_models_name(workspace):
    first = workspace.snapshots.pointed("newest")
    later = [make_snapshot(workspace, {"ann": ["a1"], "bob": [f"c{i}", "c1"]}) for i in range(4)]
    publish(workspace, keep=2)
    assert set(workspace.snapshots.names()) == {first, *later[2:]}, "mean-a was made from the first"


def test_parts_are_exactly_the_promised_columns(published):
    folder = published.publications.path(published.publications.pointed("current"))
    assert pq.read_schema(folder / "part-00000.parquet").names == [
        "user_id",
        "item_id",
        "rank",
        "score",
        "reason",
        "variant",
        "propensity",
        "model_version",
        "generated_at",
    ]
