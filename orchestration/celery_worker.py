"""A worker of Celery that builds months for whoever runs `backfill`: the other end of the broker.

A process of its own, begun with next to nothing loaded: a worker forks, and Polars, Arrow and DuckDB have
threads as soon as they are loaded, which a fork would not take along. It takes the settings of the other end
from the environment, so that no address, which may hold a password, stands among a process's words.
"""

import sys
from typing import Final

from celery import Celery
from dagster_celery.make_app import make_app
from dagster_celery.tasks import create_task

from orchestration import broker, settings

_WORDS: Final = (
    "--quiet",
    "worker",
    "--queues=dagster",
    "--prefetch-multiplier=1",  # a lane that waits behind a busy one would not be taken by others
    "--loglevel=WARNING",
    "--without-gossip",
    "--without-mingle",
)


def application(variable: str) -> Celery:
    """The application whose task is a step of a Dagster job.

    Args:
        variable: the environment variable with the broker's address, which is set.
    """
    asked = broker.executor_settings(variable)
    addresses = {
        name: said if isinstance(said, str) else settings.connection(variable)
        for name, said in asked.items()
    }
    app = make_app(addresses)
    create_task(app)
    return app


def main() -> None:
    """Wait for lanes and build what they ask for; words: the variable, and how many at once."""
    variable, lanes = sys.argv[1:]
    settings.share_cores(int(lanes))
    application(variable).worker_main([*_WORDS, f"--concurrency={lanes}"])


if __name__ == "__main__":
    main()
