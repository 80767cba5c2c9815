import pyarrow.parquet as pq
import pytest

from recpipe import collect
from recpipe.collect.params import CollectParams
from recpipe.collect.sources.simulated import SCATTER
from recpipe.core.workspace import Workspace
from tests.collect.shops import collected, rows


def shop(**values):
    return CollectParams(source="simulated", **({"simulated_events": 1000} | values))


def truth(workspace, name):
    return pq.read_table(workspace.root / "simulated" / f"truth-{name}.parquet")


@pytest.fixture(scope="module")
def year(tmp_path_factory):
    """Twenty thousand rows."""
    workspace = Workspace.open(tmp_path_factory.mktemp("year"))
    collected(workspace, shop(simulated_events=20_000, simulated_bad_share=0.02))
    return workspace


def test_equal_seeds_make_equal_data_and_others_other(tmp_path):
    found = {}
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        workspace = Workspace.open(tmp_path / name)
        collected(workspace, shop(seed=seed))
        found[name] = (collect.summary(workspace), truth(workspace, "users"), truth(workspace, "items"))
    assert found["a"] == found["b"]
    assert found["a"][0].data != found["c"][0].data


def test_so_many_rows_are_made_as_asked_and_so_many_are_bad(tmp_path):
    clean = collected(Workspace.open(tmp_path / "clean"), shop(simulated_bad_share=0))
    half = collected(Workspace.open(tmp_path / "half"), shop(simulated_bad_share=0.5, simulated_events=1501))
    assert (clean.read, clean.quarantined) == (1000, 0)
    assert half.read == 1501
    assert 650 < half.quarantined < 850


@pytest.mark.parametrize("wanted", [0, 5 * SCATTER])
def test_so_many_items_are_in_the_shop_as_asked_each_with_its_own_id(tmp_path, wanted):
    workspace = Workspace.open(tmp_path)
    collected(workspace, shop(simulated_items=wanted))
    ids = truth(workspace, "items")["item_id"]
    assert wanted <= len(ids) == len(ids.unique()) <= max(120, wanted + 5)


def test_all_kinds_of_events_and_of_bad_rows_occur(year):
    types = rows(year, "SELECT event_type FROM events GROUP BY 1 ORDER BY count(*) DESC")
    assert types[0] == ("view",)
    assert {name for (name,) in types} == {"view", "favourite", "cart", "purchase"}
    reasons = {name for (name,) in rows(year, "SELECT DISTINCT reason FROM quarantine")}
    assert reasons == {"no user_id", "no item_id", "no timestamp", "unreadable value"}
    assert rows(
        year, "SELECT count(*) FROM events WHERE (event_type = 'purchase') <> (value IS NOT NULL)"
    ) == [(0,)]


def test_events_lie_in_one_year_and_items_arrive_during_it(year):
    arrivals = dict(
        zip(*(truth(year, "items")[name].to_pylist() for name in ("item_id", "arrived_at")), strict=True)
    )
    first = rows(year, "SELECT item_id, min(event_at) FROM events GROUP BY 1")
    assert all(seen >= arrivals[item] for item, seen in first)
    late = sum(arrived.timetuple().tm_yday > 1 for arrived in arrivals.values())
    assert 0.1 < late / len(arrivals) < 0.35
    assert rows(year, "SELECT min(event_at) >= '2024-01-01', max(event_at) < '2025-01-01' FROM events") == [
        (True, True)
    ]


def test_the_best_lists_come_true_as_often_as_they_say(year):
    lists = truth(year, "users").to_pylist()
    best = {
        (row["user_id"], item): share
        for row in lists
        for item, share in zip(row["best_items"][:10], row["likelihoods"], strict=False)
    }
    views = rows(
        year, "SELECT user_id, item_id FROM events WHERE event_type = 'view' AND event_at >= '2024-12-01'"
    )
    promised = {row["user_id"]: sum(row["likelihoods"][:10]) for row in lists}
    hits = sum(view in best for view in views) / len(views)
    expected = sum(promised[user] for user, _ in views) / len(views)
    assert abs(hits - expected) < 0.05
    assert hits > 0.3


def test_best_lists_are_sorted_distinct_and_personal(year):
    lists = truth(year, "users").to_pylist()
    assert all(row["likelihoods"] == sorted(row["likelihoods"], reverse=True) for row in lists)
    assert all(len(set(row["best_items"])) == len(row["best_items"]) > 10 for row in lists)
    assert len({tuple(row["best_items"][:3]) for row in lists}) > len(lists) / 10


def test_every_item_and_user_is_described(year):
    held = collect.summary(year)
    assert held.described_users >= held.users
    unknown = "SELECT count(*) FROM events ANTI JOIN items USING (item_id)"
    assert rows(year, unknown) == [(0,)]
