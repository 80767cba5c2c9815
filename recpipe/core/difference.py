"""How far one model is ahead of another on the same users, and how sure that is."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Difference:
    """Mean difference of NDCG over the users of a test, and its standard error.

    standard_error: None with one user, of whom nothing can be said.

    >>> str(Difference(0.00241, 0.00138))
    '+0.0024 ± 0.0014'
    """

    ndcg: float
    standard_error: float | None

    def __str__(self) -> str:
        error = "unknown" if self.standard_error is None else f"{self.standard_error:.4f}"
        return f"{self.ndcg:+.4f} ± {error}"


def paired_difference(one: np.ndarray, other: np.ndarray) -> Difference:
    """Compare (u,) with (u,): the same users in the same order.

    Standard error of a mean of paired differences: s / √u, s with u - 1 degrees of freedom. What
    makes a user easy or hard for both models cancels out. Raises ValueError if the shapes differ.
    """
    if one.shape != other.shape:
        raise ValueError(f"scores of {one.shape} and {other.shape} users cannot be paired")
    apart = one - other
    error = float(apart.std(ddof=1) / np.sqrt(len(apart))) if len(apart) > 1 else None
    return Difference(float(apart.mean()), error)
