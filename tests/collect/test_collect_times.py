from datetime import UTC, datetime, timedelta, timezone

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from recpipe import collect
from recpipe.collect.times import detect_format
from recpipe.core.errors import DataError, ParameterError
from tests.collect.shops import HEADER, collected, files, times, write

NOON = "2024-03-01 12:00:00"


def collected_times(workspace, tmp_path, *texts, **params):
    lines = [f"u,i{n},{text}" for n, text in enumerate(texts)]
    collected(
        workspace, files(write(tmp_path, "e.csv", "\n".join([HEADER, *lines])), delimiter=",", **params)
    )
    return times(workspace)


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-01T12:00:00",
        "2024-03-01 12:00",
        "2024-03-01T12",
        "2024-03-01T12:00:00Z",
        "2024-03-01T14:00:00+02:00",
        "2024-03-01 04:00:00-0800",
        "20240301T120000Z",
        "20240301T1400+0200",
        " 2024-03-01T12:00:00.000 ",
        "2024/03/01 12:00:00",
        "20240301120000",
        "1709294400",
        "1709294400000",
        "1709294400000000",
        "1709294400000000000",
        "1709294400.0",
    ],
)
def test_one_moment_is_the_same_however_it_is_written(workspace, tmp_path, text):
    assert collected_times(workspace, tmp_path, text) == [NOON]


def test_fractions_are_kept_to_the_microsecond(workspace, tmp_path):
    found = collected_times(workspace, tmp_path, "1709294400123456789", "1709294400999999999")
    assert [text[:23] for text in found] == [f"{NOON}.123", "2024-03-01 12:00:01"]


def test_a_declared_pattern_is_taken(workspace, tmp_path):
    assert collected_times(workspace, tmp_path, "01.03.2024 12:00", timestamp_format="%d.%m.%Y %H:%M") == [
        NOON
    ]


def test_a_declared_offset_is_moved_to_utc(workspace, tmp_path):
    declared = "%d/%m/%Y %H:%M %z"
    assert collected_times(workspace, tmp_path, "01/03/2024 14:00 +0200", timestamp_format=declared) == [NOON]


def test_a_declared_unit_beats_the_likely_one(workspace, tmp_path):
    found = collected_times(
        workspace, tmp_path, "86400000", timestamp_format="epoch-ms", earliest="1970-01-01"
    )
    assert found == ["1970-01-02 00:00:00"]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_that_parquet_knows_are_taken_as_they_are(workspace, tmp_path, unit):
    moment = datetime(2024, 3, 1, 14, tzinfo=timezone(timedelta(hours=2)))
    column = pa.array([moment], pa.timestamp(unit, "Europe/Berlin"))
    pq.write_table(
        pa.table({"user_id": ["u"], "item_id": ["i"], "timestamp": column}), tmp_path / "e.parquet"
    )
    batch = collect.read(workspace, files(str(tmp_path / "e.parquet")))
    assert batch.files[0]["timestamps"] == "native"
    collect.merge(workspace, batch)
    assert times(workspace) == [NOON]


def test_naive_times_and_dates_of_parquet_are_utc(workspace, tmp_path):
    for name, value in (("e1", datetime(2024, 3, 1, 12)), ("e2", datetime(2024, 3, 2, tzinfo=UTC).date())):
        table = pa.table({"user_id": ["u"], "item_id": ["i"], "timestamp": [value]})
        pq.write_table(table, tmp_path / f"{name}.parquet")
    collected(workspace, files(f"{tmp_path}/e*.parquet"))
    assert times(workspace) == [NOON, "2024-03-02 00:00:00"]


def test_equal_times_everywhere_are_no_trouble(workspace, tmp_path):
    assert collected_times(workspace, tmp_path, *["2024-03-01"] * 5) == ["2024-03-01 00:00:00"] * 5


def test_a_time_that_no_calendar_has_is_a_bad_row(workspace, tmp_path):
    found = collected_times(
        workspace, tmp_path, "2024-02-30", "infinity", "294240-01-01", "2024-03-01T12:00:00"
    )
    assert found == [NOON]


def test_times_in_no_known_form_ask_for_a_declaration(workspace, tmp_path):
    path = write(tmp_path, "e.csv", f"{HEADER}\nu,i,31/12/2024\n")
    with pytest.raises(DataError, match="'31/12/2024' are neither ISO 8601 nor seconds") as raised:
        collect.preflight(files(path))
    assert "--collect.timestamp_format" in raised.value.hint


@pytest.mark.parametrize("declared", ["yesterday", "%Q", "epoch-h"])
def test_a_format_that_is_none_is_refused_before_anything_is_read(tmp_path, declared):
    path = write(tmp_path, "e.csv", f"{HEADER}\nu,i,2024-01-01\n")
    with pytest.raises(ParameterError, match=r"collect\.timestamp_format"):
        collect.preflight(files(path, timestamp_format=declared))


def test_the_majority_of_the_first_rows_decides_the_form():
    assert detect_format("auto", ["2024-01-01", "1700000000", "2024-01-02"], "f") == "iso"
    assert detect_format("auto", ["1700000000", "2024-01-01", "1700000001"], "f") == "epoch-s"
    assert detect_format("auto", [None, ""], "f") == "iso"


BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2024-03-01 12:00:00", "2024-03-01 11:00:00"),
        ("2024-07-01T12:00", "2024-07-01 10:00:00"),
        ("20240701T120000", "2024-07-01 10:00:00"),
        ("2024-03-01", "2024-02-29 23:00:00"),
        ("20240301120000", "2024-03-01 11:00:00"),
        ("2024-03-01T12:00:00Z", NOON),
        ("2024-03-01T14:00:00+02:00", NOON),
        ("2024-03-01 04:00:00-0800", NOON),
        ("2024-03-01 12:00:00 UTC", NOON),
        ("1709294400", NOON),
        ("2024-10-27 02:30:00", "2024-10-27 01:30:00"),  # occurs twice: the later
    ],
)
def test_a_declared_zone_is_that_of_times_which_tell_none(workspace, tmp_path, text, utc):
    assert collected_times(workspace, tmp_path, text, time_zone=BERLIN) == [utc]


@pytest.mark.parametrize(
    ("pattern", "text", "utc"),
    [
        ("%d.%m.%Y %H:%M", "01.03.2024 12:00", "2024-03-01 11:00:00"),
        ("%d.%m.%Y %H:%M %z", "01.03.2024 12:00 +0000", NOON),
    ],
)
def test_a_declared_zone_minds_the_offset_of_a_pattern(workspace, tmp_path, pattern, text, utc):
    found = collected_times(workspace, tmp_path, text, timestamp_format=pattern, time_zone=BERLIN)
    assert found == [utc]


def test_a_declared_zone_minds_what_parquet_knows(workspace, tmp_path):
    naive, aware = datetime(2024, 3, 1, 12), datetime(2024, 3, 1, 12, tzinfo=UTC)
    for name, moment in (("naive", naive), ("aware", aware)):
        table = pa.table({"user_id": [name], "item_id": ["i"], "timestamp": [moment]})
        pq.write_table(table, tmp_path / f"{name}.parquet")
    collected(workspace, files(f"{tmp_path}/*.parquet", time_zone=BERLIN))
    assert times(workspace) == ["2024-03-01 11:00:00", NOON]


@pytest.mark.parametrize("zone", ["Europe/Berlyn", "", "../etc"])
def test_a_zone_that_is_none_is_refused(zone):
    with pytest.raises(ValidationError, match="there is no time zone"):
        files("e.csv", time_zone=zone)
