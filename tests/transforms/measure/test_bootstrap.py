"""The clustered bootstrap: against the formula of the ratio's variance, and where there is nothing to resample."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from transforms.measure.bootstrap import clustered_ratio

PARAMETERS = {"draws": 2000, "seed": 1}


def clusters(numerator: list[float], denominator: list[float], **more: list[float]) -> pa.Table:
    names = [f"c{n:05d}" for n in range(len(numerator))]
    return pa.table({
        "grain": ["province"] * len(names), "grain_key": ["all"] * len(names), "cluster": names,
        "numerator": numerator, "denominator": denominator, **more,
    })  # fmt: skip


def test_interval_agrees_with_the_linearised_variance_of_a_ratio() -> None:
    rng = np.random.default_rng(3)
    size = rng.integers(1, 30, 800)
    hits = rng.binomial(size, rng.beta(2, 3, 800))
    (figure,) = clustered_ratio(clusters(hits.tolist(), size.tolist()), PARAMETERS).to_pylist()
    ratio = hits.sum() / size.sum()
    error = np.sqrt(((hits - ratio * size) ** 2).sum()) / size.sum()
    assert figure["value"] == pytest.approx(ratio)
    assert figure["lower"] == pytest.approx(ratio - 1.96 * error, abs=0.15 * error)
    assert figure["upper"] == pytest.approx(ratio + 1.96 * error, abs=0.15 * error)


def test_interval_covers_what_it_promises() -> None:
    """Two hundred samples of 120 persons from a known rate: about 95 in a hundred intervals hold it."""
    rng = np.random.default_rng(4)
    held = 0
    for _ in range(200):
        size = rng.integers(1, 20, 120)
        hits = rng.binomial(size, rng.beta(2, 2, 120))
        (figure,) = clustered_ratio(clusters(hits.tolist(), size.tolist()), {"draws": 300, "seed": 5}).to_pylist()
        held += figure["lower"] <= 0.5 <= figure["upper"]
    assert 180 <= held <= 199


def test_bounds_take_the_outer_ends_and_keep_the_sampling_interval_apart() -> None:
    rows = clusters([5.0] * 50, [10.0] * 50, numerator_low=[4.0] * 50, numerator_high=[7.0] * 50)
    wide, narrow = clustered_ratio(rows, PARAMETERS).sort_by("part").to_pylist()
    assert (wide["part"], wide["value"], wide["lower"], wide["upper"]) == ("", 0.5, 0.4, 0.7)
    assert (narrow["part"], narrow["lower"], narrow["upper"]) == ("sampling", 0.5, 0.5)


@pytest.mark.parametrize(
    ("numerator", "denominator", "value"), [([3.0], [4.0], 0.75), ([0.0, 0.0], [0.0, 0.0], None)], ids=["one", "empty"]
)
def test_no_interval_without_clusters_to_resample(
    numerator: list[float], denominator: list[float], value: float | None
) -> None:
    (figure,) = clustered_ratio(clusters(numerator, denominator), PARAMETERS).to_pylist()
    assert (figure["value"], figure["lower"], figure["upper"]) == (value, None, None)


def test_no_rows_give_no_figures() -> None:
    text = [(name, pa.string()) for name in ("grain", "grain_key", "cluster")]
    empty = clusters([], []).cast(pa.schema([*text,
                                             ("numerator", pa.float64()), ("denominator", pa.float64())]))  # fmt: skip
    assert len(clustered_ratio(empty, PARAMETERS)) == 0


def test_groups_do_not_disturb_one_another() -> None:
    one = clusters([1.0, 2.0, 3.0], [4.0, 4.0, 4.0])
    other = one.set_column(1, "grain_key", pa.array(["other"] * 3)).set_column(
        3, "numerator", pa.array([0.0, 0.0, 1.0])
    )
    together = clustered_ratio(pa.concat_tables([other, one]), PARAMETERS).sort_by("grain_key").to_pylist()
    assert together[0] == clustered_ratio(one, PARAMETERS).to_pylist()[0]
