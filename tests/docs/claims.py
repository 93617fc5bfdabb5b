"""What pages say of published reports, and what these say; ``python -m tests.docs.claims`` writes figures."""

from __future__ import annotations

import io
import math
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parents[2]
REPORTS = ROOT / "reports"
WORDS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def always() -> bool:
    """Return that nothing but figures is said."""
    return True


@dataclass(frozen=True)
class Claim:
    """A sentence of a page that rests on a report.

    Attributes
    ----------
    page : str
        Below the repository's root.
    text : str
        The sentence, with {} in the place of each figure.
    figures : callable
        Returns the figures, of the report.
    holds : callable
        Returns whether what the words say is so, of the report.
    """

    page: str
    text: str
    figures: Callable[[], Sequence[object]] = tuple
    holds: Callable[[], bool] = always

    @property
    def pattern(self) -> re.Pattern[str]:
        """The sentence, lines broken anywhere, with a group a figure."""
        parts = [r"\s+".join(map(re.escape, part.split(" "))) for part in self.text.split("{}")]
        return re.compile(r"([\w.]+)".join(parts))

    def found(self) -> re.Match[str] | None:
        """Return the sentence where the page has it, with any figures."""
        return self.pattern.search((ROOT / self.page).read_text(encoding="utf-8"))

    def written(self) -> str:
        """Return the page with the figures that the report has now."""
        page, found = (ROOT / self.page).read_text(encoding="utf-8"), self.found()
        assert found is not None, f"{self.page} does not say: {self.text}"
        for group, figure in reversed(list(enumerate(map(str, self.figures()), 1))):
            start, end = found.span(group)
            page = page[:start] + figure + page[end:]
        return page


def table(report: str, **where: object) -> pd.DataFrame:
    """Return the lines of a CSV of a report that have these values."""
    lines = pd.read_csv(REPORTS / report)
    for name, value in where.items():
        lines = lines[lines[name] == value]
    assert len(lines), f"reports/{report} has no line with {where}"
    return lines


def markdown_table(report: str, *, first: str) -> pd.DataFrame:
    """Return the table of a report's text whose first column has a name."""
    lines = (REPORTS / report / "report.md").read_text(encoding="utf-8").splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith(f"| {first} |"))
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    found = pd.DataFrame(rows[2:], columns=rows[0])
    return pd.read_csv(io.StringIO(found.to_csv(index=False)))  # numbers as numbers


def percent(values: pd.Series) -> list[str]:
    """Return shares as whole numbers of a hundred."""
    return [f"{100 * value:.0f}" for value in values]


def recovered(report: str, answers: int, wrong: float, corruptions: Sequence[float]) -> list[str]:
    """Return how much of the damage answers recover at each corruption."""
    found = table(f"{report}/recovered.csv", half="A and B", strategy="middles", answers=answers, wrong=wrong)
    return percent(found.set_index("corruption").loc[list(corruptions), "recovered_auroc"])


def auroc_after_answers(strategy: str) -> list[str]:
    """Return AUROC x 100 after ten right answers at .1 and at .3."""
    lines = table("answers/recovered.csv", half="A and B", strategy=strategy, answers=10, wrong=0.0)
    return [f"{100 * lines.set_index('corruption').loc[c, 'auroc']:.1f}" for c in (0.1, 0.3)]


def kdd(detector: str) -> list[str]:
    """Return the mean AUROC on KDDCUP99 at .3 and .5 of the inliers."""
    fits = table("kdd-answers/metrics.csv", detector=detector, clean=False)
    means = fits.groupby("corruption")["auroc"].mean()
    return [f"{means[c]:.3f}" for c in (0.3, 0.5)]


def lost_by_a_wrong_answer() -> list[str]:
    """Return the sets that lose over three points by ten answers with a wrong one, and how many points."""
    lines = table("answers/gains.csv", strategy="middles", answers=10, wrong=0.1).set_index("corruption")
    return [
        *(WORDS[lines.loc[c, "sets_losing_3"]] for c in (0.0, 0.1, 0.2)),
        f"{-100 * lines['worst'].min():.0f}",
    ]


def no_set_loses_by_right_answers() -> bool:
    """Return whether ten right answers cost no set three points."""
    lines = table("answers/gains.csv", strategy="middles", answers=10, wrong=0.0)
    return bool((lines["sets_losing_3"] == 0).all())


def cost_on_clean_rows() -> list[str]:
    """Return by how many points of AUROC ten answers with a wrong one are behind right ones on clean rows."""
    lines = table("answers/recovered.csv", half="A and B", strategy="middles", answers=10, corruption=0.0)
    means = lines.set_index("wrong")["auroc"]
    return [f"{100 * (means[0.0] - means[0.1]):.1f}"]


def halves() -> pd.DataFrame:
    """Return mean AUROC of each detector by corruption, and its mean rank, of 35 sets."""
    aurocs = table("robust-halves/auroc.csv")
    names = [name for name in aurocs if name not in ("set", "half", "c")]
    ranks = aurocs[names].rank(axis=1, ascending=False)
    return pd.concat({"mean": aurocs[names], "rank": ranks}, axis=1).groupby(aurocs["c"]).mean()


def default_leads_from_five_percent_on() -> bool:
    """Return whether five neighbours lead on clean rows, and the default from then on in "
    "mean and in rank."""
    found = halves()
    dirty = found.loc[found.index > 0]
    means = found["mean"].idxmax(axis=1)
    return bool(
        means.loc[0.0] == "knn5"
        and (dirty["mean"].idxmax(axis=1) == "ours").all()
        and (dirty["rank"].idxmin(axis=1) == "ours").all()
    )


def sets_behind_forests() -> list[object]:
    """Return fewest and most sets, of how many, on which the default is five points behind."""
    aurocs = table("robust-halves/auroc.csv")
    behind = (aurocs["ours"] < aurocs["iforest"] - 0.05).groupby(aurocs["c"]).sum()
    return [behind.min(), behind.max(), aurocs["set"].nunique()]


def discoveries() -> list[str]:
    """Return the least and largest share of faults found at .2 after `--remove fdr=0.1`."""
    lines = markdown_table("false-discoveries", first="way")
    power = lines[(lines["way"] == "fdr") & (lines["fdr"] == 0.2)]["power"]
    return percent(pd.Series([power.min(), power.max()]))


def a_tenth_cut_off_breaks_the_rate() -> bool:
    """Return whether a third to two thirds are false at .1 there, and few faults are found "
    "after fdr=0.1."""
    lines = markdown_table("false-discoveries", first="way")
    at = lines[lines["fdr"] == 0.1].groupby("way")
    false, power = at["false"].agg(["min", "max"]), at["power"].max()
    return bool(
        false.loc["tenth", "min"] > 0.3
        and false.loc["tenth", "max"] < 0.67
        and false.loc["fdr", "max"] <= 0.1
        and power["fdr"] < 0.12
    )


def kdd_means(*classes: str) -> pd.DataFrame:
    """Return 100 times the mean AUROC by corruption and detector, by the Euclidean error."""
    lines = table("kdd-maw/kdd.csv", scoring="l21")
    of = lines[lines["normal"].isin(classes or lines["normal"])]
    return 100 * of.groupby(["detector", "corruption"])["auroc"].mean().unstack("detector")


def kdd_lost(lesser: str, greater: str, *classes: str) -> list[str]:
    """Return the least and the largest loss of one detector to another."""
    means = kdd_means(*classes)
    lost = means[greater] - means[lesser]
    return [f"{lost.min():.0f}", f"{lost.max():.0f}"]


def all_collapsed_alike() -> bool:
    """Return whether the default, the divergence and the sliced distance are level, their codes collapsed."""
    alike = ["MAW", "MAW-KL", "MAW, sliced, weight 5"]
    means, lines = kdd_means()[alike], table("kdd-maw/kdd.csv")
    shares = lines.loc[lines["detector"].isin(alike), "code_share"].abs()
    return bool((means.max(axis=1) - means.min(axis=1)).max() < 0.1 and shares.max() < 0.01)


def generated_inliers() -> list[str]:
    """Return the range of inliers among samples at .3, of RVQ-VAE and of VQ-VAE."""
    lines = table("vq/generation.csv", corruption=0.3)
    found = lines.groupby("model")["inlier_fraction"].agg(["min", "max"])
    return percent(found.loc[["RVQ-VAE", "VQ-VAE"]].to_numpy().ravel())


def garments_lost() -> list[str]:
    """Return the garments lost at .1 and .4, of whole fits: no CSV has them, the text does."""
    text = (REPORTS / "vq/report.md").read_text(encoding="utf-8")
    found = re.search(r"with 10 % of digits: [\d.]+ / ([\d.]+); with 40 %: [\d.]+ / ([\d.]+),", text)
    assert found is not None
    return [f"{float(lost):.0f}" for lost in found.groups()]


def sqvae_is_behind() -> bool:
    """Return whether SQ-VAE, type I, has a larger error and less perplexity at each budget of vectors."""
    lines = table("vq/budget.csv", data="vectors").set_index(["steps", "model"])[["test_rmse", "perplexity"]]
    ours, plain = (
        lines.xs(name, level="model").loc[[1000, 10_000, 30_000]] for name in ("SQ-VAE, type I", "VQ-VAE")
    )
    return bool(
        (ours["test_rmse"] > plain["test_rmse"]).all() and (ours["perplexity"] < plain["perplexity"]).all()
    )


def rsrae_on_garments() -> list[str]:
    """Return the mean AUROC of RSRAE over two classes at .1 and .5."""
    fits = table("rsrae-fashion/metrics.csv", detector="rsrae", clean=False)
    return [f"{mean:.3f}" for mean in fits.groupby("corruption")["auroc"].mean()]


def garments_failed_at_40_percent() -> bool:
    """Return whether RVQ-VAE samples inliers at .3 on all three pairs, and not at .4 of garments."""
    lines = table("vq/generation.csv", model="RVQ-VAE").set_index(["corruption", "pair"])["inlier_fraction"]
    return bool(
        lines.loc[0.3].min() > 0.95
        and len(lines.loc[0.3]) == 3
        and lines[0.4, "Fashion, MNIST outliers"] < 0.3
    )


CHECKED = ("digits:4", "ad_28_pendigits", "ad_6_cardio")


def checked_critics(lines: pd.DataFrame) -> list[str]:
    """Return the mean ratio of distance and null on the sets that nothing was chosen on."""
    at = lines[lines["data"].isin(CHECKED)]
    logs = (at["distance"] / at["null"]).map(math.log).groupby(at["regulariser"]).mean()
    return [f"{math.exp(logs[name]):.1f}" for name in ("5 x 4", "1 x 1", "sliced")]


def sliced_is_the_surer_one() -> bool:
    """Return whether the sliced distance takes a fifth of the critic's time there, at no worse AUROC."""
    lines = table("maw-critic/critic.csv")
    means = lines[lines["data"].isin(CHECKED)].groupby(["corruption", "regulariser"])[
        ["auroc", "cpu_seconds"]
    ]
    auroc, seconds = (means.mean()[column].unstack() for column in ("auroc", "cpu_seconds"))
    worse = (auroc["5 x 4"] - auroc["sliced"]).max()
    return bool(worse < 0.001 and 0.15 < (seconds["sliced"] / seconds["5 x 4"]).mean() < 0.25)


BITS = ("VAE", "VQ-VAE", "each entry alone")


def bits_an_entry() -> pd.Series:
    """Return the mean bits of each model, of 1,000 garments and batches."""
    lines = table("bits/bits.csv", data="fashion_mnist", train=1000, steps=1000)
    return lines.set_index("model")["bits"]


def clean_cost(detector: str) -> float:
    """Return the points of AUROC that robust training costs a detector on clean rows, in `quick`."""
    fits = table("quick/metrics.csv", corruption=0.0, clean=False)
    means = fits.groupby(["detector", "dataset"])["auroc"].mean().groupby("detector").mean()
    return 100 * (means[detector] - means[f"{detector}-robust"])


def neighbours_lead_where_outliers_are_few() -> bool:
    """Return whether 50 neighbours are ahead of the default on Reuters at .1 alone."""
    fits = table("robust-text/metrics.csv", clean=False)
    means = fits.groupby(["corruption", "detector"])["auroc"].mean().unstack("detector")
    return (means["knn-50"] > means["robust"]).to_list() == [True, False, False, False, False]


ANSWERS = "docs/answers.md"


def compiled_steps() -> list[str]:
    """Return milliseconds of a compiled step and of one as it is, of a plain autoencoder and of RSRAE."""
    steps = markdown_table("speed-compiled", first="task").set_index("task")
    columns = ["compiled", "as it is, ms a step"]
    return [f"{steps.loc[task, column]:.2f}" for task in ("Autoencoder", "RSRAE") for column in columns]


def steps_of_members() -> dict[str, float]:
    """Return what a step of RSRAE costs with 16 members and with one, and what their products do."""
    costs = table("speed-steps/costs.csv").groupby(["task", "code"])["cost"].min().unstack()
    one, many = costs.loc["RSRAE"], costs.loc["RSRAE, 16 members"]
    least = one["after"] - one["products"] + many["products"]
    return {
        "ratio": many["after"] / one["after"],
        "products of 16": many["products"],
        "products of one": one["products"],
        "one": one["after"],
        "least ratio": least / one["after"],
    }


CLAIMS = (
    Claim(
        ANSWERS,
        "Ten right answers recover {}, {} and {} % of the damage at 10, 20 and 30 % of outliers.",
        lambda: recovered("answers", 10, 0.0, (0.1, 0.2, 0.3)),
    ),
    Claim(
        ANSWERS,
        "Where one of the ten is wrong it is {}, {} and {} %, and on clean rows {} points of AUROC less than "
        "with ten right ones.",
        lambda: [*recovered("answers", 10, 0.1, (0.1, 0.2, 0.3)), *cost_on_clean_rows()],
    ),
    Claim(
        ANSWERS,
        "No table of the 22 lost more than 3 points of AUROC by ten right answers; by nine right ones and a "
        "wrong one {} did where no row is an outlier, {} at 10 and {} at 20 % ({} points at worst).",
        lost_by_a_wrong_answer,
        no_set_loses_by_right_answers,
    ),
    Claim(
        ANSWERS,
        "ten answers recover {} and {} % of the damage at 10 and 30 % of outliers, twenty {} and {} %.",
        lambda: [
            *recovered("answers-texts", 10, 0.0, (0.1, 0.3)),
            *recovered("answers-texts", 20, 0.0, (0.1, 0.3)),
        ],
    ),
    Claim(
        ANSWERS,
        "the default falls to an AUROC of {} and {} at 0.3 and 0.5 outliers per inlier; ten answers lift it "
        "to {} and {}.",
        lambda: [*kdd("robust"), *kdd("robust, 10 answers")],
    ),
    Claim(
        ANSWERS,
        "A random forest on the ten answers alone (mean AUROC {} at 30 % of outliers, where ours "
        "is {}; {} and {} at 10 %)",
        lambda: [
            auroc_after_answers("forest")[1],
            auroc_after_answers("middles")[1],
            auroc_after_answers("forest")[0],
            auroc_after_answers("middles")[0],
        ],
    ),
    Claim(
        "docs/getting-started.md",
        "a third to two thirds of the alarms among new rows were false at a rate of .1. The "
        "price: faulty rows that "
        "stayed among the calibration rows hide others, and of 1,000 new rows with 50 faulty ones "
        "hardly any was found "
        "at .1, and {} to {} % of them at .2",
        discoveries,
        a_tenth_cut_off_breaks_the_rate,
    ),
    Claim(
        "docs/which-detector.md",
        "On clean rows (share 0) the five nearest neighbours are ahead; from 5 % of outliers on "
        "the default is, on "
        "the mean and in mean rank.",
        holds=default_leads_from_five_percent_on,
    ),
    Claim(
        "docs/which-detector.md",
        "behind an isolation forest by more than 5 points on {} to {} of the {} sets",
        sets_behind_forests,
    ),
    Claim(
        "docs/methods/maw.md",
        "the alternating scheme loses {} to {} points to the default by the Euclidean error, mean of both "
        "normal classes. The default, MAW-KL and the sliced distance have the same figures there, {}, {} "
        "and {} at $c$ = .1, .3 and .5",
        lambda: [
            *kdd_lost("MAW, alternating", "MAW"),
            *(f"{mean:.0f}" for mean in kdd_means()["MAW"]),
        ],
        all_collapsed_alike,
    ),
    Claim(
        "docs/methods/maw.md",
        "It costs {} to {} points where attacks, several dense clusters, are the normal class.",
        lambda: kdd_lost("MAW", "MAW, alternating", "attacks"),
    ),
    Claim(
        "docs/methods/maw.md",
        "the exact distance of the codes ends at {} times that of two samples of the prior, where one move "
        "left {} times; the sliced distance ends at {} times, in a fifth of the critic's time, at no worse "
        "AUROC.",
        lambda: checked_critics(table("maw-critic/critic.csv")),
        sliced_is_the_surer_one,
    ),
    Claim(
        "docs/methods/papers.md",
        "RSRAE has {} and {} at $c$ = .1 and .5; others measured .84 and .79 over all ten classes",
        rsrae_on_garments,
    ),
    Claim(
        "docs/methods/papers.md",
        "with 30 % of outliers on all three pairs; garments with 40 % of digits failed with an earlier start "
        "of the sets",
        holds=garments_failed_at_40_percent,
    ),
    Claim(
        "docs/methods/vq.md",
        "of samples from training sets with 30 % outliers {} to {} % are inliers, where a plain "
        "VQ-VAE gives {} to {} %.",
        generated_inliers,
    ),
    Claim(
        "docs/methods/vq.md",
        "garments with 10 % of digits then lose {} % of the garments to the other side and with "
        "40 % {} %, one draw of "
        "700 garments",
        garments_lost,
    ),
    Claim(
        "docs/methods/vq.md",
        "After 1,000, 10,000 and 30,000 batches of 32 rows it is behind VQ-VAE in error and in perplexity",
        holds=sqvae_is_behind,
    ),
    Claim(
        "docs/methods/vq.md",
        "a VAE needs {} bits an entry and VQ-VAE {}, where a Gaussian for every pixel needs {}.",
        lambda: [f"{one:.2f}" for one in bits_an_entry()[list(BITS)]],
    ),
    Claim(
        "docs/methods/robust-training.md",
        "of what the other half of the inliers would have taught: {} points for RSRAE, {} for the "
        "plain autoencoder.",
        lambda: [f"{clean_cost(detector):.1f}" for detector in ("rsrae", "autoencoder")],
    ),
    Claim(
        "docs/methods/reach.md",
        "Where few rows are outliers the 50 nearest of all rows separate them better than a clean half does.",
        holds=neighbours_lead_where_outliers_are_few,
    ),
    Claim(
        "docs/large-data.md",
        "a step then takes {} ms instead of {}, and {} instead of {}, in batches",
        compiled_steps,
    ),
    Claim(
        "docs/large-data.md",
        "16 members of `RSRAE` take {} times a step of one (`reports/speed-steps`): the matrix products of "
        "16 take {} ms there, those of one {} of its {} ms. If all else cost no more for 16 members than for "
        "one, it would be {} times",
        lambda: [f"{one:.1f}" for one in steps_of_members().values()],
        holds=lambda: steps_of_members()["least ratio"] > 2.5,
    ),
)
"""Every sentence of the README and of the docs that has a rank or a figure of a report."""


if __name__ == "__main__":
    for claim in CLAIMS:
        (ROOT / claim.page).write_text(claim.written(), encoding="utf-8")
        if not claim.holds():
            sys.exit(f"{claim.page}: the report no longer says: {claim.text}")
