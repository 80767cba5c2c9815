"""What the candidate tower reads of an item: categories, attributes, and the words of its title."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from recpipe.core import columns as c
from recpipe.train.attributes import read_attributes
from recpipe.train.bags import Bag, numbered, packed, without_repeats
from recpipe.train.params import TrainParams

MOST_CATEGORIES = 8
MOST_WORDS = 16
WORD_BUCKETS = 16_384
"""Words of titles share so many vectors, by a hash that is the same everywhere and always: CRC-32 of the
lower-cased word. A catalogue's titles have some ten thousand; two words in a bucket share its vector."""

WORD_BREAK = r"[^\p{L}\p{N}]+"


@dataclass(frozen=True)
class ItemInputs:
    """What is known of items 1..n beside their ids; only what the parameters ask for.

    bags: by name, see `Bag`. numbers: (items + 1, m) float32, see `read_attributes`; m may be 0.
    """

    bags: dict[str, Bag]
    numbers: np.ndarray


def read_item_inputs(items: pa.Table, item_count: int, params: TrainParams) -> ItemInputs:
    """Read them for items 1..item_count of a snapshot's table `items`, which is ordered by index from 1."""
    known = items.slice(0, item_count)
    bags: dict[str, Bag] = {}
    numbers = np.zeros((item_count + 1, 0), dtype=np.float32)
    read: dict[str, tuple[bool, Callable[[pa.Array], Bag]]] = {
        c.CATEGORIES: (params.use_categories, category_bag),
        c.TITLE: (params.use_titles, title_bag),
    }
    for column, (is_used, make) in read.items():
        if is_used:
            bags[column] = make(known.column(column).combine_chunks())
    if params.use_attributes:
        bags[c.ATTRIBUTES], numbers = read_attributes(known.column(c.ATTRIBUTES).to_pylist())
    return ItemInputs({name: bag for name, bag in bags.items() if bag.indices.any()}, numbers)


def category_bag(lists: pa.Array) -> Bag:
    """Paths of categories, coarse to fine, one an item: the same word at two levels is two features."""
    rows, words = _flattened(lists)
    level = np.arange(len(rows)) - np.searchsorted(rows, rows)
    encoded = words.dictionary_encode()
    codes = level * max(1, len(encoded.dictionary)) + encoded.indices.to_numpy()
    return numbered(rows, codes, len(lists), MOST_CATEGORIES)


def title_bag(titles: pa.Array) -> Bag:
    """The words of titles, letters and digits only, each in the bucket of its hash."""
    rows, words = _flattened(pc.split_pattern_regex(pc.utf8_lower(titles), WORD_BREAK))
    encoded = words.dictionary_encode()
    buckets = np.array([word_bucket(word) for word in encoded.dictionary.to_pylist()], dtype=np.int64)
    is_word = pc.not_equal(words, "").to_numpy(zero_copy_only=False)
    found = buckets[encoded.indices.to_numpy()[is_word]]
    return packed(*without_repeats(rows[is_word], found), len(titles), MOST_WORDS, WORD_BUCKETS)


def word_bucket(word: str) -> int:
    """1 to WORD_BUCKETS.

    >>> word_bucket("Milk") == word_bucket("milk")
    True
    """
    return 1 + zlib.crc32(word.lower().encode()) % WORD_BUCKETS


def _flattened(lists: pa.Array) -> tuple[np.ndarray, pa.Array]:
    """The entries of lists that are there, and the item of each, from 1."""
    rows, words = pc.list_parent_indices(lists), pc.list_flatten(lists)
    present = pc.is_valid(words)
    return rows.filter(present).to_numpy().astype(np.int64) + 1, words.filter(present)
