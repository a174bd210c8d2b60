"""The sets: each a folder with records.parquet (or left.parquet and right.parquet), truth.parquet and match.yml.

``truth.parquet``: record_id, entity_id, and where they exist ``twins`` and ``namesakes`` (a group's number or -1).
``match.yml`` names the kinds of columns and nothing else (and, as Splink is told too, that neither of the two files
holds anybody twice): everything more is learnt by the engine, or its default.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.match.chinese import make_chinese
from benchmarks.match.residents import make_residents

DATA_PYTHON = Path(".venv-bench-data/bin/python")
DATA_SCRIPT = Path(__file__).with_name("data_sets_elsewhere.py")
CHINESE = """id: record_id
source: source
fields:
  name: person_name_zh
  id_no: identity_number
  birth_date: date
  sex: category
  phone: phone
  address: address_zh
"""
FEBRL = """fields:
  given_name: person_name
  surname: person_name
  street_number: address
  address_1: address
  address_2: address
  suburb: text
  postcode: category
  state: category
  date_of_birth: date
  soc_sec_id: identifier
"""
CENSUS = """id: record_id
source: source
fields:
  first_name: person_name
  middle_initial: category
  last_name: person_name
%s
  street_number: address
  street_name: address
  unit_number: address
  sex: category
  race_ethnicity: category
"""


@dataclass(frozen=True, slots=True)
class Dataset:
    """``make(folder, size, seed)`` writes the tables; ``config`` is the text of match.yml; ``sizes`` are the usual ones
    (0: it has but one). ``zh`` and ``en`` say what it is."""

    make: Callable[[Path, int, int], None]
    config: str
    sizes: tuple[int, ...]
    zh: str
    en: str


def from_elsewhere(name: str) -> Callable[[Path, int, int], None]:
    """A maker that runs in the data environment, where pseudopeople and the FEBRL files are."""

    def make(folder: Path, size: int, seed: int) -> None:
        command = [DATA_PYTHON, DATA_SCRIPT, name, folder, str(size), str(seed)]
        made = subprocess.run(command, capture_output=True, text=True)  # noqa: S603
        if made.returncode:
            raise SystemExit(f"{name}: {made.stderr[-600:]}")

    return make


def prepared(name: str, size: int, seed: int, home: Path) -> Path:
    """The folder of a set, made if it isn't there yet."""
    folder = home / (f"{name}-{size}-{seed}" if size else name)
    if (folder / "match.yml").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    DATASETS[name].make(folder, size, seed)
    # Written last: a folder with it is complete.
    (folder / "match.yml").write_text(DATASETS[name].config, encoding="utf-8")
    return folder


DATASETS = {
    "residents": Dataset(
        make_residents,
        CHINESE + "  community: category\n",
        (100_000, 1_000_000),
        "虚构省份的居民（130 余个平台填报的表单）",
        "residents of an invented province, as its platforms took them in",
    ),
    "chinese": Dataset(
        make_chinese,
        CHINESE,
        (100_000,),
        "全中文数据：六处填报，音、形、键、习惯之误，半数没有身份证号",
        "Chinese households mistyped by sound, shape, key and habit, half without an identity number",
    ),
    "febrl3": Dataset(
        from_elsewhere("febrl3"), "id: record_id\n" + FEBRL, (0,), "FEBRL 3（去重）", "FEBRL 3, to deduplicate"
    ),
    "febrl4": Dataset(
        from_elsewhere("febrl4"),
        "id: record_id\nsource: source\nduplicate_free: true\n" + FEBRL,
        (0,),
        "FEBRL 4（两个文件）",
        "FEBRL 4, two files to link",
    ),
    "census": Dataset(
        from_elsewhere("census"),
        CENSUS % "  date_of_birth: date",
        (0,),
        "类人口普查数据（pseudopeople，噪声三倍），以户为主",
        "census-like households (pseudopeople, three times its noise)",
    ),
    "census-age": Dataset(
        from_elsewhere("census-age"),
        CENSUS % "  age: number",
        (0,),
        "同上，只有年龄没有出生日期",
        "the same with ages instead of birth dates",
    ),
}
