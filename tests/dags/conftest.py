"""An Airflow home with its tables made, and what its DAG bag holds."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.dags import harness

COUNTY = harness.ROOT / "examples" / "county"


@pytest.fixture(scope="session")
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrated once; copy it before running DAGs that must not meet another test's runs."""
    home = tmp_path_factory.mktemp("airflow")
    program = Path(sys.executable).parent / "airflow"
    subprocess.run([program, "db", "migrate"], env=harness.environment(home, COUNTY), check=True, capture_output=True)
    return home


@pytest.fixture(scope="session")
def parsed(airflow_home: Path) -> dict[str, Any]:
    """Every DAG as data."""
    found: dict[str, Any] = harness.call(harness.environment(airflow_home, COUNTY), "describe")
    return found
