"""A Spark cluster on this machine: a master, workers and executors, each a process of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import palermo

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@contextmanager
def cluster(folder: Path, settings: Mapping[str, str]) -> Iterator[SparkSession]:
    """Start two executors of one core each, which write into ``folder`` alone."""
    import pyspark
    from pyspark.sql import SparkSession

    for name in ("bin", "jars"):  # workers write into SPARK_HOME, which is the package
        (folder / name).symlink_to(Path(pyspark.__file__).parent / name)
    environment = {
        "SPARK_HOME": folder,
        "SPARK_LOCAL_DIRS": folder,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_HOSTNAME": "localhost",
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
    }
    common = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.executorEnv.PYTHONPATH": Path(palermo.__file__).parents[1],
        "spark.log.level": "OFF",  # else an executor that is lost is told of at length
        "spark.sql.warehouse.dir": folder / "warehouse",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    with patch.dict(os.environ, {name: str(value) for name, value in environment.items()}):
        builder = SparkSession.builder.master("local-cluster[2,1,1024]")
        session = builder.config(map={**common, **settings}).getOrCreate()
        try:
            yield session
        finally:
            session.stop()
