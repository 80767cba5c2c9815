"""Lists by an approximate search. Of six items an index has one list only, so it finds what is best."""

import sys

import pytest

from recpipe import recommend
from recpipe.core.errors import ParameterError
from recpipe.core.nearest import NearestItems
from recpipe.params import PipelineParams
from recpipe.recommend import RecommendParams
from recpipe.run.preflight import check_files
from tests.recommend.test_recommend_lists import by_user, rows


def make(workspace, **params):
    return recommend.make_lists(workspace, "", "", RecommendParams(**params))


def test_an_index_is_asked_and_seen_and_denied_items_stay_out(workspace, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(
        NearestItems,
        "top_k",
        lambda self, *given, real=NearestItems.top_k: asked.append(1) or real(self, *given),
    )
    (tmp_path / "deny.txt").write_text("b1\n")
    filters = {"k": 3, "deny_items": str(tmp_path / "deny.txt")}
    exact, found = (make(workspace, search=search, **filters) for search in ("exact", "approximate"))
    assert asked
    assert by_user(found) == by_user(exact)
    assert "b1" not in {row["item_id"] for row in rows(found)}


def test_what_was_found_of_the_best_is_told_where_the_search_is_not_exact(workspace, monkeypatch):
    assert make(workspace, search="approximate").figures()["search_recall"] == 1.0
    assert "search_recall" not in make(workspace).figures()
    real = NearestItems.top_k
    monkeypatch.setattr(NearestItems, "top_k", lambda self, queries, *given: real(self, -queries, *given))
    assert make(workspace, search="approximate", k=1).figures()["search_recall"] < 1


def test_without_faiss_nothing_starts(workspace, monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(ParameterError, match=r"recommend\.search approximate: faiss is not installed"):
        check_files(PipelineParams(recommend=RecommendParams(search="approximate")))
    with pytest.raises(ParameterError, match="faiss is not installed"):
        make(workspace, search="approximate")
