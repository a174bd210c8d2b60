"""Register: what a run leaves on disk so that the next one compares only what changed, against everything.

A folder of files that never change once they are written, and ``register.json``, which names those that count. What a
night writes counts from the moment that this one file is replaced; until then the register is as it was. It can always
be made again by a full run; it holds personal data, so only its owner may read it.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import TypeAdapter, ValidationError

from schemas.durable import sync
from schemas.errors import StoreError
from transforms.match.config import MatchConfig
from transforms.match.model import Model
from transforms.match.model_store import dump_model, load_model
from transforms.match.register.layers import Layer, Layered, TableKind
from transforms.match.register.tables import BLOCK, PAIR, RECORD, node_kind, wording_kind
from transforms.match.register.values import VALUE

FORMAT = "5"
"""Raised whenever a register of before can't be carried on."""
FOLDER = "register"
"""What the register is called beside the tables of its run."""
NAMES = "register.json"
WRITERS = 2
"""Tables written side by side."""


class Register:
    """An open register. Tables that a night changes in part are layered; the others are kept as a whole.

    ``config``: what it was made for; the layered tables are described in :mod:`transforms.match.register.tables`.
    Nothing that is put, removed or kept counts for others before :meth:`commit`.
    """

    def __init__(self, path: Path, config: MatchConfig, told: dict[str, Any]) -> None:
        self.path, self.config, self._told = path, config, told
        self._fresh: dict[str, pa.Table] = {}
        self._whole = {name: _read_table(path / file) for name, file in told["tables"].items()}
        kinds = {"node": node_kind(config), "record": RECORD, "block": BLOCK, "pair": PAIR}
        kinds |= {"wording": wording_kind(config), "value": VALUE}
        self._layered = {name: self._open(name, kind) for name, kind in kinds.items()}
        self.node, self.record = self._layered["node"], self._layered["record"]
        self.block, self.pair = self._layered["block"], self._layered["pair"]
        self.wording, self.value = self._layered["wording"], self._layered["value"]

    def _open(self, name: str, kind: TableKind) -> Layered:
        files = self._told["layers"].get(name, [])
        return Layered(kind, [Layer.read(self.path / file, kind) for file in files])

    @property
    def learnt_from(self) -> int:
        """From how many records the model was learnt."""
        return int(self._told["records"])

    def read(self, name: str) -> pa.Table:
        """A table that is kept as a whole. Raises KeyError before it was."""
        return self._fresh[name] if name in self._fresh else self._whole[name]

    def has(self, name: str) -> bool:
        """Whether a table of this name is kept as a whole."""
        return name in self._fresh or name in self._whole

    def keep(self, name: str, table: pa.Table) -> None:
        """Keep a table in the place of the one of before."""
        self._fresh[name] = table

    def is_made_for(self, config: MatchConfig) -> bool:
        """Whether it was made for this configuration, by this version, which reads values as it did, to the end."""
        is_ours = self._told["config"] == as_json(config) and self._told["version"] == _version()
        return is_ours and "frequency" in self._told["tables"]

    def read_model(self, config: MatchConfig) -> Model | None:
        """The model of the last full run; None if it was made for another configuration or by another version."""
        if not self.is_made_for(config):
            return None
        return load_model(self._told["model"], self.read("frequency"), config)

    def told(self, name: str) -> Any:
        """A note that was left; None without one."""
        return self._told.get("notes", {}).get(name)

    def note(self, name: str, value: Any) -> None:
        """Leave a note (of what JSON can say) for later runs."""
        self._told["notes"] = self._told.get("notes", {}) | {name: value}

    def keep_model(self, model: Model, records: int) -> None:
        """Keep what a full run learnt, and from how many records."""
        body, frequencies = dump_model(model)
        self._told |= {"model": body, "records": records}
        self.keep("frequency", frequencies)

    def commit(self) -> None:
        """Write down what is new, then make it count, in one step."""
        told = self._told | {"serial": self._told["serial"] + 1}
        layers, tables = dict(told["layers"]), dict(told["tables"])
        with ThreadPoolExecutor(WRITERS) as pool:
            named = [f"{name}-{told['serial']}.layer" for name in self._layered]
            files = pool.map(self._write, named, self._layered.values())
            for name, (stay, added) in zip(self._layered, files, strict=True):
                layers[name] = [*layers.get(name, [])[:stay], *added]
        for name, rows in self._fresh.items():
            tables[name] = f"{name}-{told['serial']}.arrow"
            _write_table(self.path / tables[name], rows)
        self._whole |= self._fresh
        self._fresh = {}
        self._told = told | {"layers": layers, "tables": tables}
        _replace(self.path / NAMES, json.dumps(self._told, ensure_ascii=False))
        for name in {file.name for file in self.path.iterdir()} - _files(self._told) - {NAMES}:
            _remove(self.path / name)  # what counts no more, and what a commit that was cut off left behind

    def _write(self, file: str, table: Layered) -> tuple[int, list[str]]:
        """Write what is new of a table; how many of its layers stay, and the file of the one that was added."""
        stay = table.merge()
        if len(table.layers) == stay:
            return stay, []
        _remove(self.path / file)  # of a commit that was cut off
        table.layers[-1].write(self.path / file)
        table.layers[-1] = Layer.read(self.path / file, table.kind)
        table.kept = len(table.layers)
        return stay, [file]


def _files(told: dict[str, Any]) -> set[str]:
    return {*told["tables"].values(), *(file for files in told["layers"].values() for file in files)}


@contextmanager
def open_register(path: Path) -> Iterator[Register]:
    """The register at ``path``; what was changed in it counts after the block, and not at all after an error in it.

    Raises StoreError where there is none that can be read.
    """
    register = read_register(path)
    yield register
    register.commit()


def read_register(path: Path) -> Register:
    """The register at ``path``; nothing is written unless it is committed. Raises StoreError where there is none that
    can be read: everything is opened now, so that it stays one state while others write the next.
    """
    try:
        told = json.loads((path / NAMES).read_text(encoding="utf-8"))
        if told["format"] != FORMAT:
            raise _unreadable(path, f"format {told['format']}")
        return Register(path, TypeAdapter(MatchConfig).validate_json(told["config"]), told)
    except (OSError, EOFError, ValueError, KeyError, TypeError, ValidationError) as error:
        raise _unreadable(path, type(error).__name__) from None


def _unreadable(path: Path, found: str) -> StoreError:
    return StoreError(
        "the register of matching can't be read",
        where=str(path),
        expected=f"a register of format {FORMAT}",
        found=found,
        next_step="match everything once: the register is made anew",
    )


def new_register(path: Path, config: MatchConfig) -> Register:
    """An empty register in the place of whatever is there: none that can be carried on before it has a model."""
    _remove(path)
    path.mkdir(mode=0o700, parents=True)
    told = {"format": FORMAT, "version": _version(), "config": as_json(config), "serial": 0, "layers": {}, "tables": {}}
    return Register(path, config, told)


def copy_register(source: Path | None, target: Path) -> None:
    """Put a copy of a register in the place of whatever is there: nothing where there is none that is whole.

    Files never change: where the disk can do that, they are linked, not copied.
    """
    _remove(target)
    if source is None:
        return
    try:
        names = _files(json.loads((source / NAMES).read_text(encoding="utf-8")))
        target.mkdir(mode=0o700, parents=True)
        for name in (*names, NAMES):
            _link(source / name, target / name)
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError, AttributeError):
        _remove(target)
        return
    sync(target)


def move_register(source: Path, target: Path) -> None:
    """Put a register in the place of another, which is moved aside first: there is always one of them."""
    aside = source.with_name(f"{source.name}.before")
    if target.exists():
        target.replace(aside)
    source.replace(target)
    sync(target.parent)
    _remove(aside)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another disk, or one without links
        shutil.copy2(source, target)
        sync(target)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _read_table(path: Path) -> pa.Table:
    with pa.memory_map(str(path)) as file:
        return pa.ipc.open_file(file).read_all()


def _write_table(path: Path, table: pa.Table) -> None:
    path.unlink(missing_ok=True)  # of a commit that was cut off: a copy may share it
    path.touch(mode=0o600)
    with pa.ipc.new_file(str(path), table.schema) as writer:
        writer.write_table(table)
    sync(path)


def _replace(path: Path, text: str) -> None:
    """Put a text in the place of another, in one step: what it names is on disk by then."""
    fresh = path.with_suffix(".next")
    fresh.touch(mode=0o600)
    fresh.write_text(text, encoding="utf-8")
    sync(fresh)
    fresh.replace(path)
    sync(path.parent)


def as_json(config: MatchConfig) -> str:
    """A configuration as text. A function among its options (a predicate) is kept by name: it can't be read back."""
    return json.dumps(asdict(config), ensure_ascii=False, sort_keys=True, default=lambda value: value.__qualname__)


def _version() -> str:
    try:
        return version("liandao")
    except PackageNotFoundError:
        return "unknown"
