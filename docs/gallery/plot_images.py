"""
Images that do not belong
=========================

A folder of handwritten zeros, and one picture in five is some other digit. Arrays of images choose the
convolutional net by themselves.
"""

# %%
# 178 zeros and 44 other digits.

import numpy as np
from sklearn.datasets import load_digits

digits = load_digits()
rng = np.random.default_rng(0)
zeros, others = np.flatnonzero(digits.target == 0), np.flatnonzero(digits.target != 0)
rows = rng.permutation(np.concatenate([zeros, rng.choice(others, 44, replace=False)]))
images, is_other = digits.images[rows], digits.target[rows] != 0
print(f"{images.shape} images, {is_other.mean():.0%} are no zeros")

# %%
from robustgen import RSRAE

detector = RSRAE(robust=True, epochs=60, random_state=0).fit(images)
normality = detector.score_samples(images)

# %%
# The pictures that the detector trusts least, and most. Red: those that are no zeros.

import matplotlib.pyplot as plt

order = np.argsort(normality)
figure, axes = plt.subplots(4, 15, figsize=(9, 2.8), layout="constrained")
for ax, row in zip(axes.flat, [*order[:30], *order[-30:]], strict=True):
    ax.imshow(images[row], cmap="Reds" if is_other[row] else "Greys")
    ax.set_axis_off()
figure.suptitle("The 30 least normal images, then the 30 most normal")
plt.show()

# %%
# Of as many images as there are other digits, the worst by score:

worst = order[: is_other.sum()]
print(f"precision at n: {is_other[worst].mean():.2f}")
