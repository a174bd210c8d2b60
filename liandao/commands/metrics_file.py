"""``liandao metrics-file``: the metrics of this deployment in Prometheus's text format."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from liandao.options import OUT, HomeOption, JsonOption, ProjectOption, answer
from liandao.settings import read_settings


def metrics_file(
    out: Annotated[
        Path | None, typer.Option("--out", help="写到此文件，默认 metrics/liandao.prom Where to write it.")
    ] = None,
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the file of metrics as the end of every run does, for the textfile collector of node_exporter."""
    from liandao.answers.plain import FileWritten
    from liandao.observe.metrics_file import write_metrics

    written = FileWritten(str(write_metrics(read_settings(home, project), out)))
    answer(as_json, written, lambda: OUT.print(written.file, markup=False))
