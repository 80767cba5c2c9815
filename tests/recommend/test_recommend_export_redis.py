"""The export to Redis, on a server that the test starts."""

import json
import socket

import pytest
from redis import Redis

from recpipe import recommend
from recpipe.core.errors import DataError, ParameterError, UnreachableError
from tests.recommend.redis_server import server
from tests.recommend.test_recommend_export_sql import half_way, publish


@pytest.fixture(scope="module")
def address():
    with server() as address:
        yield address


@pytest.fixture
def redis(address):
    with Redis.from_url(address, decode_responses=True) as redis:
        redis.flushall()
        yield redis
        redis.config_set("maxmemory", 0)


def listed(redis, user, name="recommendations"):
    places = redis.get(f"{name}:{redis.get(f'{name}:current')}:{user}")
    return places and [place["item_id"] for place in json.loads(places)]


@pytest.mark.slow
def test_every_user_has_a_key_and_one_key_names_what_is_current(published, redis, address):
    assert recommend.export(published, address) == 12
    assert listed(redis, "dan") == ["c1", "a1", "b1"]
    assert listed(redis, "eve") is None
    place = json.loads(redis.get(f"recommendations:{redis.get('recommendations:current')}:ann"))[0]
    assert (place["rank"], place["variant"], place["model_version"]) == (1, "champion", "mean-a")
    assert len(redis.keys()) == 5


@pytest.mark.slow
def test_the_version_before_stays_for_who_just_read_its_name_and_older_ones_go(published, redis, address):
    recommend.export(published, address)
    held = redis.get("recommendations:current")
    publish(published, k=1)
    recommend.export(published, address)
    assert listed(redis, "dan") == ["c1"]
    assert redis.exists(f"recommendations:{held}:dan")
    recommend.export(published, address)
    assert not redis.exists(f"recommendations:{held}:dan")
    assert len(redis.keys()) == 9


@pytest.mark.slow
def test_an_export_that_fails_half_way_leaves_what_was_current(published, redis, address, monkeypatch):
    recommend.export(published, address)
    before = {key: redis.get(key) for key in redis.scan_iter()}
    publish(published, k=1)
    monkeypatch.setattr("recpipe.recommend.export_redis.KEYS_AT_ONCE", 1)
    half_way(monkeypatch)
    with pytest.raises(DataError, match="the power went"):
        recommend.export(published, address)
    assert {key: redis.get(key) for key in redis.scan_iter()} == before


@pytest.mark.slow
def test_a_server_without_room_refuses_and_keeps_what_was_current(published, redis, address):
    recommend.export(published, address)
    redis.config_set("maxmemory", 1)
    with pytest.raises(DataError, match=r"127\.0\.0\.1: refused \(.*maxmemory"):
        recommend.export(published, address)
    assert listed(redis, "dan") == ["c1", "a1", "b1"]


@pytest.mark.slow
def test_keys_of_others_are_left_alone(published, redis, address):
    redis.set("carts:a:dan", "c1")
    for name in ("for[you]", "for_you"):
        recommend.export(published, address, name=name)
    for _ in range(3):
        recommend.export(published, address, name="for[you]")
    assert redis.get("carts:a:dan") == "c1"
    assert listed(redis, "dan", "for_you") == listed(redis, "dan", "for[you]") == ["c1", "a1", "b1"]


def test_a_server_that_is_not_there_is_told(published):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening
        with pytest.raises(UnreachableError, match=r"redis://127\.0\.0\.1: does not answer"):
            recommend.export(published, f"redis://:secret@127.0.0.1:{taken.getsockname()[1]}/0")


def test_an_address_of_redis_that_is_none_is_bad_usage(published):
    with pytest.raises(ParameterError, match="Use redis://HOST:PORT/DATABASE"):
        recommend.export(published, "redis://127.0.0.1:port/0")


def test_users_are_written_a_bounded_number_at_a_time(published, monkeypatch):
    from recpipe.recommend.export_redis import _blocks

    monkeypatch.setattr("recpipe.recommend.export_redis.KEYS_AT_ONCE", 3)
    monkeypatch.setattr("recpipe.recommend.publication.BATCH_ROWS", 2)
    blocks = list(_blocks(recommend.Publication.open(published)))
    assert [[user for user, _ in block] for block in blocks] == [["ann", "bob", "cat"], ["dan"]]
    assert [place["rank"] for place in json.loads(blocks[1][0][1])] == [1, 2, 3]
