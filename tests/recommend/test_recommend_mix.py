import pytest

from recpipe import recommend
from recpipe.core import registry
from recpipe.core.workspace import Workspace
from recpipe.recommend import RecommendParams
from tests.tiny import make_model, make_snapshot

HISTORIES = {"ann": ["bread"], "bob": ["bread"], "cat": ["soap"]}
"""Seen items are left out, so lists of one hold what the user has not had."""


def publish(workspace: Workspace, paths: dict[str, list[str]]) -> None:
    described = {item: {"categories": path} for item, path in paths.items()}
    snapshot = make_snapshot(workspace, HISTORIES, described=described)
    make_model(workspace, snapshot, {"bread": [1.0], "soap": [1.0]}, name="mean-m")
    registry.promote(workspace, "mean-m", why="test", who="test")
    recommend.publish(workspace, recommend.make_lists(workspace, "", "", RecommendParams(k=1)))


def test_places_and_events_are_told_by_the_top_of_the_category(workspace):
    publish(workspace, {"bread": ["food", "bakery"], "soap": ["household"]})
    mix = recommend.category_mix(workspace)
    assert mix.index.tolist() == ["household", "food"], "the most listed first"
    assert mix["lists"].tolist() == pytest.approx([2 / 3, 1 / 3])
    assert mix["events"].tolist() == pytest.approx([1 / 3, 2 / 3])


def test_what_is_after_the_first_categories_is_told_together(workspace):
    publish(workspace, {"bread": ["food"], "soap": ["household"], "lamp": ["light"]})
    mix = recommend.category_mix(workspace, categories=1)
    assert mix.index.tolist() == ["household", "(all others)"]
    assert mix["events"].tolist() == pytest.approx([1 / 3, 2 / 3])


def test_items_without_a_category_are_a_row_of_their_own(workspace):
    publish(workspace, {"bread": [], "soap": ["household"]})
    assert recommend.category_mix(workspace)["lists"].to_dict() == pytest.approx(
        {"household": 2 / 3, "(no category)": 1 / 3}
    )


def test_a_shop_without_categories_has_no_mix(workspace):
    publish(workspace, {})
    assert recommend.category_mix(workspace).empty
