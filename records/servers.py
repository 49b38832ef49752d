"""Addresses of PostgreSQL databases as people write them into settings and environment variables."""

import sqlalchemy as sa
from sqlalchemy.engine import URL


def server(text: str) -> URL | None:
    """The address in a text, to be reached by psycopg; none if it leads to no PostgreSQL database.

    What it says is never repeated to anybody, since a password may be in it: see `place`.
    """
    try:
        url = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError):
        return None
    if url.get_backend_name() != "postgresql" or not url.database:
        return None
    return url.set(drivername="postgresql+psycopg")


def place(url: URL) -> str:
    """How people call a database: without its user and password."""
    port = f":{url.port}" if url.port else ""
    return f"{url.database} on {url.host or 'this machine'}{port}"
