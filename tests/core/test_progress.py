import pytest

from recpipe.core import progress
from recpipe.core.progress import Progress, track


class Clock:
    """Stands in for `time`: goes on only when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Clock:
    caplog.set_level("INFO", "recpipe")
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def test_a_quick_step_says_its_end_only(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    advance = track("lists", 1_000, "users")
    for _ in range(1_000):
        advance(1)
    assert caplog.messages == ["lists: 1,000 of 1,000 users"]


def test_a_slow_step_says_twenty_lines_however_long_it_takes(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    advance = track("training", 100_000, "steps")
    for _ in range(100_000):
        clock.now += 0.5
        advance(1)
    assert len(caplog.messages) == progress.STEPS
    assert caplog.messages[0] == "training: 5,000 of 100,000 steps"
    assert caplog.messages[-1] == "training: 100,000 of 100,000 steps"


def test_few_large_strides_are_told_one_by_one(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    advance = track("reading", 2, "files")
    for _ in range(2):
        clock.now += 9
        advance(1)
    assert caplog.messages == ["reading: 1 of 2 files", "reading: 2 of 2 files"]


def test_more_than_was_promised_adds_no_line(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    advance = track("training", 2, "steps")
    for _ in range(5):
        clock.now += 9
        advance(1)
    assert caplog.messages[-1] == "training: 2 of 2 steps"
    assert len(caplog.messages) == 2


@pytest.mark.parametrize(
    "told", [Progress("lists", 0, 5, "users"), Progress("a: b", 1_234_567, 9_000_000, "x")]
)
def test_a_line_reads_back(told: Progress) -> None:
    assert Progress.parse(str(told)) == told


@pytest.mark.parametrize("line", ["epoch 1: loss 0.3", "train: cell 3 of 7", "", "1 of 2 files"])
def test_other_lines_are_no_progress(line: str) -> None:
    assert Progress.parse(line) is None
