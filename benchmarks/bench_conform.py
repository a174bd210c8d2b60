"""Conform side by side with an equivalent pandas pass: landed rows a second, on the same rows, in one run.

    python benchmarks/bench_conform.py [--rows 300000] [--repeat 3]

Both read one landed Parquet file, fold, translate codes, clean, type and check every row, route it, and write
accepted and quarantined rows as Parquet (and entry events for the form). The pandas pass knows only the plain forms
of the values made here, and does without the raw rows of the quarantine: what it leaves out speaks for it. ``small``
is the cost of a stream of 300 rows, of which a province has hundreds.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from province.regions import FOLDER
from schemas import project
from schemas.codes import code_lists, regions
from schemas.platform_file import Access, Expect, Owner, Platform, PlatformFile, StreamFile, Title
from schemas.receipts import Cursor, LandedFile, LandedStream
from transforms.conform.stream import conform_stream

FORM_FIELDS = {
    "sbh": "source_key", "gxsj": "changed_at", "ajh": "case_no", "xm": "person_name", "zjlx": "cert_type_code",
    "zjhm": "cert_no", "xb": "sex_code", "csrq": "birth_date", "mz": "ethnicity_code", "dh": "phone", "dz": "address",
    "whcd": "education_code", "hyzk": "marital_code", "zzmm": "political_code", "zy": "occupation",
    "hksr": "household_size", "jzd": "residence_code", "sq": "community_code", "gh": "worker_no",
    "lrsj": "entered_at", "fs": "mode_code", "yt": "prefilled",
}  # fmt: skip
USAGE_FIELDS = {
    "id": "source_key", "gxsj": "changed_at", "sq": "community_code", "zh": "account_no", "lb": "account_kind_code",
    "gn": "function_code", "dz": "action_code", "fssj": "occurred_at", "sc": "duration_s",
}  # fmt: skip
CODES = {
    "sex_code": {"男": "1", "女": "2"},
    "ethnicity_code": {"汉族": "01", "苗族": "06", "土家族": "15"},
    "education_code": {"小学": "80", "初中": "70", "高中": "60", "本科": "20"},
    "marital_code": {"未婚": "10", "已婚": "20"},
    "political_code": {"群众": "13", "党员": "01"},
    "mode_code": {"手工": "manual", "导入": "import"},
    "account_kind_code": {"干部": "worker", "居民": "resident"},
    "action_code": {"新增": "create", "查询": "view", "登录": "login"},
}
ATTRIBUTES = ("person_name", "cert_no", "sex_code", "birth_date", "ethnicity_code", "phone", "address",
"education_code",
              "marital_code", "political_code", "occupation", "household_size")  # fmt: skip


def main() -> None:
    """Measure both passes on both tables and print one line each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    project.use(FOLDER)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for stream, fields, make in (("form", FORM_FIELDS, make_forms), ("usage", USAGE_FIELDS, make_usage)):
            platform = platform_of(stream, fields)
            large = land(home, stream, make(options.rows), fields, "large")
            small = land(home, stream, make(300), fields, "small")
            ours = timed(lambda: conform_stream(platform, large, home), options.repeat)  # noqa: B023
            theirs = timed(lambda: PANDAS[stream](home, large), options.repeat)  # noqa: B023
            little = timed(lambda: conform_stream(platform, small, home), 20 * options.repeat)  # noqa: B023
            report(stream, options.rows, ours, theirs, little)


def report(stream: str, rows: int, ours: float, theirs: float, little: float) -> None:
    """Print the figures of one table."""
    sys.stdout.write(
        f"{stream:6s} {rows:,} landed rows: conform {rows / ours:,.0f} rows/s, pandas {rows / theirs:,.0f} rows/s, "
        f"ratio {theirs / ours:.1f}; small stream {little * 1000:.1f} ms\n"
    )


def timed(work: Callable[[], object], repeat: int) -> float:
    """Median seconds of a piece of work, after one run that isn't counted."""
    work()
    seconds = []
    for _ in range(repeat):
        start = perf_counter()
        work()
        seconds.append(perf_counter() - start)
    return statistics.median(seconds)


def platform_of(stream: str, fields: dict[str, str]) -> Platform:
    """A platform that sends one stream with these fields."""
    key, cursor = next(iter(fields)), "gxsj"
    codes = {column: values for column, values in CODES.items() if column in fields.values()}
    described = StreamFile(
        source=stream, key=key, cursor=cursor, expect=Expect(floor=0, ceiling=10**9), fields=fields, codes=codes
    )
    file = PlatformFile(
        title=Title(zh="基准", en="benchmark"),
        owner=Owner(org="基准"),
        go_live=date(2024, 1, 1),
        access=Access(family="folder_files", endpoint="bench"),
        streams={stream: described},  # type: ignore[dict-item]
    )
    return Platform(platform_id="bench", line_id="bench", file=file, path="bench.yml")


def land(home: Path, stream: str, rows: pa.Table, fields: dict[str, str], batch: str) -> LandedStream:
    """Write rows the way landing does."""
    path = f"{stream}_{batch}.parquet"
    pq.write_table(rows, home / path, compression="zstd", compression_level=1)
    file = LandedFile(path, rows.num_rows, "")
    key = next(iter(fields))
    return LandedStream("bench", stream, batch, rows.num_rows, 0, None, [file], list(fields), key, Cursor(), Cursor())


def make_forms(rows: int) -> pa.Table:
    """Invented forms: plain values for the most part, two in a hundred rows careless."""
    pick = _Picker(rows)
    names = [a + b + c for a in "王李张刘陈杨黄赵" for b in "伟芳娜秀敏静丽强" for c in "磊军洋勇艳杰娟涛"]
    streets = [f"五一路{n}号{n % 9 + 1}栋{n % 4 + 1}单元{n % 6 + 1}02" for n in range(2000)]
    careless = pick.random.random(rows) < 0.02
    name, phone = pick.of(names), pick.numbers("138", 8)
    columns = {
        "sbh": pick.serial("F"), "gxsj": pick.times(), "ajh": pick.serial("C"),
        "xm": np.where(careless, np.char.add(name, "（户主）"), name),
        "zjlx": pick.of(["111"]), "zjhm": pick.identity_numbers(), "xb": pick.of(["男", "女"]), "csrq": pick.days(),
        "mz": pick.of(["汉族", "土家族", "苗族"]),
        "dh": np.where(careless, np.char.add("+86-", phone), phone), "dz": pick.of(streets),
        "whcd": pick.of(["小学", "初中", "高中", "本科"]), "hyzk": pick.of(["未婚", "已婚"]),
        "zzmm": pick.of(["群众", "党员"]), "zy": pick.of(["务农", "教师", "个体"]),
        "hksr": pick.of(["1", "3", "4", "5"]),
        "jzd": pick.communities(), "sq": pick.communities(), "gh": pick.numbers("w", 3), "lrsj": pick.times(),
        "fs": pick.of(["手工", "导入"]), "yt": pick.of(["", "", "", "phone,address"]),
    }  # fmt: skip
    return _landed(columns, rows)


def make_usage(rows: int) -> pa.Table:
    """Invented lines of an operation log."""
    pick = _Picker(rows)
    columns = {
        "id": pick.serial("L"), "gxsj": pick.times(), "sq": pick.communities(), "zh": pick.numbers("u", 4),
        "lb": pick.of(["干部", "居民"]), "gn": pick.of(["台账", "走访", "证明"]),
        "dz": pick.of(["新增", "查询", "登录"]), "fssj": pick.times(), "sc": pick.numbers("", 3),
    }  # fmt: skip
    return _landed(columns, rows)


def _landed(columns: dict[str, np.ndarray], rows: int) -> pa.Table:
    lineage = {"_row": np.arange(rows), "_unit": np.repeat(["page 1"], rows), "_unit_row": np.arange(rows)}
    return pa.table({name: pa.array(values) for name, values in (lineage | columns).items()})


class _Picker:
    """Columns of invented values, from a fixed seed."""

    def __init__(self, rows: int) -> None:
        self.rows, self.random = rows, np.random.default_rng(7)

    def of(self, values: list[str]) -> np.ndarray:
        return np.array(values)[self.random.integers(0, len(values), self.rows)]

    def serial(self, prefix: str) -> np.ndarray:
        return np.char.add(prefix, np.arange(self.rows).astype(str))

    def numbers(self, prefix: str, places: int) -> np.ndarray:
        return np.char.add(prefix, np.char.zfill(self.random.integers(0, 10**places, self.rows).astype(str), places))

    def times(self) -> np.ndarray:
        seconds = self.random.integers(0, 86_400 * 90, self.rows).astype("timedelta64[s]")
        return np.char.replace((np.datetime64("2026-07-01T00:00:00") + seconds).astype(str), "T", " ")

    def days(self) -> np.ndarray:
        return (np.datetime64("1950-01-01") + self.random.integers(0, 20_000, self.rows)).astype(str)

    def communities(self) -> np.ndarray:
        return self.of([code for code, region in regions().items() if region.level == "community"][:60])

    def identity_numbers(self) -> np.ndarray:
        digits = self.random.integers(0, 10, (self.rows, 17))
        digits[:, :10], digits[:, 10:14] = [4, 3, 9, 9, 0, 1, 1, 9, 6, 8], [0, 9, 1, 5]
        check = digits @ [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2] % 11
        text = np.char.add("", digits[:, 0].astype(str))
        for place in range(1, 17):
            text = np.char.add(text, digits[:, place].astype(str))
        return np.char.add(text, np.array(list("10X98765432"))[check])


def pandas_form(home: Path, landed: LandedStream) -> None:
    """The form in pandas, column by column, string methods where pandas has them."""
    frame = _read(home, landed, FORM_FIELDS)
    raw = frame.copy()
    _common(frame, ("changed_at", "entered_at"))
    frame["person_name"] = frame["person_name"].str.replace(r"\s*[(\[【].*$", "", regex=True)
    frame["cert_no"] = frame["cert_no"].str.upper().str.replace(r"\s", "", regex=True)
    frame["phone"] = frame["phone"].str.replace(r"[\s().-]", "", regex=True).str.replace(r"^\+?86", "", regex=True)
    frame["address"] = frame["address"].str.replace(r"\s", "", regex=True).str.replace("幢", "栋")
    frame["birth_date"] = pd.to_datetime(frame["birth_date"], format="%Y-%m-%d", errors="coerce")
    frame["household_size"] = pd.to_numeric(frame["household_size"], errors="coerce")
    flags = [~frame["phone"].str.fullmatch(r"1\d{10}|0\d{9,11}").fillna(True), ~_identity_is_valid(frame["cert_no"])]
    flags += [~frame[c].isin(list(code_lists()[c.removesuffix("_code")])) & frame[c].notna()
              for c in ("sex_code", "ethnicity_code", "education_code")]  # fmt: skip
    broken = frame[["source_key", "person_name", "community_code", "entered_at", "mode_code"]].isna().any(axis=1)
    broken |= ~frame["community_code"].isin(list(regions())) | frame["person_name"].str.contains("测试|test")
    sum(flag.sum() for flag in flags)
    accepted = _write(home, frame, broken)
    ids = "bench:form:" + accepted["source_key"]
    parts = [_events(accepted, raw, ids, attribute) for attribute in ATTRIBUTES]
    pd.concat(parts).to_parquet(home / "pandas_entries.parquet", compression="lz4")


def _events(accepted: pd.DataFrame, raw: pd.DataFrame, ids: pd.Series, attribute: str) -> pd.DataFrame:
    value, typed = accepted[attribute].astype(str), raw.loc[accepted.index, attribute]
    frame = accepted[["mode_code", "entered_at", "community_code", "case_no"]].assign(
        entry_id=ids + ":" + attribute, record_id=ids, landed_row=accepted.index, platform_id="bench",
        attribute_code=attribute, value_raw=typed, value=value, is_variant_spelling=typed != value,
    )  # fmt: skip
    kept: pd.DataFrame = frame[typed.notna()]
    return kept


def pandas_usage(home: Path, landed: LandedStream) -> None:
    """The operation log in pandas."""
    frame = _read(home, landed, USAGE_FIELDS)
    _common(frame, ("changed_at", "occurred_at"))
    frame["duration_s"] = pd.to_numeric(frame["duration_s"], errors="coerce")
    required = ["source_key", "changed_at", "account_kind_code", "action_code", "occurred_at"]
    broken = frame[required].isna().any(axis=1) | ~frame["community_code"].isin(list(regions()))
    broken |= ~frame["account_kind_code"].isin(list(code_lists()["account_kind"]))
    broken |= ~frame["action_code"].isin(list(code_lists()["action"]))
    frame["duration_s"].between(0, 86_400).sum()
    _write(home, frame, broken)


def _read(home: Path, landed: LandedStream, fields: dict[str, str]) -> pd.DataFrame:
    return pd.read_parquet(home / landed.files[0].path).rename(columns=fields)


def _common(frame: pd.DataFrame, times: tuple[str, ...]) -> None:
    for column in frame.columns:
        if not column.startswith("_"):
            folded = frame[column].str.normalize("NFKC").str.strip()
            frame[column] = folded.mask(folded == "")
            frame[column] = frame[column].replace(CODES.get(column, {}))
    for column in times:
        frame[column] = pd.to_datetime(frame[column], format="%Y-%m-%d %H:%M:%S", errors="coerce").dt.tz_localize(
            "Asia/Shanghai"
        )


def _identity_is_valid(numbers: pd.Series) -> pd.Series:
    shaped = numbers.str.fullmatch(r"\d{17}[\dX]").fillna(False)
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    kept = numbers[shaped]
    total = pd.Series(0, index=kept.index)
    for place, weight in enumerate(weights):
        total = total + kept.str[place].astype(int) * weight
    valid = (total % 11).map(dict(enumerate("10X98765432"))) == kept.str[17]
    return valid.reindex(numbers.index, fill_value=False)


def _write(home: Path, frame: pd.DataFrame, broken: pd.Series) -> pd.DataFrame:
    accepted = frame[~broken].assign(record_id="bench:" + frame["source_key"], platform_id="bench", batch_id="b")
    accepted.to_parquet(home / "pandas_accepted.parquet", compression="lz4")
    frame[broken].to_parquet(home / "pandas_quarantine.parquet", compression="lz4")
    return accepted


PANDAS = {"form": pandas_form, "usage": pandas_usage}

if __name__ == "__main__":
    main()
