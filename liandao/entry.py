"""Where the installed command begins: a plain word when another distribution's package stands in place of ours."""

from __future__ import annotations

import sys
import warnings

from liandao.import_names import ROOT, taken_names

USAGE = 2


def main() -> None:
    """Run the command line (:func:`liandao.cli.main`), or say why it can't be imported."""
    # DuckDB 2 says so of every table that is read: true, and nothing that whoever reads it here could change.
    warnings.filterwarnings("ignore", "Arrow output on a DB-API result", UserWarning)
    try:
        from liandao.cli import main as run
    except ImportError:
        taken = taken_names()
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
