"""Loaded by Airflow when this folder is on its path: the scheduler imports the heavy modules once.

Task processes are forked from the scheduler and inherit them: a task then starts in a fraction of a second instead of
seconds. Other components of Airflow have no use for them.
"""

import importlib
import sys

__all__: list[str] = []  # Airflow would take every other name for a setting

if "scheduler" in sys.argv:
    from liandao.workers import PRELOAD

    for _name in PRELOAD:
        importlib.import_module(_name)
