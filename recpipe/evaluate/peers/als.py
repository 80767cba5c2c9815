"""ALS: matrix factorisation of implicit feedback (package implicit).

Hu, Koren & Volinsky, "Collaborative filtering for implicit feedback datasets" (2008).
"""

from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from recpipe.core.known import Known
from recpipe.evaluate.peers.contract import Peer, Score, Setting
from recpipe.evaluate.peers.popularity import DAYS

SEED = 1


def als(known: Known, setting: Setting) -> Score:
    """Factorise the counts: confidence of a pair = alpha × count (`Known.counts`)."""
    from implicit.cpu.als import AlternatingLeastSquares

    counts = known.counts(str(setting["counts"]), float(setting.get("half_life", 1)))
    with threadpool_limits(1, "blas"):  # implicit has threads of its own, which BLAS's would fight
        model = AlternatingLeastSquares(
            factors=int(setting["factors"]),
            regularization=float(setting["regularisation"]),
            alpha=float(setting["alpha"]),
            iterations=int(setting["iterations"]),
            random_state=SEED,
        )
        model.fit(csr_matrix(counts), show_progress=False)
    return lambda users: model.user_factors[users] @ model.item_factors.T


_START: Setting = {
    "counts": "log decayed",
    "half_life": 60,
    "factors": 64,
    "regularisation": 3.0,
    "alpha": 5.0,
    "iterations": 15,
}

PEERS = (
    Peer(
        "ALS",
        als,
        (_START,),
        {
            "counts": ("binary", "log", "decayed", "log decayed"),
            "factors": (4, 8, 16, 32, 48, 64, 96, 128, 192, 256, 384),
            "regularisation": (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0),
            "alpha": (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0),
            "half_life": DAYS,
            "iterations": (2, 4, 7, 10, 15, 25, 40, 60, 90, 130),
        },
    ),
)
