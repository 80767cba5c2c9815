"""A snapshot larger than a block is trained on block by block, and nothing but the order is another."""

import dataclasses

import numpy as np
import pytest

from recpipe import train
from recpipe.core.errors import DataError
from recpipe.core.workspace import Workspace
from recpipe.train import blocks
from recpipe.train.data import read_up_to_now
from recpipe.train.inputs import HISTORY, USER
from recpipe.train.loader import Loader
from recpipe.train.settings import Settings
from tests.train.conftest import Write
from tests.train.test_train_checkpoint import interrupted
from tests.train.worlds import checkerboard_world, market_world, parity_world

QUICK = Settings(dimension=4, max_history=8, epochs=3, batch_size=8, targets_per_query=2, half_life_days=40)
GROUP_USERS = 3
FEW_EVENTS = 120


def in_blocks(monkeypatch: pytest.MonkeyPatch, events: int = FEW_EVENTS) -> None:
    monkeypatch.setattr(blocks, "BLOCK_EVENTS", events)


@pytest.fixture
def snapshot(write_snapshot: Write) -> str:
    """30 users, 3 in a row group, with 24 events each."""
    return write_snapshot(market_world(users=30), group_users=GROUP_USERS)


def described(histories_list: list) -> dict[str, list[tuple[int, int]]]:
    return {
        user: list(zip(some.items[begin:end].tolist(), some.times[begin:end].tolist(), strict=True))
        for some in histories_list
        for user, begin, end in zip(some.user_ids, some.offsets, some.offsets[1:], strict=False)
    }


@pytest.mark.parametrize("read", [train.read, read_up_to_now])
def test_each_training_event_is_in_one_block_of_an_epoch(
    read, workspace: Workspace, snapshot: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = described([read(workspace, snapshot, QUICK).histories])
    in_blocks(monkeypatch)
    data = read(workspace, snapshot, QUICK)
    epochs = [list(data.blocks(np.random.default_rng(epoch))) for epoch in range(2)]
    for found in epochs:
        assert len(found) > 3
        assert sum(map(len, found)) == len(expected)
        assert described(found) == expected
    users = [{frozenset(some.user_ids) for some in found} for found in epochs]
    assert users[0] != users[1], "other users meet in each epoch"


def test_no_block_is_larger_than_its_bound_and_a_row_group(
    workspace: Workspace, snapshot: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_blocks(monkeypatch)
    data = train.read(workspace, snapshot, QUICK)
    sizes = [len(some.items) for some in data.blocks(np.random.default_rng(1))]
    assert max(sizes) <= FEW_EVENTS + 24 * GROUP_USERS
    # what is held of all users is a sample, as large as a block but for the draw
    assert len(data.histories.items) <= 1.5 * FEW_EVENTS
    assert 0 < len(data.histories) == len(data.validation) < 30


@pytest.mark.parametrize("encoder", ["mean", "attention"])
def test_what_is_found_of_the_whole_is_the_same_in_blocks(
    encoder: str, workspace: Workspace, snapshot: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = QUICK.model_copy(update={"encoder": encoder, "sample": 0.7, "validation_users": 9})
    whole, loader = (data := train.read(workspace, snapshot, params)), Loader(data)
    in_blocks(monkeypatch)
    blockwise, in_parts = (data := train.read(workspace, snapshot, params)), Loader(data)
    assert (whole.source, blockwise.newest) == (None, whole.newest)
    assert blockwise.source is not None
    assert blockwise.table().equals(whole.table())
    assert blockwise.judges.histories.user_ids.tolist() == whole.judges.histories.user_ids.tolist()
    assert blockwise.judges.relevant.values.tolist() == whole.judges.relevant.values.tolist()
    for moment, counts in whole.counts.items():
        for name, values in counts.items():
            assert blockwise.counts[moment][name].tolist() == values.tolist()
    assert in_parts.steps == loader.steps
    np.testing.assert_allclose(in_parts.target_shares, loader.target_shares)


def test_an_epoch_in_blocks_has_every_query_with_its_own_history_and_user(
    workspace: Workspace, write_snapshot: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_snapshot(checkerboard_world(), group_users=1)
    params = QUICK.model_copy(update={"encoder": "id", "batch_size": 1, "half_life_days": 1e5})

    def queries() -> list[tuple[int, ...]]:
        loader = Loader(train.read(workspace, "", params))
        batches = (batch for block in loader.epoch(1) for batch in block)
        return sorted((int(each[USER][0]), *each[HISTORY].numpy()[0].tolist()) for each in batches)

    expected = queries()
    in_blocks(monkeypatch, 40)
    assert queries() == expected


@pytest.mark.slow
def test_training_in_blocks_learns_and_goes_on_after_it_was_killed(
    workspace: Workspace, write_snapshot: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_snapshot(parity_world(), group_users=4)
    in_blocks(monkeypatch, 250)
    params = QUICK.model_copy(update={"learning_rate": 0.05, "dropout": 0.1, "id_dropout": 0})
    data = train.read(workspace, "", params)
    expected = train.fit(data)
    interrupted(data, workspace, 3, monkeypatch)
    found = train.fit(data, workspace)
    for one, other in zip(found.model.get_weights(), expected.model.get_weights(), strict=True):
        assert one.tobytes() == other.tobytes()
    assert expected.curve[-1]["loss"] < expected.curve[0]["loss"]
    chance = 10 / 24  # of the one right item, were ten of the 24 drawn
    assert expected.validation_ndcg > chance
    assert train.save(workspace, found) == train.save(workspace, expected)


def test_training_in_blocks_ends_within_an_epoch_when_the_budget_is_spent(
    workspace: Workspace, snapshot: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_blocks(monkeypatch)
    fitted = train.fit(train.read(workspace, snapshot, QUICK.model_copy(update={"max_cpu_seconds": 1e-9})))
    assert (fitted.ended, len(fitted.curve), int(fitted.model.optimizer.iterations)) == ("budget", 1, 1)


def test_repeats_are_learned_from_a_sample(
    workspace: Workspace, snapshot: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_blocks(monkeypatch, 300)
    assert train.fit_repeats(train.read(workspace, snapshot, QUICK.model_copy(update={"repeats": "on"})))


def test_nothing_that_counts_is_named(workspace: Workspace, snapshot: str) -> None:
    data = train.read(workspace, snapshot, QUICK)
    nothing = dataclasses.replace(data, event_weights=np.zeros_like(data.event_weights))
    with pytest.raises(DataError, match="none of the training events counts"):
        Loader(nothing)


def test_an_encoder_asked_for_histories_that_nobody_has_is_named(
    workspace: Workspace, write_snapshot: Write
) -> None:
    write_snapshot({f"u{user}": ([(f"i{user % 2}", 1.0)], [], []) for user in range(4)})
    data = train.read(workspace, "", QUICK.model_copy(update={"encoder": "gru"}))
    with pytest.raises(DataError, match="encoder gru learns from what follows an event"):
        train.fit(data)


def test_a_vocabulary_of_one_item_is_named(workspace: Workspace, write_snapshot: Write) -> None:
    write_snapshot({"u": ([("only", 1.0), ("only", 2.0)], [], [])})
    with pytest.raises(DataError, match="snapshot world: 1 items and 2 training events are too little"):
        train.read(workspace, "", QUICK)


@pytest.mark.parametrize("file", ["interactions", "items", "item_features"])
@pytest.mark.parametrize("change", ["altered", "missing"])
def test_a_snapshot_with_a_file_altered_or_missing_is_refused(
    file: str, change: str, workspace: Workspace, snapshot: str
) -> None:
    path = workspace.snapshots.path(snapshot) / f"{file}.parquet"
    if change == "missing":
        path.unlink()
    else:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    with pytest.raises(DataError, match=f"{file}.parquet"):
        train.read(workspace, snapshot, QUICK)
