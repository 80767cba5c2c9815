"""What the candidate tower reads of an item: categories, attributes, and the words of its title."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from recpipe.core import columns as c
from recpipe.core.bags import Bag, in_bag, numbered, packed, without_repeats
from recpipe.train.attributes import AttributeCodes, learn_attributes
from recpipe.train.params import TrainParams

MOST_CATEGORIES = 8
MOST_WORDS = 16
WORD_BUCKETS = 16_384
"""Words of titles share so many vectors, by a hash that is the same everywhere and always: CRC-32 of the
lower-cased word. A catalogue's titles have some ten thousand; two words in a bucket share its vector."""

WORD_BREAK = r"[^\p{L}\p{N}]+"


@dataclass(frozen=True)
class ItemCodes:
    """What is read of items, and what it became with the known ones: so with new ones it becomes the same.

    categories: names of the features from 1, see `category_features`; None: not read. attributes: None
    as well. titles: whether words are read; their numbers are hashes.
    """

    categories: tuple[str, ...] | None
    attributes: AttributeCodes | None
    titles: bool

    def encode(self, items: pa.Table) -> "ItemInputs":
        """What is known of n items, a table with columns `title`, `categories` and `attributes`."""
        bags: dict[str, Bag] = {}
        numbers = np.zeros((len(items) + 1, 0), dtype=np.float32)
        if self.categories is not None:
            features = category_features(_whole(items, c.CATEGORIES))
            bags[c.CATEGORIES] = in_bag(*features, len(items), MOST_CATEGORIES, self.categories)
        if self.titles:
            bags[c.TITLE] = title_bag(_whole(items, c.TITLE))
        if self.attributes is not None:
            bags[c.ATTRIBUTES], numbers = self.attributes.encode(items.column(c.ATTRIBUTES).to_pylist())
        return ItemInputs(bags, numbers, self)

    def told(self) -> dict[str, Any]:
        """Return them ready for JSON."""
        attributes = self.attributes.told() if self.attributes else None
        return {"categories": self.categories, "attributes": attributes, "titles": self.titles}

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "ItemCodes":
        """Read what `told` gave."""
        categories, attributes = told["categories"], told["attributes"]
        return cls(
            None if categories is None else tuple(categories),
            None if attributes is None else AttributeCodes.read(attributes),
            told["titles"],
        )


@dataclass(frozen=True)
class ItemInputs:
    """What is known of items 1..n beside their ids; only what the parameters ask for.

    bags: by name, see `Bag`. numbers: (items + 1, m) float32, see `AttributeCodes`; m may be 0. codes: how
    it was read.
    """

    bags: dict[str, Bag]
    numbers: np.ndarray
    codes: ItemCodes

    @property
    def number_names(self) -> tuple[str, ...]:
        """What the columns of `numbers` are."""
        return self.codes.attributes.number_names if self.codes.attributes else ()


def read_item_inputs(items: pa.Table, item_count: int, params: TrainParams) -> ItemInputs:
    """Read them for items 1..item_count of a snapshot's table `items`, which is ordered by index from 1."""
    known = items.slice(0, item_count)
    codes = ItemCodes(
        categories=_shared_categories(_whole(known, c.CATEGORIES)) if params.use_categories else None,
        attributes=learn_attributes(known.column(c.ATTRIBUTES).to_pylist())
        if params.use_attributes
        else None,
        titles=params.use_titles,
    )
    inputs = codes.encode(known)
    # a bag that nobody has anything in costs time and tells nothing
    return ItemInputs(
        {name: bag for name, bag in inputs.bags.items() if bag.indices.any()}, inputs.numbers, codes
    )


def category_features(lists: pa.Array) -> tuple[np.ndarray, list[str]]:
    """Paths of categories, coarse to fine, one an item: the item of each word, from 1, and its name.

    The same word at two levels is two features: names are `level: word`.
    """
    rows, words = _flattened(lists)
    level = np.arange(len(rows)) - np.searchsorted(rows, rows)
    return rows, [f"{at}: {word}" for at, word in zip(level.tolist(), words.to_pylist(), strict=True)]


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


def _shared_categories(lists: pa.Array) -> tuple[str, ...]:
    return numbered(*category_features(lists), len(lists), MOST_CATEGORIES).names


def _whole(items: pa.Table, column: str) -> pa.Array:
    return items.column(column).combine_chunks()


def _flattened(lists: pa.Array) -> tuple[np.ndarray, pa.Array]:
    """The entries of lists that are there, and the item of each, from 1."""
    rows, words = pc.list_parent_indices(lists), pc.list_flatten(lists)
    present = pc.is_valid(words)
    return rows.filter(present).to_numpy().astype(np.int64) + 1, words.filter(present)
