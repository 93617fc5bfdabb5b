"""
A dirty table
=============

A table of 30 measurements of cells. In a quarter of the rows the cells are malignant, and nobody has marked
them. We look for these rows without a label, and compare a detector that learns the dirt with one that does
not.
"""

# %%
# 357 benign rows, and 119 malignant ones among them.

import numpy as np
from sklearn.datasets import load_breast_cancer

bunch = load_breast_cancer(as_frame=True)
malignant = bunch.target == 0
dirty = bunch.data[~malignant | (malignant.cumsum() <= 119)].sample(frac=1, random_state=0)
is_malignant = malignant[dirty.index].to_numpy()
print(f"{len(dirty)} rows, {is_malignant.mean():.0%} malignant")

# %%
# An autoencoder learns what rows have in common, the malignant ones included. RSRAE learns the subspace that
# most rows lie in, and robust training learns from the half of each batch that is explained best.

from sklearn.metrics import roc_auc_score

from robustgen import RSRAE, Autoencoder

detectors = {
    "Autoencoder": Autoencoder(epochs=60, random_state=0),
    "RSRAE, robust training": RSRAE(robust=True, epochs=60, random_state=0),
}
scores = {name: -detector.fit(dirty).score_samples(dirty) for name, detector in detectors.items()}
for name, score in scores.items():
    print(f"{name}: AUROC {roc_auc_score(is_malignant, score):.3f}")

# %%
# The scores of both, and where the malignant rows lie in them.

import matplotlib.pyplot as plt

figure, axes = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
for ax, (name, score) in zip(axes, scores.items(), strict=True):
    bins = np.geomspace(score.min(), score.max(), 30)
    ax.hist([score[~is_malignant], score[is_malignant]], bins, stacked=True, label=["benign", "malignant"])
    ax.set(title=name, xscale="log", xlabel="score (larger = more outlying)", ylabel="rows")
axes[0].legend()
plt.show()
