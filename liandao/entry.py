"""Where the installed command begins: a plain word when another distribution's package stands in place of ours."""

from __future__ import annotations

import sys
import warnings

from liandao.import_names import ROOT, own_names, taken_names

USAGE = 2


def _missing(error: ImportError) -> str:
    """The package of another distribution that is not there; empty where something else is wrong."""
    name = error.name or ""
    return name if isinstance(error, ModuleNotFoundError) and "." not in name and name not in own_names() else ""


def main() -> None:
    """Run the command line (:func:`liandao.cli.main`), or say why it can't be imported."""
    # DuckDB 2 says so of every table that is read: true, and nothing that whoever reads it here could change.
    warnings.filterwarnings("ignore", "Arrow output on a DB-API result", UserWarning)
    try:
        from liandao.cli import main as run
    except ImportError as error:
        taken = taken_names()
        if not taken and (package := _missing(error)):
            sys.stderr.write(
                f"LD-1001 配置有误 | configuration error: the package {package} that liandao needs is not installed\n"
                f"  found: {sys.executable}\n"
                "  next: install liandao again into an environment of its own, with its dependencies\n"
            )
            sys.exit(USAGE)
        if not taken:
            raise
        sys.stderr.write(
            "LD-1001 配置有误 | configuration error: another distribution has taken names that liandao imports\n"
            f"  expected: {ROOT}\n"
            f"  found: {', '.join(map(str, taken))}\n"
            "  next: install liandao into an environment of its own\n"
        )
        sys.exit(USAGE)
    run()
