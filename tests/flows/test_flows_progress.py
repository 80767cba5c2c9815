import logging
import threading
import time
from typing import Any
from uuid import UUID, uuid4

import pytest

from flows import progress
from flows.progress import Follower, shown_progress


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, str]]:
    """What the UI is told, in order; the server is played."""
    lines: list[tuple[float, str]] = []

    def create(share: float, key: str, description: str) -> UUID:
        lines.append((share, f"{key}: {description}"))
        return uuid4()

    def update(artifact: UUID, progress: float, description: str) -> UUID:
        lines.append((progress, description))
        return artifact

    monkeypatch.setattr(progress, "create_progress_artifact", create)
    monkeypatch.setattr(progress, "update_progress_artifact", update)
    monkeypatch.setattr(progress, "INTERVAL_SECONDS", 0.01)
    logging.getLogger("recpipe").setLevel(logging.INFO)
    return lines


def record(text: str, **facts: Any) -> logging.LogRecord:
    made = logging.LogRecord("recpipe.run", logging.INFO, "", 0, text, (), None)
    vars(made).update(facts)
    return made


def test_cells_that_are_done_and_steps_of_the_one_at_work_are_counted() -> None:
    follower = Follower("train")
    follower.emit(record("train: cell 3 of 4", event="cell", cell=3, cells=4))
    assert (follower.percent, follower.words) == (50, "cell 3 of 4")
    follower.emit(record("training: 50 of 100 steps"))
    assert (follower.percent, follower.words) == (62.5, "cell 3 of 4; training: 50 of 100 steps")
    follower.emit(record("something else"))
    assert follower.percent == 62.5
    follower.emit(record("train: finished in 3 s", event="finished"))
    assert (follower.percent, follower.words) == (100, "finished")


def wait_for(lines: list[tuple[float, str]], line: tuple[float, str]) -> None:
    deadline = time.monotonic() + 20
    while line not in lines and time.monotonic() < deadline:
        time.sleep(0.01)
    assert line in lines


def test_what_is_logged_meanwhile_is_told_and_the_end_is_the_last_word(told: list[tuple[float, str]]) -> None:
    logger = logging.getLogger("recpipe.run")
    with shown_progress("my_stage"):
        logger.info("cell", extra={"event": "cell", "cell": 2, "cells": 4})
        wait_for(told, (25.0, "my_stage: cell 2 of 4"))
        logger.info("done", extra={"event": "finished"})
    assert told[0] == (0.0, "progress-my-stage: my_stage: starts")
    assert told[-1] == (100.0, "my_stage: finished")
    assert not [handler for handler in logging.getLogger("recpipe").handlers if isinstance(handler, Follower)]


def test_a_stage_that_fails_stays_where_it_was(told: list[tuple[float, str]]) -> None:
    with pytest.raises(ZeroDivisionError), shown_progress("train"):
        logging.getLogger("recpipe.run").info("cell", extra={"event": "cell", "cell": 2, "cells": 4})
        raise ZeroDivisionError
    assert told[-1] == (25.0, "train: cell 2 of 4")


def test_a_server_that_is_away_costs_the_picture_not_the_run(
    told: list[tuple[float, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from httpx import ConnectError

    asked = threading.Event()

    def update(artifact: UUID, progress: float, description: str) -> UUID:
        asked.set()
        raise ConnectError("away")

    monkeypatch.setattr(progress, "update_progress_artifact", update)
    with shown_progress("train"):
        logging.getLogger("recpipe.run").info("cell", extra={"event": "cell", "cell": 2, "cells": 4})
        assert asked.wait(20)
