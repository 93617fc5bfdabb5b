"""MAW with the authors' settings and columns in [0, 1], and MAW and VAE beside it, all on vectors.

The suite `maw-published` names these functions, from the root of the repository: a scaling of scikit-learn's
before a detector is no parameter of a suite. Images become vectors, and every detector is trained by as many
batches of 128 rows.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler

from robustgen import MAW, VAE


class Scaled:
    """A scaling of scikit-learn's and a detector, as one detector."""

    def __init__(self, scaling: Any, detector: Any) -> None:
        self.scaling, self.detector = scaling, detector

    def fit(self, X: NDArray) -> Scaled:
        """Learn the scaling, then the detector from scaled rows."""
        self.detector.fit(self.scaling.fit_transform(X))
        self.offset_ = self.detector.offset_
        return self

    def score_samples(self, X: NDArray) -> NDArray:
        """Return the detector's scores of scaled rows."""
        return self.detector.score_samples(self.scaling.transform(X))


def published(steps: int, random_state: int | None = None) -> Scaled:
    """Return the authors' settings."""
    return Scaled(MinMaxScaler(), MAW.as_published(**_trained(steps), random_state=random_state))


def ours(steps: int, random_state: int | None = None) -> Scaled:
    """Return MAW with its defaults."""
    detector = MAW(**_trained(steps), scoring="cosine", random_state=random_state)
    return Scaled(FunctionTransformer(), detector)


def vae(steps: int, random_state: int | None = None) -> Scaled:
    """Return the usual variational autoencoder, with codes of as many dimensions."""
    detector = VAE(**_trained(steps), latent_dim=2, scoring="cosine", random_state=random_state)
    return Scaled(FunctionTransformer(), detector)


def _trained(steps: int) -> dict[str, Any]:
    return {"epochs": None, "batch_size": 128, "training": {"steps": steps}}
