"""
Documents that are about something else
=======================================

Texts become sparse rows of word weights (TF-IDF), thousands of columns wide; detectors take the CSR matrix as
it is. The documents here are always at hand: the docstrings of numpy, into which those of Python's own
modules for mail and the web have slipped.
"""

# %%
import email
import http
import inspect
import pkgutil
import urllib
from importlib import import_module
from types import ModuleType

import numpy as np


def docstrings(modules: list[ModuleType]) -> list[str]:
    """Return the longer docstrings of the functions and classes in modules, each once."""
    objects = (thing for module in modules for _, thing in inspect.getmembers(module, callable))
    texts = (inspect.getdoc(thing) for thing in objects)
    return sorted({text for text in texts if text and len(text) > 150})


def submodules(package: ModuleType) -> list[ModuleType]:
    return [
        import_module(f"{package.__name__}.{found.name}") for found in pkgutil.iter_modules(package.__path__)
    ]


numeric = docstrings([np, np.linalg, np.fft, np.random, np.ma])
foreign = docstrings([*submodules(email), *submodules(http), *submodules(urllib)])
foreign = foreign[: len(numeric) // 4]
texts, is_foreign = [*numeric, *foreign], np.arange(len(numeric) + len(foreign)) >= len(numeric)
print(f"{len(numeric)} docstrings of numpy, {len(foreign)} of others")

# %%
# The angle between a document and its reconstruction says how foreign it is: its length says nothing.

from sklearn.feature_extraction.text import TfidfVectorizer

from robustgen import RSRAE

X = TfidfVectorizer(sublinear_tf=True, min_df=2, stop_words="english").fit_transform(texts)
detector = RSRAE(robust=True, scoring="cosine", scaling=None, epochs=60, random_state=0).fit(X)
normality = detector.score_samples(X)

# %%
from sklearn.metrics import roc_auc_score

print(f"{X.shape[1]} words; AUROC {roc_auc_score(is_foreign, -normality):.3f}")
for row in np.argsort(normality)[:8]:
    print("foreign" if is_foreign[row] else "numpy  ", "|", texts[row].splitlines()[0][:80])

# %%
import matplotlib.pyplot as plt

figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
ax.hist([-normality[~is_foreign], -normality[is_foreign]], 40, stacked=True, label=["numpy", "foreign"])
ax.set(xlabel="cosine dissimilarity to the reconstruction", ylabel="documents")
ax.legend()
plt.show()
