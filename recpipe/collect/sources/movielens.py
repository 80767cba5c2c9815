"""MovieLens: ratings of films, with titles, genres, tags and what is known of the raters.

F. Maxwell Harper and Joseph A. Konstan, *The MovieLens Datasets: History and Context*, ACM TiiS 5(4), 2015.
Free for research, not for passing on: each user fetches them from the publisher, once.
"""

from functools import partial
from pathlib import Path
from typing import Any

from recpipe.collect.archives import unpack
from recpipe.collect.downloads import download, size_of
from recpipe.collect.filelog import SourceFile
from recpipe.collect.params import CollectParams
from recpipe.collect.sources.contract import FileReport
from recpipe.collect.sources.movielens_releases import GENRES, RELEASES, Release
from recpipe.collect.staging import Staging
from recpipe.core.progress import track

PUBLISHER = "https://files.grouplens.org/datasets/movielens"
CHECKSUM = "md5"
"""File beside the unpacked ones, with the archive's MD5 in it."""


class MovieLens:
    """Ratings as events, `favourite` from `collect.favourite_from` on, `rating` below; the value is kept.

    A bound that changes belongs into a new workspace: what was called otherwise before stays.
    Films have title, genres and release year; their tags are the ten that most people gave. Raters have what
    is known of them, or the ten tags they gave most often.
    """

    incremental = False

    def __init__(self, params: CollectParams) -> None:
        """Keep `params`."""
        self._params = params

    def preflight(self) -> list[FileReport]:
        """See `Source`. Asks the publisher whether the archive is there, unless it was fetched before."""
        if not self._folder.is_dir():
            size_of(self._address)
        return self._reports()

    def fingerprint(self) -> list[list[Any]]:
        """See `Source`. A release stays as it is; `latest-small` as it was when it was fetched."""
        return [[self._address]]

    def stage(self, staging: Staging) -> list[FileReport]:
        """See `Source`. Fetches the release first, where it is not in `collect.downloads` yet."""
        self._fetch()
        checksum = (self._folder / CHECKSUM).read_text(encoding="ascii")
        looked = self._reports()
        must = staging.unread(
            [SourceFile(report, [report["file"], checksum], partial(str, checksum)) for report in looked]
        )
        read = [report for report, is_new in zip(looked, must, strict=True) if is_new]
        stage = {"events": self._stage_events, "items": self._stage_items, "users": self._stage_users}
        advance = track("reading", len(read), "tables")
        for report in read:
            stage[report["table"]](staging, {"ingestion_id": staging.ingestion_id, "file": report["file"]})
            advance(1)
        return read

    def _stage_events(self, staging: Staging, told: dict[str, str]) -> None:
        staging.store.run_sql(
            "collect/movielens_events",
            **told,
            **self._reading("ratings", is_named=False),
            sample=staging.sample,
            favourite_from=self._params.favourite_from,
        )

    def _stage_items(self, staging: Staging, told: dict[str, str]) -> None:
        self._read_tags(staging)
        if self._params.movielens == "100k":
            staging.store.run_sql(
                "collect/movielens_flagged_movies", genres=list(GENRES), **self._reading("movies")
            )
        else:
            staging.store.run_sql("collect/movielens_movies", **self._reading("movies"))
        staging.store.run_sql("collect/movielens_items", **told)

    def _stage_users(self, staging: Staging, told: dict[str, str]) -> None:
        if "people" in self._release.parts:
            staging.store.run_sql(
                "collect/movielens_people",
                **told,
                **self._reading("people", is_named=False),
                sample=staging.sample,
                is_coded=self._params.movielens == "1m",
            )
        else:
            self._read_tags(staging)
            staging.store.run_sql("collect/movielens_taggers", **told, sample=staging.sample)

    def _read_tags(self, staging: Staging) -> None:
        if "tags" in self._release.parts:
            staging.store.run_sql("collect/movielens_tags", **self._reading("tags"))
        else:
            staging.store.run_sql("collect/movielens_no_tags")

    def _reading(self, part: str, *, is_named: bool = True) -> dict[str, Any]:
        """Return what read_csv is bound to for a part; its file, too, unless it `is_named` otherwise."""
        release, read = self._release, self._release.parts[part]
        bound = {
            "delimiter": read.delimiter,
            "quote": '"' if release.has_header else "",
            "encoding": release.encoding,
            "header": release.has_header,
            "columns": dict.fromkeys(read.columns, "VARCHAR"),
        }
        return bound | ({"file": str(self._folder / read.name)} if is_named else {})

    @property
    def _release(self) -> Release:
        return RELEASES[self._params.movielens]

    @property
    def _archive(self) -> str:
        return f"ml-{self._params.movielens}.zip"

    @property
    def _address(self) -> str:
        return f"{PUBLISHER}/{self._archive}"

    @property
    def _folder(self) -> Path:
        """Where the unpacked files are; it is there only when they are whole."""
        return _downloads(self._params) / f"ml-{self._params.movielens}"

    def _fetch(self) -> None:
        if self._folder.is_dir():
            return
        archive = self._folder.parent / self._archive
        archive.parent.mkdir(parents=True, exist_ok=True)
        checksum = download(self._address, archive)
        members = [f"{self._release.folder}/{part.name}" for part in self._release.parts.values()]
        unpack(archive, members, self._folder, {CHECKSUM: checksum})
        archive.unlink()

    def _reports(self) -> list[FileReport]:
        users = "people" if "people" in self._release.parts else "tags"
        return [
            {
                "table": table,
                "file": str(self._folder / self._release.parts[part].name),
                "format": f"movielens {self._params.movielens}",
                "timestamps": "epoch-s" if table == "events" else "",
                "as": f"favourite from {self._params.favourite_from:g}" if table == "events" else "",
            }
            for table, part in (("events", "ratings"), ("items", "movies"), ("users", users))
        ]


def _downloads(params: CollectParams) -> Path:
    if params.downloads:
        return Path(params.downloads)
    from platformdirs import user_cache_path

    return user_cache_path("recpipe")
