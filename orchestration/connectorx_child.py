"""Runs one query through ConnectorX in a process of its own, `python -m orchestration.connectorx_child`.

ConnectorX panics at a value that is not of its column's type, prints a trace and leaves threads behind;
a process keeps that away from the delivery. The order comes on standard input; the connection string
comes by the environment and is not in it. The answer goes to a file of Arrow batches, what went wrong
to standard output. What becomes of the answer belongs in `sources.sql`; this stands outside that package
so that the process starts without it.
"""

import json
import sys
from pathlib import Path
from typing import Final

import pyarrow as pa

from orchestration import settings

FAILED: Final = 3
_BATCH: Final = 50_000


def main() -> int:
    """Answer the order on standard input; 0 if the answer is whole."""
    order = json.load(sys.stdin)
    import connectorx  # noqa: PLC0415 - an extra

    uri = settings.connection(order["variable"]) or ""
    try:
        answer = connectorx.read_sql(
            uri, order["query"], return_type="arrow_stream", batch_size=_BATCH
        )
        with Path(order["path"]).open("wb") as file, pa.ipc.new_stream(file, answer.schema) as out:
            for batch in answer:
                out.write_batch(batch)
    except BaseException as error:
        # A panic of Rust is no Exception, and its class belongs to the driver.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        sys.stdout.write(str(error))
        return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
