"""Build every page from one open generation; readers see each page as it was or as it is, never half of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports.dictionary import dictionary_context
from reports.platform_page import platform_contexts
from reports.portal import portal_context
from reports.read import rows

HERE = Path(__file__).parent


def build_reports(con: duckdb.DuckDBPyConnection, folder: Path) -> int:
    """Write ``index.html``, ``dictionary.html`` and ``platforms/<platform_id>.html`` under ``folder``; returns
    their number.

    ``con``: read-only connection with catalogues ``warehouse`` and ``vault``. Pages carry their style within, ask
    nothing of
    any network (the content policy forbids it) and hold no value of any record.
    """
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    (fresh / "platforms").mkdir(parents=True)
    pages = _pages(con)
    for name, html in pages.items():
        (fresh / name).write_text(html, encoding="utf-8")
    _put_in_place(fresh, folder)
    return len(pages)


def _pages(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.globals["css"] = _css()
    environment.globals["run"] = rows(con, "run")[0]
    measures = rows(con, "measures")
    pages = {
        "index.html": environment.get_template("portal.html").render(portal_context(con)),
        "dictionary.html": environment.get_template("dictionary.html").render(dictionary_context(measures)),
    }
    template = environment.get_template("platform.html")
    return pages | {f"platforms/{p}.html": template.render(context) for p, context in platform_contexts(con)}


def _css() -> str:
    from markupsafe import Markup

    return Markup((HERE / "static" / "liandao.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file


def _put_in_place(fresh: Path, folder: Path) -> None:
    """Replace page by page, the portal last, then remove pages that are no more. The folder itself stays: a server in a
    container is bound to the folder, not to its name, and would go on showing one that was renamed."""
    pages = [page.relative_to(fresh) for page in fresh.rglob("*.html")]
    for page in sorted(pages, key=lambda page: page == Path("index.html")):
        (folder / page).parent.mkdir(parents=True, exist_ok=True)
        (fresh / page).replace(folder / page)
    for path in folder.rglob("*"):
        if path.is_file() and path.relative_to(folder) not in pages:
            path.unlink()
    shutil.rmtree(fresh)
