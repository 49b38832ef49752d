"""A real standalone cluster of Spark on loopback: one master, two workers, each a process of its own.

Started with `spark-class` from the pyspark package; nothing is in the cluster that a machine elsewhere would
not have. Executors are processes of the workers, found by their parent.
"""

import os
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyspark

WORKERS = 2
_STARTS_WITHIN = 60
_HOME = Path(pyspark.__file__).parent
_NAMES = {
    "master": "org.apache.spark.deploy.master.Master",
    "worker": "org.apache.spark.deploy.worker.Worker",
}


def free_port():
    """A port of loopback that nobody listens at just now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@dataclass
class SparkCluster:
    """The processes of one cluster.

    Attributes:
        folder: logs and working folders.
        port: where the master listens.
        master: its process.
        workers: those of the workers.
    """

    folder: Path
    port: int
    master: subprocess.Popen
    workers: list[subprocess.Popen] = field(default_factory=list)

    @property
    def address(self):
        """What a driver is told."""
        return f"spark://127.0.0.1:{self.port}"

    def log(self, name):
        """What a process of the cluster has written."""
        return (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    def add_worker(self):
        """One more worker, registered with the master when this returns."""
        number = len(self.workers)
        place = f"worker-{number}"
        self.workers.append(
            _start(
                self.folder,
                place,
                "worker",
                *("--cores", "1", "--memory", "1g", "--work-dir", str(self.folder / place)),
                *("--port", str(free_port()), "--webui-port", str(free_port()), self.address),
            )
        )
        _wait(lambda: "Successfully registered with master" in self.log(place), self.log, place)

    def executors(self):
        """The processes of executors by the number of their worker: children of its process."""
        found = {}
        for number, worker in enumerate(self.workers):
            if worker.poll() is None:
                found[number] = [pid for pid in children(worker.pid) if "executor" in command(pid)]
        return found

    def lose(self, number):
        """Kill a worker and all its executors at once, as when a machine goes."""
        gone = [*self.executors().get(number, []), self.workers[number].pid]
        os.kill(self.workers[number].pid, signal.SIGSTOP)  # so that it starts no other meanwhile
        for pid in gone:
            os.kill(pid, signal.SIGKILL)
        self.workers[number].wait(10)
        return gone

    def stop(self):
        """End what is still running."""
        running = [*self.workers, self.master]
        for process in running:
            for pid in children(process.pid) if process.poll() is None else []:
                _end(pid)
        for process in running:
            if process.poll() is None:
                process.kill()
            process.wait(10)


def children(pid):
    """The processes that a process has started and that still run."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    found = set()
    # A Java program starts its children from any of its threads.
    for task in path.parent.parent.glob("*/children"):
        found |= {int(one) for one in task.read_text().split()}
    return sorted(found)


def command(pid):
    """The command line of a process; nothing once it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _end(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _start(folder, name, what, *arguments):
    environment = {
        **os.environ,
        "SPARK_HOME": str(_HOME),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_NO_DAEMONIZE": "1",
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_LOCAL_DIRS": str(folder / "local"),
        "JDK_JAVA_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    }
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            [str(_HOME / "bin" / "spark-class"), _NAMES[what], "--host", "127.0.0.1", *arguments],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            env=environment,
            cwd=folder,
        )


def _wait(happened, log, name):
    until = time.monotonic() + _STARTS_WITHIN
    while not happened():
        assert time.monotonic() < until, f"{name} did not start:\n{log(name)[-2000:]}"
        time.sleep(0.1)


@contextmanager
def spark_cluster(folder):
    """A cluster of two workers with a core and a gigabyte each, while the block runs."""
    port = free_port()
    master = _start(
        folder, "master", "master", "--port", str(port), "--webui-port", str(free_port())
    )
    made = SparkCluster(folder, port, master)
    try:
        _wait(lambda: "I have been elected leader" in made.log("master"), made.log, "master")
        for _ in range(WORKERS):
            made.add_worker()
        yield made
    finally:
        made.stop()
