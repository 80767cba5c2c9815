"""The users who judge a model after each epoch, by what they took in the validation part."""

from dataclasses import dataclass

import numpy as np

from recpipe.core.event_weights import worth
from recpipe.core.ragged import Ragged
from recpipe.core.snapshot import Histories
from recpipe.train.params import TrainParams

MOST_JUDGED_SCORES = 1_000_000_000
"""Users times items that are scored to judge once, some 10 CPU-seconds: of a million items 1,000 users."""


@dataclass(frozen=True)
class Judges:
    """Users with at least one relevant item in the validation part: new to them and known to the model.

    histories: what they did before; seen: (users) items they must not get again; relevant: distinct items.
    """

    histories: Histories
    seen: Ragged
    relevant: Ragged

    def __len__(self) -> int:
        return len(self.relevant)

    @classmethod
    def joined(cls, parts: list["Judges"]) -> "Judges":
        """The users of all parts, one after the other."""
        return cls(
            Histories.joined([part.histories for part in parts]),
            Ragged.joined([part.seen for part in parts]),
            Ragged.joined([part.relevant for part in parts]),
        )


def most_judges(params: TrainParams, item_count: int) -> int:
    """How many users judge at most."""
    return min(params.validation_users, max(1, MOST_JUDGED_SCORES // item_count))


def questions(everything: Histories, item_count: int, event_weights: np.ndarray) -> Judges:
    """All users as judges, those without a right answer too.

    Right answers are items up to `item_count` with an event that counts, see `core.event_weights.worth`.
    """
    before, after = everything.until("validation"), everything.part("validation")
    seen = Ragged(before.offsets, before.items).unique()
    wanted = Ragged(after.offsets, after.items).where(worth(after, event_weights) > 0).unique()
    is_right = (wanted.values > 0) & (wanted.values <= item_count) & ~wanted.contained(seen)
    return Judges(before, seen, wanted.where(is_right))
