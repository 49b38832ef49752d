"""What the claims of speed rest on; what is measured, and how, is said in `__main__`."""

import orchestration  # noqa: F401 - settles how Polars handles memory, before Polars is imported
