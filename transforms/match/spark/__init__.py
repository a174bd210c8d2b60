"""The engine on Spark: the same stages with the same batch functions over Arrow batches, for more than one machine.

What passes between stages is Parquet in one folder, so that a lost executor costs one stage and nothing is kept in the
driver that grows with the records.
"""

from transforms.match.spark.engine import match_on_spark
from transforms.match.spark.matched import SparkMatched
from transforms.match.spark.session import local_session

__all__ = ["SparkMatched", "local_session", "match_on_spark"]
