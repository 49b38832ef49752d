"""A session of Spark for a build: opened once, reused by the months within, closed with it.

Everything that can be wrong before the first job is said here in one sentence: no pyspark, no Java, a master
that does not answer, a setting that Spark refuses, a cluster without workers. What runs in the session is
`transforms.engines_spark`; what a month reads there is said in `months`.
"""

import importlib.util
import socket
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import reduce
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, cast

import polars as pl

from orchestration import settings
from records.deliveries import Stored
from records.spark_settings import SparkSettings
from records.workspace import Workspace
from transforms.engines import neutral
from transforms.errors import BranchmarkError
from transforms.spark_sql import FIXED

if TYPE_CHECKING:
    from subprocess import Popen

    from pyspark import SparkContext
    from pyspark.sql import DataFrame, SparkSession

    from transforms.engines_spark import SparkEngine


class EngineName(StrEnum):
    """What runs over the loans of a month."""

    POLARS = "polars"
    SPARK = "spark"


ENGINE: Final = "branchmark/engine"
"""The tag of a run that says what runs over its loans; without it Polars does."""

_DEFAULTS: Final = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.sql.adaptive.enabled": "true",
    # A definition that asks for many flags makes more code than one method of Java may hold.
    "spark.sql.codegen.maxFields": "400",
    "spark.driver.maxResultSize": "0",
}
"""What a session is opened with where the bank says nothing else."""
_LOCAL: Final = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": "4",
}
"""The same for a master that is on this machine: nothing listens to others, and few parts suffice."""
_PROTOCOL: Final = "spark://"
_ANSWER_SECONDS: Final = 5
_ENDS_WITHIN: Final = 60
_LOG: Final = "spark.log"
_IDLE: Final = ("WARNING", "NOTE", "Picked up", "Using Spark")
"""How lines begin that Java and Spark write at every start."""
_WAY_OUT: Final = "or build with --engine polars"


class SparkError(BranchmarkError):
    """Spark cannot be used as the workspace's settings say."""


@dataclass(frozen=True, eq=False)
class Cluster:
    """Spark at work for one month.

    Attributes:
        engine: what measures are taken with.
    """

    engine: "SparkEngine"

    def delivered(self, stored: Stored) -> "DataFrame":
        """A delivered table, read by the workers from the lake's own files."""
        from pyspark.sql import functions as F  # noqa: N812, PLC0415 - pyspark is an extra

        rows = self.engine.parquet(stored.files, {**stored.columns, "batch_id": pl.String()})
        return rows.where(F.col("batch_id") == stored.batch_id).select(*stored.columns)

    def reported(
        self, stored: Mapping[date, Stored], columns: Mapping[str, pl.DataType], name: str
    ) -> "DataFrame":
        """Deliveries of several months as one table, with the month end of each row as `name`."""
        from pyspark.sql import functions as F  # noqa: N812, PLC0415 - pyspark is an extra

        empty = self.engine.frame(pl.DataFrame(schema={**columns, name: pl.Date()})).to_native()
        months = [
            self.delivered(one).select(*columns).withColumn(name, F.lit(day))
            for day, one in stored.items()
        ]
        return reduce(lambda one, other: one.union(other), months, empty)

    def mended(
        self,
        native: "DataFrame",
        key: str,
        keys: pl.Series,
        mend: Callable[[pl.LazyFrame], pl.LazyFrame],
    ) -> "DataFrame":
        """A table with some of its rows, named by their keys, as Polars mends them."""
        named = self.engine.frame(keys.alias(key).to_frame())
        few = self.engine.gathered(self.engine.among(neutral(native), key, named).to_native())
        return self.engine.replaced(native, key, mend(few.lazy()).collect())


@contextmanager
def session(workspace: Workspace) -> Iterator["SparkSession"]:
    """The session of the workspace's settings: the one that is open, else a new one, closed at the end.

    Raises:
        SparkError: if it cannot be opened.
    """
    _require_pyspark()
    from pyspark.sql import SparkSession  # noqa: PLC0415 - pyspark is an extra

    running = SparkSession.getActiveSession()
    if running is not None:
        yield running
        return
    with warnings.catch_warnings(), _driver(workspace) as context:
        _require_workers(context, workspace.spark)
        yield SparkSession(context)


@contextmanager
def working(workspace: Workspace) -> Iterator[Cluster]:
    """Spark at work for one month of a workspace.

    Raises:
        SparkError: if no session can be opened.
    """
    with session(workspace) as opened:
        from transforms.engines_spark import SparkEngine  # noqa: PLC0415 - pyspark is an extra

        engine = SparkEngine(opened)
        try:
            yield Cluster(engine)
        finally:
            engine.release()


def _require_pyspark() -> None:
    if importlib.util.find_spec("pyspark") is None:
        raise SparkError(
            'Spark is not installed here. Install it with pip install "branchmark[spark]", '
            f"{_WAY_OUT}."
        )
    if settings.java() is None:
        raise SparkError(
            "Spark needs Java, and none is found by JAVA_HOME or on the path. Install Java 17 or name its "
            f"folder in JAVA_HOME, {_WAY_OUT}."
        )


@contextmanager
def _driver(workspace: Workspace) -> Iterator["SparkContext"]:
    """Spark's own process beside this one, with the settings of the workspace; gone afterwards."""
    from py4j.protocol import Py4JError  # noqa: PLC0415 - pyspark is an extra
    from pyspark import SparkConf, SparkContext  # noqa: PLC0415
    from pyspark.errors import PySparkException  # noqa: PLC0415
    from pyspark.java_gateway import launch_gateway  # noqa: PLC0415

    # What pyspark thinks of the pandas beside it is nothing to us: no frame goes that way.
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    asked = workspace.spark
    _require_answer(asked.master)
    conf = SparkConf(loadDefaults=False).setAll(list(_conf(workspace.name, asked).items()))
    workspace.scratch.mkdir(exist_ok=True)
    log = workspace.scratch / _LOG
    gateway = context = None
    try:
        try:
            with log.open("wb") as sink:
                gateway = launch_gateway(conf, {"stderr": sink, "stdout": sink})
            context = SparkContext(conf=conf, gateway=gateway)
        except (Py4JError, PySparkException) as error:
            raise SparkError(
                f"Spark could not be started with master {asked.master}: {_why(error, log)}. Mend [spark] in "
                f"branchmark.toml, {_WAY_OUT}."
            ) from None
        yield context
    finally:
        if context is not None:
            context.stop()
        if gateway is not None:
            # Its process ends when nobody holds its input any more; the next session has one of its own.
            gateway.shutdown()
            process = cast("Popen[bytes]", gateway.proc)
            cast("IO[bytes]", process.stdin).close()
            process.wait(_ENDS_WITHIN)
            SparkContext._gateway = SparkContext._jvm = None  # noqa: SLF001 - pyspark keeps a dead one


def _conf(name: str, asked: SparkSettings) -> Mapping[str, str]:
    local = asked.master.startswith("local")
    return {
        **_DEFAULTS,
        **(_LOCAL if local else {}),
        "spark.app.name": f"branchmark: {name}",
        **dict(asked.conf),
        **FIXED,
        "spark.master": asked.master,
        "spark.submit.deployMode": "client",
    }


def _require_answer(master: str) -> None:
    """A standalone master that nobody listens for is told in seconds: Spark itself tries for a minute."""
    if not master.startswith(_PROTOCOL):
        return
    for place in master.removeprefix(_PROTOCOL).split(","):
        host, _, port = place.rpartition(":")
        try:
            socket.create_connection((host, int(port)), timeout=_ANSWER_SECONDS).close()
        except (OSError, ValueError, OverflowError):
            continue
        return
    raise SparkError(
        f"No Spark master answers at {master}. Start it, mend master of [spark] in branchmark.toml, "
        f"{_WAY_OUT}."
    )


def _require_workers(context: "SparkContext", asked: SparkSettings) -> None:
    """A standalone cluster without a free worker would let the first job wait for ever."""
    if not asked.master.startswith(_PROTOCOL):
        return
    # pyspark has no other way to ask for workers.
    held = cast("Any", context)._jsc.sc()  # noqa: SLF001
    until = time.monotonic() + asked.wait_seconds
    while held.getExecutorMemoryStatus().size() < 2:  # noqa: PLR2004 - the driver itself is one
        if time.monotonic() > until:
            raise SparkError(
                f"No worker of {asked.master} took on the work within {asked.wait_seconds} seconds. Start "
                "workers with the cores and memory that [spark.conf] asks for, or ask for less, "
                f"{_WAY_OUT}."
            )
        time.sleep(0.2)


def _why(error: Exception, log: Path) -> str:
    """The first cause that Spark names, from its error or, where it died before, from what it wrote."""
    said = str(getattr(error, "java_exception", None) or error).strip().splitlines()
    if getattr(error, "getCondition", lambda: None)() == "JAVA_GATEWAY_EXITED":
        written = log.read_text(encoding="utf-8", errors="replace").splitlines()
        said = [line for line in written if not line.startswith(_IDLE)] or said
    first = next((line.strip() for line in said if line.strip()), type(error).__name__)
    return first.rpartition("Exception: ")[2].rstrip(".") or first
