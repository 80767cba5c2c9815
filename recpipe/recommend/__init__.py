"""The stage `recommend`: a list for every user, checked, published, read and exported.

>>> from recpipe.recommend import RecommendParams
>>> RecommendParams().k
20
"""

from recpipe.recommend.changed import publish_changed
from recpipe.recommend.checks import check
from recpipe.recommend.current import Deed, Recommendation, UserList, lookup
from recpipe.recommend.export import export
from recpipe.recommend.item_map import item_map
from recpipe.recommend.kept import Kept, publications, publish_again
from recpipe.recommend.lists import Lists, make_lists
from recpipe.recommend.mix import category_mix
from recpipe.recommend.offline import Estimate, offline_estimate
from recpipe.recommend.params import RecommendParams
from recpipe.recommend.publication import Publication
from recpipe.recommend.publish import prune, publish
from recpipe.recommend.show import most_recommended, samples, show
from recpipe.recommend.similar import SimilarItem, similar
from recpipe.recommend.tradeoff import tradeoff

__all__ = [
    "Deed",
    "Estimate",
    "Kept",
    "Lists",
    "Publication",
    "RecommendParams",
    "Recommendation",
    "SimilarItem",
    "UserList",
    "category_mix",
    "check",
    "export",
    "item_map",
    "lookup",
    "make_lists",
    "most_recommended",
    "offline_estimate",
    "prune",
    "publications",
    "publish",
    "publish_again",
    "publish_changed",
    "samples",
    "show",
    "similar",
    "tradeoff",
]
