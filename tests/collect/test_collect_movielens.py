"""MovieLens from a publisher on this machine: every release, and what can go wrong on the way."""

import json
import logging

import pytest

from recpipe import collect
from recpipe.collect import CollectParams
from recpipe.core.errors import DataError, UnreachableError
from tests.collect.publisher import MEMBERS, archive
from tests.collect.shops import collected, rows

RELEASES = list(MEMBERS)


@pytest.fixture
def params(tmp_path):
    return CollectParams(source="movielens", movielens="1m", downloads=str(tmp_path / "downloads"))


@pytest.mark.parametrize("release", RELEASES)
def test_ratings_of_every_release_become_events_and_keep_their_value(workspace, publisher, params, release):
    publisher.offer(release, archive(MEMBERS[release]))
    done = collected(workspace, params.model_copy(update={"movielens": release}))
    assert (done.read, done.kept) == (3, 3)
    assert rows(
        workspace,
        "SELECT user_id, item_id, event_type, value, event_at::VARCHAR FROM events ORDER BY event_at",
    ) == [
        ("1", "10", "favourite", 5.0, "2000-07-30 18:45:03"),
        ("1", "20", "rating", 2.5, "2000-07-30 18:46:40"),
        ("2", "10", "favourite", 4.0, "2000-07-30 18:50:00"),
    ]


def test_the_bound_of_a_favourite_is_a_parameter(workspace, publisher, params):
    publisher.offer("1m", archive(MEMBERS["1m"]))
    collected(workspace, params.model_copy(update={"favourite_from": 4.5}))
    assert rows(workspace, "SELECT event_type, count(*) FROM events GROUP BY 1 ORDER BY 1") == [
        ("favourite", 1),
        ("rating", 2),
    ]


@pytest.mark.parametrize(
    ("release", "first"),
    [("100k", ["Drama", "Musical"]), ("1m", ["Drama", "Musical"]), ("10m", ["Drama", "Musical"])],
)
def test_titles_genres_and_years_become_items(workspace, publisher, params, release, first):
    publisher.offer(release, archive(MEMBERS[release]))
    collected(workspace, params.model_copy(update={"movielens": release}))
    assert rows(workspace, "SELECT item_id, title, categories FROM items ORDER BY 1") == [
        ("10", "Misérables, Les (1995)", first),
        ("20", "Nameless", ["unknown"] if release == "100k" else []),
    ]
    ((told,),) = rows(workspace, "SELECT attributes FROM items WHERE item_id = '10'")
    assert json.loads(told)["release_year"] == 1995


def test_tags_become_attributes_of_films_and_of_those_who_gave_them(workspace, publisher, params):
    publisher.offer("32m", archive(MEMBERS["32m"]))
    collected(workspace, params.model_copy(update={"movielens": "32m"}))
    assert rows(workspace, "SELECT title, categories, attributes FROM items ORDER BY item_id") == [
        (
            'American "President", The (1995)',
            ["Comedy", "Drama"],
            '{"release_year":1995,"tags":["funny","slow"]}',
        ),
        ("Nameless", [], "{}"),
    ]
    assert rows(workspace, "SELECT user_id, attributes FROM users ORDER BY 1") == [
        ("1", '{"tags":["funny"]}'),
        ("2", '{"tags":["funny","slow"]}'),
    ]


@pytest.mark.parametrize(
    ("release", "first", "second"),
    [
        ("100k", ("M", "24", "technician", "85711"), ("F", "53", "other", "02139")),
        ("1m", ("F", "under 18", "pupil", "48067"), ("M", "56+", "self-employed", "70072")),
    ],
)
def test_what_raters_told_of_themselves_becomes_users(workspace, publisher, params, release, first, second):
    publisher.offer(release, archive(MEMBERS[release]))
    collected(workspace, params.model_copy(update={"movielens": release}))
    names = ("gender", "age", "occupation", "zip_code")
    found = rows(workspace, "SELECT attributes FROM users ORDER BY user_id")
    assert [json.loads(text) for (text,) in found] == [
        dict(zip(names, told, strict=True)) for told in (first, second)
    ]


def test_a_release_is_fetched_once_and_needs_no_publisher_afterwards(workspace, publisher, params):
    publisher.offer("1m", archive(MEMBERS["1m"]))
    collected(workspace, params)
    publisher.files.clear()
    collect.preflight(params)
    batch = collect.read(workspace, params)
    assert (len(publisher.asked), batch.read) == (1, 0)


@pytest.fixture
def small_chunks(monkeypatch):
    """Let bytes be kept as they come, few at a time: the archives are small."""
    monkeypatch.setattr("recpipe.collect.downloads._CHUNK_BYTES", 5)


@pytest.mark.usefixtures("small_chunks")
def test_a_broken_download_goes_on_where_it_stopped(workspace, publisher, params, caplog):
    content = archive(MEMBERS["1m"])
    publisher.offer("1m", content)
    publisher.cut_after = [100, 50]
    with caplog.at_level(logging.INFO, "recpipe.progress"):
        assert collected(workspace, params).kept == 3
    assert publisher.asked == ["", "bytes=100-", "bytes=150-"]
    assert f"download of ml-1m.zip: {len(content):,} of {len(content):,} bytes" in caplog.text


@pytest.mark.usefixtures("small_chunks")
def test_a_line_that_breaks_again_and_again_keeps_what_came_for_the_next_run(workspace, publisher, params):
    publisher.offer("1m", archive(MEMBERS["1m"]))
    publisher.cut_after = [100, 50, 25]
    with pytest.raises(UnreachableError, match=r"ml-1m\.zip: cannot be reached") as raised:
        collect.read(workspace, params)
    assert "goes on where it stopped" in raised.value.hint
    publisher.asked.clear()
    assert collected(workspace, params).kept == 3
    assert publisher.asked == ["bytes=175-"]


def test_a_publisher_that_knows_no_ranges_sends_all_of_it_again(workspace, publisher, params):
    publisher.offer("1m", archive(MEMBERS["1m"]))
    publisher.takes_ranges = False
    publisher.cut_after = [100]
    assert collected(workspace, params).kept == 3


def test_a_checksum_that_differs_is_refused_and_nothing_of_it_stays(workspace, publisher, params, tmp_path):
    publisher.offer("1m", archive(MEMBERS["1m"]), md5="0" * 32)
    with pytest.raises(DataError, match="the checksum differs"):
        collect.read(workspace, params)
    assert list((tmp_path / "downloads").iterdir()) == []
    publisher.offer("1m", archive(MEMBERS["1m"]))
    assert collected(workspace, params).kept == 3


@pytest.mark.parametrize("name", ["../out.txt", "ml-1m/../../out.txt", "/out.txt", "..\\out.txt"])
def test_an_archive_with_a_path_that_climbs_out_is_refused(workspace, publisher, params, tmp_path, name):
    publisher.offer("1m", archive(MEMBERS["1m"] | {name: b"mine"}))
    with pytest.raises(DataError, match="outside of its folder"):
        collect.read(workspace, params)
    assert [path.name for path in tmp_path.rglob("out.txt")] == []
    assert not (tmp_path / "downloads" / "ml-1m").exists()


@pytest.mark.parametrize("content", [b"PK no archive", archive({"ml-1m/ratings.dat": b""})])
def test_an_archive_that_is_damaged_or_lacks_a_file_is_refused(
    workspace, publisher, params, tmp_path, content
):
    publisher.offer("1m", content)
    with pytest.raises(DataError, match=r"damaged|ratings\.dat|movies\.dat"):
        collect.read(workspace, params)
    assert not (tmp_path / "downloads" / "ml-1m").exists()


def test_a_publisher_without_the_release_or_without_an_answer_is_named(publisher, params, monkeypatch):
    with pytest.raises(DataError, match=r"not to be had \(404\)"):
        collect.preflight(params)
    monkeypatch.setattr("recpipe.collect.sources.movielens.PUBLISHER", "http://127.0.0.1:1")
    with pytest.raises(UnreachableError, match="cannot be reached"):
        collect.preflight(params)
