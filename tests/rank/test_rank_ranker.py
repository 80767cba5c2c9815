"""The trees: what they learn, what they refuse, and that they are read as they were written."""

from pathlib import Path

import numpy as np
import pytest

from recpipe.core.errors import DataError, StageError
from recpipe.core.ragged import Ragged
from recpipe.rank import ranker
from recpipe.rank.params import RankParams
from recpipe.rank.ranker import LambdaRank, read_ranker, train_ranker
from recpipe.rank.table import Table

QUICK = RankParams(rounds=10, leaves=4, seeds=2)
NAMES = ("good", "noise")


def table(users: int = 60, candidates: int = 20) -> Table:
    """Of each user's candidates the two with the largest `good` were taken; some values are missing."""
    random = np.random.default_rng(0)
    features = random.random((users * candidates, 2)).astype(np.float32)
    good = features[:, 0].reshape(users, candidates)
    taken = (good >= np.sort(good, axis=1)[:, -2:-1]).ravel()
    features[random.random(len(features)) < 0.1, 1] = np.nan
    items = Ragged.from_lists([np.arange(1, candidates + 1)] * users)
    return Table(items, features, NAMES, taken, np.full(users, 2), {})


def trained(of: Table, params: RankParams = QUICK) -> LambdaRank:
    return train_ranker([of], of.names, params, params.rounds, params.seeds)


def test_what_was_taken_comes_first() -> None:
    known = table()
    scores = trained(known).scores(known.features, NAMES)
    assert known.ndcg(scores).mean() > 0.95
    assert known.ndcg(np.zeros(len(scores))).mean() < 0.5


def test_the_feature_that_decides_is_the_important_one() -> None:
    assert next(iter(trained(table()).importances())) == "good"


def test_right_answers_that_are_no_candidates_count_as_missed() -> None:
    known = table()
    half = Table(known.items, known.features, NAMES, known.taken, known.relevant * 10, {})
    assert half.ndcg(known.taken * 1.0).mean() < known.ndcg(known.taken * 1.0).mean() == 1


def test_the_same_seed_gives_the_same_trees() -> None:
    assert trained(table()).texts() == trained(table()).texts()
    assert trained(table()).texts() != trained(table(), QUICK.model_copy(update={"seed": 5})).texts()


@pytest.mark.parametrize(
    "change", [{"leaves": 2}, {"learning_rate": 0.3}, {"negatives": 3}, {"rounds": 3}, {"seeds": 1}]
)
def test_each_setting_changes_the_trees(change: dict) -> None:
    assert trained(table(), QUICK.model_copy(update=change)).texts() != trained(table()).texts()


def test_what_one_window_does_not_know_is_learned_from_the_other() -> None:
    """A second window has twice the users and no `good`: it may not teach that `good` means nothing."""
    known, blind = table(), table(120)
    blind = Table(blind.items, blind.features[:, 1:], NAMES[1:], blind.taken, blind.relevant, {})
    both = train_ranker([known, blind], NAMES, QUICK, QUICK.rounds, QUICK.seeds)
    assert known.ndcg(both.scores(known.features, NAMES)).mean() > 0.95
    assert np.isnan(blind.columns(NAMES)[:, 0]).all()
    assert blind.columns(NAMES, np.array([3]))[0, 1] == pytest.approx(blind.features[3, 0], nan_ok=True)


def test_other_features_are_refused_by_name() -> None:
    known = table()
    with pytest.raises(DataError, match="other features than it is given: noise, noisy"):
        trained(known).scores(known.features, ("good", "noisy"))


def test_nothing_taken_and_everything_taken_are_no_order_to_learn() -> None:
    known = table()
    for taken in (known.taken & False, known.taken | True):
        with pytest.raises(DataError, match="there is no order to learn"):
            trained(Table(known.items, known.features, NAMES, taken, known.relevant, {}))


def test_a_ranker_is_read_as_it_was_written(tmp_path: Path) -> None:
    known, made = table(), trained(table())
    files = [tmp_path / f"{number}.txt" for number in range(2)]
    for file, text in zip(files, made.texts(), strict=True):
        file.write_text(text)
    again = read_ranker(files, NAMES)
    assert again.scores(known.features, NAMES) == pytest.approx(made.scores(known.features, NAMES))
    with pytest.raises(DataError, match=r"0\.txt: reads other features than its manifest says"):
        read_ranker(files, ("other", "noise"))


def test_a_file_that_is_no_ranker_is_named(tmp_path: Path) -> None:
    (tmp_path / "ranker-1.txt").write_text("spoilt")
    with pytest.raises(DataError, match=r"ranker-1\.txt: no ranker"):
        read_ranker([tmp_path / "ranker-1.txt"], NAMES)


def test_without_the_systems_openmp_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(name: str) -> None:
        raise OSError("libgomp.so.1: cannot open shared object file")

    monkeypatch.setattr(ranker.importlib, "import_module", lacking)
    with pytest.raises(StageError, match="libgomp1"):
        trained(table())
