"""The published warehouse from Python: what a notebook asks.

    import liandao

    with liandao.open("bureau") as home:
        home.figures("M11", grain="platform")
        home.sql("SELECT action_code, count(*) FROM fact_usage GROUP BY ALL")
        home.explain(left_record, right_record)
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from liandao.names import suggest
from liandao.project import usable
from liandao.settings import Settings, read_settings
from schemas.errors import ConfigurationError
from schemas.project import PROJECT_FILE

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

    from transforms.match.results.explain import Explanation

FIGURES = """
SELECT measure_id, grain, grain_key, value, numerator, denominator, lower, upper, unit, rule_version, window_start,
       window_end, note
FROM warehouse.mart_figure WHERE ($measure IS NULL OR measure_id = $measure) AND grain = $grain
ORDER BY measure_id, grain_key
"""


class Home:
    """One published generation, read-only, as analysts see it: the warehouse tier, no names and no numbers.

    It stays the same whatever is published meanwhile; open again to see what came later. For use in a ``with`` block,
    or until :meth:`close`.
    """

    def __init__(self, settings: Settings) -> None:
        from warehouse import places, reader

        self.settings = settings
        self._folder = places.current_folder(settings.home)
        self._con: duckdb.DuckDBPyConnection = reader.connect_analyst(settings.home)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the generation."""
        self._con.close()

    def tables(self) -> list[str]:
        """The names of every table and mart, in alphabetical order."""
        rows = self._con.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()
        return [name for (name,) in rows]

    def table(self, name: str) -> pd.DataFrame:
        """A whole table; raises ConfigurationError with a suggestion when there is none of that name."""
        known = self.tables()
        if name not in known:
            raise _unknown("table", name, known)
        return self.sql(f'SELECT * FROM warehouse."{name}"')  # noqa: S608 - one of the names that exist

    def sql(self, query: str, parameters: Sequence[Any] | dict[str, Any] | None = None) -> pd.DataFrame:
        """The rows of one query, times in Beijing time; values are bound as ``?`` or ``$name``. Raises duckdb.Error."""
        rows: pd.DataFrame = self._con.execute(query, parameters or []).to_arrow_table().to_pandas()
        return rows

    def figures(self, measure: str | None = None, grain: str = "province") -> pd.DataFrame:
        """Published figures with numerator, denominator, interval and rule version: one measure's or all, of one grain.

        Raises ConfigurationError when no measure or grain of that name was published.
        """
        self._require("measure_id", measure)
        self._require("grain", grain)
        return self.sql(FIGURES, {"measure": measure, "grain": grain})

    def rules(self) -> pd.DataFrame:
        """The catalogue of measures as it was when this generation was published."""
        return self.table("mart_measure")

    def explain(self, left: str, right: str) -> Explanation:
        """Why two records are or are not one: each field in bits, the sum, the chain that joins their cluster.

        Needs the home's register of matching, which stands in the vault tier. Raises ConfigurationError when nothing
        was matched or a record is not known.
        """
        from liandao.match_ids import key_written
        from transforms.match.register.store import read_register
        from transforms.match.results.explain import explain, is_known
        from warehouse import places

        register = read_register(places.register_folder(self._folder or Path()))
        return explain(register, *(id_ if is_known(register, id_) else key_written(id_) for id_ in (left, right)))

    def _require(self, column: str, value: str | None) -> None:
        if value is None:
            return
        rows = self._con.execute(f"SELECT DISTINCT {column} FROM warehouse.mart_figure ORDER BY 1").fetchall()  # noqa: S608
        known = [name for (name,) in rows]
        if value not in known:
            raise _unknown("measure" if column == "measure_id" else column, value, known)


def open_home(place: str | Path | None = None) -> Home:
    """The published warehouse of a project or of a home; by default that of the project here.

    Raises ConfigurationError when there is no such place, StoreError when nothing is published.
    """
    if place is None:
        return Home(read_settings())
    path = usable(Path(place), "open()")
    if not path.is_dir():
        raise ConfigurationError("there is no such folder", where=str(path), expected="a project or a home")
    is_project = (path / PROJECT_FILE).is_file()
    return Home(read_settings(project=path) if is_project else read_settings(home=path))


def _unknown(kind: str, name: str, known: Sequence[str]) -> ConfigurationError:
    meant = suggest(name, known)
    hint = f"; did you mean {' or '.join(meant)}?" if meant else ""
    return ConfigurationError(f"unknown {kind} {name!r}{hint}", expected=", ".join(known))
