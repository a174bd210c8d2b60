"""Spark is an environment of its own (make test-spark); elsewhere these tests are not there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

if find_spec("pyspark") is None:
    collect_ignore_glob = ["test_*.py"]

SHORT = {
    # Minutes, not hours: less is worth compiling.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    "spark.sql.codegen.wholeStage": "false",
}


@pytest.fixture(scope="session")
def session() -> Iterator[object]:
    """Two cores, and the Java that comes as a package even where there is another."""
    from transforms.match.spark import local_session

    java = os.environ.pop("JAVA_HOME", None)
    spark = local_session(cores=2, settings=SHORT)
    yield spark
    spark.stop()
    if java is not None:
        os.environ["JAVA_HOME"] = java
