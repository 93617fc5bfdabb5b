"""
Clean samples from a dirty set
==============================

RVQ-VAE deals the training rows into two sets, one codebook each, and draws samples from the codes of the
inliers alone. The training set here: digits 1, and 0s mixed in until three rows in ten are 0s.
"""

# %%
import numpy as np
from sklearn.datasets import load_digits

digits = load_digits()
ones, zeros = digits.images[digits.target == 1], digits.images[digits.target == 0]
dirty = np.concatenate([ones, zeros[: round(len(ones) * 3 / 7)]])
is_zero = np.arange(len(dirty)) >= len(ones)

# %%
from robustgen import RVQVAE, VQVAE

plain = VQVAE(quantisation={"n_codes": 32}, epochs=40, prior_epochs=60, random_state=0).fit(dirty)
robust = RVQVAE(quantisation={"n_codes": 32}, epochs=40, prior_epochs=60, random_state=0).fit(dirty)
print(f"estimated contamination: {robust.outlier_fraction_:.2f} (true: {is_zero.mean():.2f})")
print(f"outliers among the rows taken as inliers: {is_zero[robust.support_].mean():.2f}")

# %%
# Samples of both, judged by a classifier that has seen clean labels.

import matplotlib.pyplot as plt
from sklearn.linear_model import LogisticRegression

judge = LogisticRegression(max_iter=1000).fit(digits.data, digits.target)
figure, axes = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
for ax, (name, model) in zip(axes, {"VQ-VAE": plain, "RVQ-VAE": robust}.items(), strict=True):
    samples = model.sample(60, random_state=0)
    share = np.mean(judge.predict(samples.reshape(len(samples), -1)) == 1)
    sheet = samples.reshape(6, 10, 8, 8).transpose(0, 2, 1, 3).reshape(48, 80)
    ax.imshow(sheet, cmap="Greys", vmin=0, vmax=16)
    ax.set(title=f"{name}: {share:.0%} of 60 samples are ones", xticks=[], yticks=[])
plt.show()
