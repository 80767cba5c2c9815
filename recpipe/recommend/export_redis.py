"""Write lists into Redis: one key a user, and one key that says which of them are current."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import chain, groupby, islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

from recpipe.core import columns as c
from recpipe.core.addresses import filled
from recpipe.core.errors import DataError, ParameterError, UnreachableError
from recpipe.recommend.publication import Publication

if TYPE_CHECKING:
    from redis import Redis

KEYS_AT_ONCE = 1000


def write_redis(address: str, name: str, publication: Publication) -> None:
    """Write the list of every user of `publication`, then let the key `<name>:current` name them.

    `GET <name>:current` gives a version, `GET <name>:<version>:<user>` the user's list as JSON: best first,
    of each place all columns but the user's id; no key where nothing is left to recommend. The version that
    was current before stays for those who have just read its name; older ones go.

    Raises ParameterError if the client is not installed or the address is none, DataError if Redis refuses
    what is written (out of memory), UnreachableError if it does not answer. What was current then still is,
    and what was written is removed, as far as Redis answers, or by the next export.
    """
    version = f"{publication.name}-{uuid4().hex[:6]}"
    current = f"{name}:current"
    with _connected(address) as redis:
        before = redis.get(current)
        try:
            for users in _blocks(publication):
                with redis.pipeline(transaction=False) as pipeline:
                    for user, places in users:
                        pipeline.set(f"{name}:{version}:{user}", places)
                    pipeline.execute()
        except BaseException:
            _remove(redis, name, keep={_text(before)})
            raise
        redis.set(current, version)
        _remove(redis, name, keep={_text(before), version})


def _blocks(publication: Publication) -> Iterator[list[tuple[str, str]]]:
    """Yield users and their lists as JSON, a bounded number at a time."""
    rows = chain.from_iterable(batch.to_pylist() for batch in publication.batches())
    users = ((user, _as_json(places)) for user, places in groupby(rows, key=lambda row: row[c.USER_ID]))
    while block := list(islice(users, KEYS_AT_ONCE)):
        yield block


def _as_json(places: Iterator[dict[str, Any]]) -> str:
    told = [{name: value for name, value in place.items() if name != c.USER_ID} for place in places]
    return json.dumps(told, ensure_ascii=False, default=datetime.isoformat)


def _remove(redis: "Redis", name: str, keep: set[str]) -> None:
    """Remove the lists of every version but those of `keep`."""
    kept = tuple(f"{name}:{version}:" for version in keep if version)
    pattern = "".join(f"\\{sign}" if sign in "*?[]\\" else sign for sign in name) + ":*:*"
    doomed: list[bytes] = []
    for key in redis.scan_iter(match=pattern, count=KEYS_AT_ONCE):
        if not _text(key).startswith(kept):
            doomed.append(key)
        if len(doomed) >= KEYS_AT_ONCE:
            redis.unlink(*doomed)
            doomed = []
    if doomed:
        redis.unlink(*doomed)


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else ""


@contextmanager
def _connected(address: str) -> Iterator["Redis"]:
    """Open Redis for the block. Raises what `write_redis` does, also out of the block."""
    try:
        from redis import Redis, RedisError
        from redis.exceptions import ConnectionError as Unconnected
        from redis.exceptions import TimeoutError as TooSlow
    except ModuleNotFoundError:
        raise ParameterError(
            "export: the client of Redis is not installed", "pip install 'recpipe[redis]'"
        ) from None
    shown = f"redis://{urlsplit(address).hostname}"
    try:
        redis = Redis.from_url(filled(address, "export") or "", socket_connect_timeout=10, socket_timeout=60)
    except ValueError as error:
        raise ParameterError(f"export {shown}: {error}", "Use redis://HOST:PORT/DATABASE.") from None
    try:
        yield redis
    except (Unconnected, TooSlow) as error:
        raise UnreachableError(
            f"{shown}: does not answer ({error})", "Try again; what was current still is."
        ) from error
    except RedisError as error:
        raise DataError(
            f"{shown}: refused ({error})", "What was current still is; make room, then again."
        ) from error
    finally:
        redis.close()
