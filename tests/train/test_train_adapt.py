"""What "auto" becomes: the rules see the data, and what is given is never changed."""

import logging

import numpy as np
import pytest

from recpipe import train
from recpipe.core.snapshot import Histories
from recpipe.core.workspace import Workspace
from recpipe.train.adapt import EVERY_POSITION, NO_HALF_LIFE, Facts, adapt, facts_of
from recpipe.train.params import TrainParams
from tests.train.conftest import Write
from tests.train.worlds import parity_world


def facts(tied_share: float = 0.0, split_kind: str = "time", lengths: int = 200, users: int = 1000) -> Facts:
    return Facts(split_kind, tied_share, np.full(users, lengths), users * lengths)


def histories(*times: list[int]) -> Histories:
    lengths = np.array([len(each) for each in times])
    every = np.array([time for each in times for time in each], np.int64)
    counts = np.stack([lengths, lengths * 0, lengths * 0], axis=1)
    items = np.arange(1, len(every) + 1, dtype=np.int32)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    ids = np.array([f"u{row}" for row in range(len(times))], dtype=object)
    return Histories(ids, offsets, items, np.ones(len(every), np.uint8), every, counts)


def test_what_shares_a_moment_with_another_event_of_its_user_is_tied() -> None:
    found = facts_of(histories([1, 1, 2, 3], [3, 4, 5, 5]), np.array([4, 4]), "time", is_ordered=False)
    assert (found.tied_share, found.moments) == (0.5, 6)
    assert found.lengths.tolist() == [4, 4]


def test_a_sample_stands_for_all_users() -> None:
    some, lengths = histories([1, 1, 2, 3], [3, 4, 5, 5]), np.array([4, 4, 6, 10])
    assert facts_of(some, lengths, "time", is_ordered=False).moments == 18


def test_nothing_is_tied_where_event_order_tells_all_apart() -> None:
    assert facts_of(histories([1, 1, 1]), np.array([3]), "time", is_ordered=True).tied_share == 0


def test_baskets_are_foreseen_as_a_window_and_sequences_step_by_step() -> None:
    basket, sequence = (adapt(TrainParams(), facts(tied_share, users=10_000)) for tied_share in (0.95, 0.1))
    assert (basket.same_time, basket.encoder, basket.dropout) == ("basket", "mean", 0.7)
    assert (basket.window_days, basket.targets) == (14, "new")
    assert (sequence.same_time, sequence.encoder) == ("sequence", "attention")
    assert (sequence.window_days, sequence.targets) == (0, "all")


def test_with_few_events_a_sequence_is_taken_as_a_whole() -> None:
    few, many = adapt(TrainParams(), facts(users=100)), adapt(TrainParams(), facts(users=10_000))
    assert (few.encoder, few.dropout, few.window_days) == ("mean", 0.1, 0)
    assert (many.encoder, many.dropout, many.window_days) == ("attention", 0.2, 0)


def test_what_is_given_stays_and_the_rest_follows_it() -> None:
    settings = adapt(TrainParams(encoder="gru", dropout=0.6, same_time="basket"), facts())
    assert (settings.encoder, settings.dropout, settings.window_days) == ("gru", 0.6, 14)
    assert settings.batch_size == EVERY_POSITION["batch_size"]


@pytest.mark.parametrize("name", [name for name, value in TrainParams() if value == "auto"])
def test_nothing_stays_open_but_what_depends_on_more_than_the_train_part(name: str) -> None:
    settled = getattr(adapt(TrainParams(), facts()), name)
    assert (settled == "auto") == (name in ("loss", "repeats", "warm_start"))


def test_where_each_user_is_asked_at_their_own_end_nothing_is_old() -> None:
    assert adapt(TrainParams(), facts(split_kind="last-event")).half_life_days == NO_HALF_LIFE
    assert adapt(TrainParams(), facts(split_kind="time")).half_life_days == 90


def test_little_data_is_passed_through_more_often_and_with_more_patience() -> None:
    little, much = (adapt(TrainParams(encoder="attention"), facts(users=users)) for users in (100, 100_000))
    assert (little.epochs, little.patience) == (50, 10)
    assert (much.epochs, much.patience) == (5, 2)


def test_each_value_is_told_with_its_reason(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "recpipe.train"):
        adapt(TrainParams(), facts(tied_share=0.95))
    assert (
        "settings: same_time basket (95 % of the events share a moment whose order nothing tells)"
        in caplog.text
    )
    assert "dropout 0.7" in caplog.text


def test_settled_values_can_be_given_again_and_give_the_same() -> None:
    settings = adapt(TrainParams(), facts())
    assert adapt(TrainParams(**settings.model_dump()), facts(tied_share=1, users=3)) == settings


def test_reading_a_snapshot_settles_everything(workspace: Workspace, write_snapshot: Write) -> None:
    write_snapshot(parity_world())
    data = train.read(workspace, "", TrainParams(dimension=4))
    assert (data.params.encoder, data.params.same_time, data.params.dimension) == ("mean", "sequence", 4)
