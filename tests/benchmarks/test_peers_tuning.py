import pytest
from peers.tuning import tune

from recpipe.evaluate.peers.contract import Peer

LADDER = (1, 2, 5, 10, 20, 50, 100)


def peer(*starts: dict, **axes: tuple) -> Peer:
    return Peer("planted", lambda known, setting: lambda users: users, starts, axes)


def test_the_planted_best_is_found_along_every_axis() -> None:
    def judge(setting) -> float:
        return -abs(setting["a"] - 50) - 3 * abs(setting["b"] - 2) - 10 * (setting["counts"] != "log")

    start = {"a": 1, "b": 100, "counts": "binary"}
    found = tune(peer(start, a=LADDER, b=LADDER, counts=("binary", "log", "count")), judge)
    assert found.setting == {"a": 50, "b": 2, "counts": "log"}
    assert found.value == 0
    assert found.on_edge == ()
    assert found.tried < 7 * 7 * 3


def test_the_best_of_several_starts_is_kept() -> None:
    peaks = {1: 0.3, 2: 0.2, 5: 0.1, 10: 0.0, 20: 0.2, 50: 0.5, 100: 0.4}
    only_low = tune(peer({"a": 1}, a=LADDER), lambda setting: peaks[setting["a"]])
    both = tune(peer({"a": 1}, {"a": 20}, a=LADDER), lambda setting: peaks[setting["a"]])
    assert (only_low.setting["a"], both.setting["a"]) == (1, 50)


@pytest.mark.parametrize(("best", "edges"), [(1, ("a",)), (100, ("a",)), (20, ())])
def test_a_best_on_the_edge_of_its_axis_is_told(best: int, edges: tuple[str, ...]) -> None:
    found = tune(peer({"a": 10}, a=LADDER), lambda setting: -abs(setting["a"] - best))
    assert found.setting == {"a": best}
    assert found.on_edge == edges


def test_no_setting_is_tried_twice_nor_a_half_life_that_nothing_decays_with() -> None:
    asked: list[tuple] = []

    def judge(setting) -> float:
        asked.append(tuple(sorted(setting.items())))
        return float(setting["counts"] == "binary")

    axes = {"counts": ("binary", "log decayed"), "half_life": LADDER}
    found = tune(peer({"counts": "binary", "half_life": 10}, **axes), judge)
    assert found.setting == {"counts": "binary"}
    assert asked == [(("counts", "binary"),), (("counts", "log decayed"), ("half_life", 10))]


def test_a_start_beside_its_axis_is_an_error() -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        tune(peer({"a": 3}, a=LADDER), lambda setting: 0.0)
