import pandas as pd
import pytest

from recpipe import recommend
from recpipe.core.errors import DataError
from recpipe.core.workspace import Workspace
from recpipe.recommend import RecommendParams


def rows_of(workspace: Workspace) -> pd.DataFrame:
    return pd.concat([batch.to_pandas() for batch in recommend.Publication.open(workspace).batches()])


def upside_down(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(rank=rows.groupby("user_id")["rank"].transform("max") + 1 - rows["rank"])


def test_changed_lists_are_what_readers_see_and_name_what_they_were(published):
    before = recommend.Publication.open(published)
    name = recommend.publish_changed(published, before.name, upside_down(rows_of(published)))
    changed = recommend.Publication.open(published)
    assert changed.name == name != before.name
    assert changed.manifest["inputs"]["changed_from"] == before.name
    for user in ("ann", "dan"):
        items = [row["item_id"] for row in before.of(user)]
        assert [row["item_id"] for row in changed.of(user)] == items[::-1]
        assert [row["rank"] for row in changed.of(user)] == list(range(1, len(items) + 1))


def test_the_same_change_again_is_the_publication_that_is_there(published):
    before, rows = published.publications.pointed("current"), upside_down(rows_of(published))
    names = {recommend.publish_changed(published, before, rows) for _ in range(2)}
    assert len(names) == 1


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda rows: rows[rows["rank"] > 1], "ranks are not 1, 2, 3"),
        (lambda rows: rows.assign(item_id="a1"), "an item stands twice in a list"),
        (lambda rows: rows.replace({"item_id": {"a1": "zz"}}), "holds what it did not before"),
    ],
)
def test_lists_that_are_none_any_more_are_refused_and_the_old_stay(published, change, problem):
    before = published.publications.pointed("current")
    with pytest.raises(DataError, match=problem):
        recommend.publish_changed(published, before, change(rows_of(published)))
    assert published.publications.pointed("current") == before
    assert not list(published.publications.root.glob(".tmp-*"))


def test_an_older_publication_may_be_changed_while_newer_lists_stand(published):
    older = published.publications.pointed("current")
    rows = rows_of(published)
    recommend.publish(published, recommend.make_lists(published, "", "", RecommendParams(k=2)))
    name = recommend.publish_changed(published, older, upside_down(rows))
    assert published.publications.pointed("current") == name
