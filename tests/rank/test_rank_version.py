"""A second stage as a model version: written, read, refitted, kept with what it stands upon."""

from dataclasses import replace

import pytest

from recpipe import rank, recommend, train
from recpipe.core import registry
from recpipe.core.bases import base_of, with_bases
from recpipe.core.bootstrap import Interval
from recpipe.core.errors import DataError, ParameterError, StageError
from recpipe.core.ranking import Ranker
from recpipe.core.refits import served
from recpipe.core.snapshot import Snapshot
from recpipe.core.starts import champion_before
from recpipe.core.workspace import Workspace
from recpipe.evaluate import EvaluateParams, held_out, score
from recpipe.evaluate.roles import contestants
from recpipe.evaluate.shortcuts import shortcuts
from recpipe.evaluate.smoke import smoke_test
from recpipe.rank import readiness
from recpipe.rank.ranker import NothingToRank
from tests import tiny
from tests.rank.test_rank_fit import QUICK
from tests.rank.worlds import guessing, write
from tests.train.worlds import parity_world

YES = QUICK.model_copy(update={"enabled": "yes"})


@pytest.fixture
def retrieval(workspace: Workspace, parity: Snapshot, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(train, "load", tiny.load)
    made = guessing(parity)
    vectors = dict(zip(made.vocabulary.ids.tolist(), made.item_vectors[1:].tolist(), strict=True))
    return tiny.make_model(workspace, parity.name, vectors, name="mean-0")


@pytest.fixture
def version(workspace: Workspace, retrieval: str) -> str:
    fitted = rank.fit(workspace, "", rank.load(workspace, retrieval), QUICK)
    return rank.save(workspace, retrieval, fitted)


def lists(workspace: Workspace, version: str) -> list[list[int]]:
    snapshot = Snapshot.open(workspace)
    ranker = Ranker(rank.load(workspace, version), snapshot, "test")
    return ranker.rank(snapshot.histories().until("test"), 4, exclude_seen=True).indices.tolist()


def test_a_version_names_the_retrieval_it_stands_upon(workspace: Workspace, version: str) -> None:
    assert version.startswith("ranked-")
    assert base_of(workspace, version) == "mean-0"
    assert base_of(workspace, "mean-0") == "mean-0"
    assert with_bases(workspace, {version}) == {version, "mean-0"}
    assert workspace.models.pointed("newest") == version


def test_too_little_to_learn_from_is_off_with_auto_and_an_error_with_yes(
    workspace: Workspace, retrieval: str, caplog: pytest.LogCaptureFixture
) -> None:
    world = {
        "ann": ([("i00", 0.0), ("i01", 7.0)], [("i02", 8.0)], [("i03", 9.0)]),
        "bob": ([("i02", 0.0)], [], []),
    }
    write(Workspace.open(workspace.root), world, name="tiny")
    vectors = {f"i0{item}": [1.0, float(item)] for item in range(3)}
    retrieval = tiny.make_model(workspace, "tiny", vectors, name="mean-1")
    assert rank.consider(workspace, "", retrieval, QUICK) is None
    assert "1 users took something in the validation part" in caplog.text
    with pytest.raises(NothingToRank, match="1 users took something"):
        rank.consider(workspace, "", retrieval, QUICK.model_copy(update={"enabled": "yes"}))


def test_the_champions_retrieval_is_what_a_training_goes_on_from(workspace: Workspace, version: str) -> None:
    workspace.models.point("champion", version)
    assert champion_before(workspace, "another snapshot") == "mean-0"


def test_pruning_keeps_the_retrieval_of_what_is_in_use(workspace: Workspace, version: str) -> None:
    snapshot = Snapshot.open(workspace)
    again = {name: [0.0, 1.0] for name in snapshot.vocabulary.ids}
    base = tiny.make_model(workspace, snapshot.name, again, name="mean-0-refit-1", refit_of="mean-0")
    refitted = rank.refit(workspace, version, snapshot.name, base)
    workspace.models.point("champion", version)
    assert registry.in_use(workspace) == {version, "mean-0", base, refitted}
    assert registry.recent(workspace, 1, 1) == {version, "mean-0"}


def test_what_is_not_kept_leaves_the_retrieval_as_it_is(workspace: Workspace, retrieval: str) -> None:
    fitted = rank.fit(workspace, "", rank.load(workspace, retrieval), QUICK)
    unsure = replace(fitted, gain=Interval(0.01, -0.001, 0.02))
    assert rank.save(workspace, retrieval, unsure) == retrieval
    assert workspace.models.names() == [retrieval]
    assert workspace.models.pointed("newest") == retrieval


def test_making_it_again_gives_the_same_version(workspace: Workspace, version: str) -> None:
    again = rank.save(workspace, version, rank.consider(workspace, "", version, QUICK))
    assert again == version


def test_it_is_loaded_with_its_second_stage_and_others_without(workspace: Workspace, version: str) -> None:
    loaded = rank.load(workspace, version)
    assert (loaded.version, loaded.kind) == (version, "ranked")
    assert loaded.second is not None
    assert rank.load(workspace, "mean-0").second is None
    assert lists(workspace, version) != lists(workspace, "mean-0")


def test_a_refit_stands_upon_the_retrievals_refit_and_makes_the_lists(
    workspace: Workspace, version: str
) -> None:
    snapshot = Snapshot.open(workspace)
    again = {name: [0.0, 1.0] for name in snapshot.vocabulary.ids}
    base = tiny.make_model(workspace, snapshot.name, again, name="mean-0-refit-1", refit_of="mean-0")
    refitted = rank.refit(workspace, version, snapshot.name, base)
    assert base_of(workspace, refitted) == base
    assert served(workspace, version, snapshot.name) == refitted
    assert rank.refit(workspace, version, snapshot.name, base) == refitted
    assert rank.refit(workspace, "mean-0", snapshot.name, base) == base
    assert rank.refit(workspace, version, snapshot.name, "mean-0") == version


@pytest.fixture
def stranger(workspace: Workspace, version: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A version whose ranker was trained with a feature that is no more, as by another release."""
    loaded = rank.load(workspace, version)
    assert isinstance(loaded.second, rank.SecondStage)
    ranker = replace(loaded.second.ranker, names=("gone", *loaded.second.ranker.names[1:]))
    made = replace(loaded, second=replace(loaded.second, ranker=ranker))
    monkeypatch.setattr(rank, "load", lambda workspace, name: made)
    return version


def test_who_reads_other_features_has_no_score_but_stops_no_run(workspace: Workspace, stranger: str) -> None:
    scores = score(rank.load(workspace, stranger), held_out(workspace, "", EvaluateParams()))
    assert "other features than it is given: " in scores.problem
    assert "gone" in scores.problem
    assert not scores.ndcg.any()


def test_the_smoke_test_makes_lists_with_the_second_stage(workspace: Workspace, stranger: str) -> None:
    with pytest.raises(DataError, match=r"failed the smoke test.*other features"):
        smoke_test(workspace, stranger)


def test_a_retrieval_of_another_snapshot_is_refused(workspace: Workspace, retrieval: str) -> None:
    """It may have learned from what the ranker would be judged on, and the version would hide it."""
    write(workspace, parity_world(40), name="another")
    with pytest.raises(DataError, match=r"mean-0: trained on snapshot snap, but its candidates.* on another"):
        rank.consider(workspace, "", retrieval, QUICK)


def test_a_refit_is_no_retrieval_to_judge_a_ranker_by(workspace: Workspace, version: str) -> None:
    snapshot = Snapshot.open(workspace)
    vectors = {name: [0.0, 1.0] for name in snapshot.vocabulary.ids}
    again = tiny.make_model(workspace, snapshot.name, vectors, name="mean-0-refit-1", refit_of="mean-0")
    with pytest.raises(DataError, match="mean-0-refit-1: a refit learned from") as caught:
        rank.consider(workspace, "", again, QUICK)
    assert "mean-0 instead" in caught.value.hint


def test_a_retrieval_of_another_snapshot_is_no_contestant(workspace: Workspace, version: str) -> None:
    parity, popular = Snapshot.open(workspace), {"i00": [1.0]}
    popularity = tiny.make_model(workspace, parity.name, popular, name="popularity-0", kind="popularity")
    vectors = {name: [0.0, 1.0] for name in parity.vocabulary.ids}
    newer = tiny.make_model(workspace, "newer", vectors, name="mean-9")
    ranked = rank.save(workspace, newer, rank.fit(workspace, "", rank.load(workspace, newer), YES))
    with pytest.raises(DataError, match="retrieval mean-9: trained on snapshot newer"):
        contestants(workspace, ranked, popularity, held_out(workspace, "", EvaluateParams()))


def test_a_champion_whose_retrieval_is_damaged_can_be_rolled_back(workspace: Workspace, version: str) -> None:
    parity, popular = Snapshot.open(workspace), {"i00": [1.0]}
    popularity = tiny.make_model(workspace, parity.name, popular, name="popularity-0", kind="popularity")
    vectors = {name: [0.0, 1.0] for name in parity.vocabulary.ids}
    challenger = tiny.make_model(workspace, parity.name, vectors, name="mean-9")
    workspace.models.point("champion", version)
    tiny.alter(workspace.models.path("mean-0") / "item_vectors.npy")
    with pytest.raises(DataError, match=f"the champion {version} cannot be compared") as caught:
        contestants(workspace, challenger, popularity, held_out(workspace, "", EvaluateParams()))
    assert "recpipe rollback" in caught.value.hint


def test_the_smoke_test_lists_seen_items_where_its_users_had_everything(
    workspace: Workspace, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = rank.load(workspace, version)
    monkeypatch.setattr(rank, "load", lambda *_: loaded)
    write(workspace, {f"u{n}": ([("i00", 0.0), ("i01", 7.0)], [], []) for n in range(3)}, name="sated")
    smoke_test(workspace, version)


def test_sampled_candidates_are_ranked_as_in_the_honest_figure(workspace: Workspace, version: str) -> None:
    """There are fewer items than are sampled, so that both rank the same."""
    ranked, test = rank.load(workspace, version), held_out(workspace, "", EvaluateParams())
    sampled, seen_kept = shortcuts(ranked, score(ranked, test), test, {})
    assert sampled.ndcg.estimate == pytest.approx(sampled.honest.estimate)
    assert score(rank.load(workspace, "mean-0"), test).ndcg.mean() < 0.9 * sampled.ndcg.estimate
    assert seen_kept.model == f"{version}, its retrieval alone"


def test_lists_that_a_second_stage_was_not_trained_for_are_warned_of(
    workspace: Workspace, version: str, caplog: pytest.LogCaptureFixture
) -> None:
    for params, warns in (({}, False), ({"seen_days": 14}, True), ({"seen": "allow"}, True)):
        caplog.clear()
        recommend.make_lists(workspace, "", version, recommend.RecommendParams(**params, k=3))
        assert ("its second stage was trained for other lists" in caplog.text) == warns


def test_without_its_retrieval_it_says_what_is_gone(workspace: Workspace, version: str) -> None:
    workspace.models.remove("mean-0")
    with pytest.raises(DataError, match="it orders what mean-0 finds, which is gone"):
        rank.load(workspace, version)


def test_an_altered_ranker_is_named(workspace: Workspace, version: str) -> None:
    tiny.alter(workspace.models.path(version) / "ranker-1.txt")
    with pytest.raises(DataError, match=r"ranker-1\.txt"):
        rank.load(workspace, version)


def test_enabled_no_means_no_and_popularity_has_no_order(
    workspace: Workspace, retrieval: str, parity: Snapshot
) -> None:
    popular = tiny.make_model(workspace, parity.name, {"i00": [1.0]}, name="popularity-0", kind="popularity")
    auto, yes, no = (QUICK.model_copy(update={"enabled": choice}) for choice in ("auto", "yes", "no"))
    assert rank.usable(workspace, retrieval, auto)
    assert not rank.usable(workspace, retrieval, no)
    assert not rank.usable(workspace, popular, auto)
    with pytest.raises(ParameterError, match="there is nothing to put into order"):
        rank.usable(workspace, popular, yes)


def test_where_lightgbm_cannot_be_loaded_auto_is_off_and_yes_an_error(
    workspace: Workspace, retrieval: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(readiness, "why_not", lambda: "LightGBM is not here")
    assert not rank.usable(workspace, retrieval, QUICK)
    assert "no second stage: LightGBM is not here" in caplog.text
    with pytest.raises(StageError, match="LightGBM is not here"):
        rank.usable(workspace, retrieval, QUICK.model_copy(update={"enabled": "yes"}))
