"""What Python workers of one machine are forked from: a process that has read what they need once for all of them."""

from pyspark.daemon import manager

import transforms.match.compare.person_name_zh
import transforms.match.spark.resolve  # noqa: F401

if __name__ == "__main__":
    manager()
