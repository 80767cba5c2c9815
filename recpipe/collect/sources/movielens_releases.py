"""How each release of MovieLens is written: its files, their columns and what separates them."""

from typing import NamedTuple

RATINGS = ("user_id", "item_id", "rating", "seconds")
MOVIES = ("item_id", "title", "genres")
PEOPLE = ("user_id", "gender", "age", "occupation", "zip_code")
TAGS = ("user_id", "item_id", "tag", "seconds")

GENRES = (
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama"),
    *(
        "Fantasy",
        "Film-Noir",
        "Horror",
        "Musical",
        "Mystery",
        "Romance",
        "Sci-Fi",
        "Thriller",
        "War",
        "Western",
    ),
)
"""Of the release 100k, whose films have a column for each."""


FLAGS = [f"genre_{number:02}" for number in range(len(GENRES))]


class Part(NamedTuple):
    """One file of a release: what it holds, its name, its columns in order, and what separates them."""

    name: str
    columns: tuple[str, ...]
    delimiter: str


class Release(NamedTuple):
    """How a release is written. `parts` are ratings and movies, and people or tags where it has them."""

    folder: str
    parts: dict[str, Part]
    encoding: str = "utf-8"
    has_header: bool = False


def _dat(folder: str, encoding: str, third: str, columns: tuple[str, ...]) -> Release:
    parts = {"ratings": RATINGS, "movies": MOVIES, third: columns}
    file_of = {"people": "users"}
    named = {part: Part(f"{file_of.get(part, part)}.dat", names, "::") for part, names in parts.items()}
    return Release(folder, named, encoding)


def _csv(folder: str) -> Release:
    parts = {"ratings": RATINGS, "movies": MOVIES, "tags": TAGS}
    return Release(
        folder, {part: Part(f"{part}.csv", names, ",") for part, names in parts.items()}, has_header=True
    )


RELEASES = {
    "100k": Release(
        "ml-100k",
        {
            "ratings": Part("u.data", RATINGS, "\t"),
            "movies": Part("u.item", ("item_id", "title", "released", "on_video", "address", *FLAGS), "|"),
            "people": Part("u.user", ("user_id", "age", "gender", "occupation", "zip_code"), "|"),
        },
        "latin-1",
    ),
    "1m": _dat("ml-1m", "latin-1", "people", PEOPLE),
    "10m": _dat("ml-10M100K", "utf-8", "tags", TAGS),
    "20m": _csv("ml-20m"),
    "32m": _csv("ml-32m"),
    "latest-small": _csv("ml-latest-small"),
}
