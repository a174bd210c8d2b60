"""An all-Chinese set: six offices mistype households by sound, shape, key and habit; half without a number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pypinyin import lazy_pinyin

from benchmarks.match import chinese_typing as typing
from benchmarks.match.chinese_people import OLD_VILLAGES, TODAY, Households, make_households
from benchmarks.match.clean import fold_names, fold_numbers, fold_phones, stated_birth_and_sex, with_derived

Texts = NDArray[np.str_]
Ints = NDArray[np.int64]

RECORDS_PER_PERSON = 3.3
SOURCES = np.array(["hall", "hospital", "school", "village", "hotline", "charity"])
NUMBERED = np.array([0.95, 0.8, 0.5, 0.45, 0.0, 0.35])
"""Share of each source's records that carry an identity number: half of all."""
HIDES = np.array([False, False, False, False, True, True])
"""Sources that mask names (hotline) or numbers (charity)."""
NAME_ERRORS = (
    ("tone", 0.030), ("sound", 0.018), ("key", 0.016), ("shape", 0.018), ("form", 0.020), ("swap", 0.004),
    ("short", 0.005), ("pinyin", 0.005), ("rare", 0.004), ("remark", 0.006),
)  # fmt: skip
BIRTH_MISSING, BIRTH_WRONG = 0.3, 0.05
NUMBER_WRONG, NUMBER_LENT = 0.03, 0.004
PHONE_MISSING, PHONE_WRONG, PHONE_OF_WORKER = 0.22, 0.02, 0.012
ADDRESS_MISSING = 0.2


def make_chinese(folder: Path, records: int, seed: int) -> None:
    """Write ``records.parquet`` (about ``records`` rows) and ``truth.parquet`` into ``folder``."""
    rng = np.random.default_rng([seed, 2026])
    people = make_households(rng, max(round(records / RECORDS_PER_PERSON), 60))
    person = np.repeat(np.arange(len(people)), 1 + rng.poisson(RECORDS_PER_PERSON - 1, len(people)))
    person = rng.permutation(person)
    source = rng.integers(0, len(SOURCES), len(person))
    later = (rng.random(len(person)) < 0.5).astype(np.int64)
    ids = np.char.add("r", np.char.zfill(np.arange(len(person)).astype(str), 8))
    truth = {"entity_id": person, "twins": people.twins[person], "namesakes": people.namesakes[person]}
    pq.write_table(pa.table({"record_id": ids, **truth}), folder / "truth.parquet")
    number = fold_numbers(_column(_numbers(rng, people, person, source)))
    stated_birth, stated_sex = stated_birth_and_sex(number)
    sex = _column(np.where(rng.random(len(person)) < 0.15, "", people.sex[person].astype(str)))
    columns = {
        "record_id": pa.array(ids),
        "source": pa.array(SOURCES[source]),
        "name": fold_names(_column(_names(rng, people, person, source))),
        "id_no": number,
        "birth_date": pc.coalesce(_column(_births(rng, people, person)), stated_birth),
        "sex": pc.coalesce(sex, stated_sex),
        "phone": fold_phones(_column(_phones(rng, people, person, later))),
        "address": _column(_addresses(rng, people, person, later)),
    }
    pq.write_table(with_derived(pa.table(columns)), folder / "records.parquet")


def _column(values: Texts) -> pa.Array:
    column = pa.array(values.astype(object), pa.string())
    return pc.if_else(pc.equal(column, ""), None, column)


def _rows(rng: np.random.Generator, size: int, share: float) -> Ints:
    return np.flatnonzero(rng.random(size) < share)


def _names(rng: np.random.Generator, people: Households, person: Ints, source: Ints) -> Texts:
    surname = people.surname[person]
    names = np.char.add(surname, people.given[person]).astype("U24")
    first = np.char.str_len(surname)
    kinds = rng.choice(
        len(NAME_ERRORS) + 1, len(names), p=[*(p for _, p in NAME_ERRORS), 1 - sum(p for _, p in NAME_ERRORS)]
    )
    tables = {
        "tone": typing.by_sound(with_tone=True),
        "sound": typing.by_sound(with_tone=False),
        "key": typing.by_key(),
        "shape": typing.by_shape(),
    }
    for index, (kind, _) in enumerate(NAME_ERRORS):
        rows = np.flatnonzero(kinds == index)
        if kind in tables:
            # one in six hits the surname
            start = np.where(rng.random(len(rows)) < 1 / 6, 0, first[rows])
            names[rows] = typing.replace_one(rng, names[rows], start, tables[kind])
        elif kind == "form":
            names[rows] = typing.replace_all(rng, names[rows], typing.by_form())
        else:
            names[rows] = np.array([_mangled(kind, n, int(f)) for n, f in zip(names[rows], first[rows], strict=True)])
    masked = np.flatnonzero(source == 4)
    names[masked] = [n[0] + "*" * (len(n) - 1) if i % 3 == 0 else n for i, n in zip(masked, names[masked], strict=True)]
    return names


def _mangled(kind: str, name: str, first: int) -> str:
    """The rare errors, one name at a time."""
    given = name[first:]
    if kind == "swap":
        return name[:first] + given[::-1]
    if kind == "short":
        return name[:first] + given[:1]
    if kind == "pinyin":
        return "".join(part.capitalize() for part in lazy_pinyin(name))
    if kind == "rare":
        return name[:first] + given[:-1] + "?"
    return name + "(代办)"


def _numbers(rng: np.random.Generator, people: Households, person: Ints, source: Ints) -> Texts:
    numbers = people.number[person].copy()
    rows = _rows(rng, len(numbers), NUMBER_LENT)  # a child entered with the number of the household's head
    numbers[rows] = people.number[np.searchsorted(people.household, people.household[person[rows]])]
    wrong = _rows(rng, len(numbers), NUMBER_WRONG)
    half = len(wrong) // 2
    numbers[wrong[:half]] = typing.swap_digits(rng, numbers[wrong[:half]], 6, 18)
    numbers[wrong[half:]] = typing.change_digit(rng, numbers[wrong[half:]], 6, 17)
    old = np.flatnonzero((people.birth[person] < np.datetime64("1960-01-01")) & (rng.random(len(numbers)) < 0.1))
    numbers[old] = [n[:6] + n[8:17] for n in numbers[old]]
    lower = _rows(rng, len(numbers), 0.3)
    numbers[lower] = np.char.lower(numbers[lower])
    masked = np.flatnonzero((source == 5) & (np.char.str_len(numbers) == 18))
    numbers[masked] = [f"{n[:3]}{'*' * 11}{n[14:]}" for n in numbers[masked]]
    missing = rng.random(len(numbers)) >= NUMBERED[source]
    numbers[missing] = ""
    return numbers


def _births(rng: np.random.Generator, people: Households, person: Ints) -> Texts:
    days = people.birth[person].astype("datetime64[D]")
    # A lunar birthday entered as a solar one comes three to seven weeks early.
    lunar = _rows(rng, len(days), BIRTH_WRONG / 5)
    days[lunar] -= rng.integers(18, 50, len(lunar)).astype("timedelta64[D]")
    texts = days.astype(str)
    wrong = _rows(rng, len(texts), BIRTH_WRONG)
    kinds = rng.integers(0, 4, len(wrong))
    swapped = [f"{t[:5]}{t[8:]}-{t[5:7]}" if int(t[8:]) <= 12 else t for t in texts[wrong]]
    first = [f"{t[:4]}-01-01" for t in texts[wrong]]
    next_year = (days[wrong].astype("datetime64[Y]").astype(int) + 1971).astype(str)
    year = np.char.add(next_year, [t[4:] for t in texts[wrong]])
    digit = typing.change_digit(rng, texts[wrong], 9, 10)
    texts[wrong] = np.select([kinds == 0, kinds == 1, kinds == 2], [swapped, first, year], digit)
    texts[_rows(rng, len(texts), BIRTH_MISSING)] = ""
    return np.where(texts > str(TODAY), "", texts)


def _phones(rng: np.random.Generator, people: Households, person: Ints, later: Ints) -> Texts:
    phones = people.phones[person, later]
    wrong = _rows(rng, len(phones), PHONE_WRONG)
    phones[wrong] = typing.change_digit(rng, phones[wrong], 3, 11)
    workers = np.char.add("1449", np.char.zfill(rng.integers(0, 10**7, 40).astype(str), 7))
    rows = _rows(rng, len(phones), PHONE_OF_WORKER)
    phones[rows] = rng.choice(workers, len(rows))
    phones[_rows(rng, len(phones), PHONE_MISSING)] = ""
    return phones


def _addresses(rng: np.random.Generator, people: Households, person: Ints, later: Ints) -> Texts:
    addresses = people.addresses[person, later].astype("U60")
    for old, new, share in (
        ("湖东省", "", 0.4), ("湖东省连岛市", "", 0.2), ("连岛市", "", 0.1), ("栋", "幢", 0.2), ("栋", "#", 0.1),
        ("单元", "-", 0.15), ("室", "", 0.3), ("组", "小组", 0.2), *((v, o, 0.4) for v, o in OLD_VILLAGES.items()),
    ):  # fmt: skip
        rows = _rows(rng, len(addresses), share)
        addresses[rows] = np.char.replace(addresses[rows], old, new)
    short = _rows(rng, len(addresses), 0.06)  # the flat or the house is left out
    addresses[short] = [a[: max(a.find("号"), a.find("村")) + 1] for a in addresses[short]]
    addresses[_rows(rng, len(addresses), ADDRESS_MISSING)] = ""
    return addresses
