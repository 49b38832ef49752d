"""A report told to an address: one signed POST, which the receiver can check, and know again if it repeats.

The signature is an HMAC-SHA256 over time and body, so that neither can be changed, and an old message not be
played again. Redirects are not followed: a signature is for one address.
"""

import base64
import hashlib
import hmac
import http.client
import json
import ssl
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from dashboards.summaries.formats import SummaryKind
from orchestration.reporting.delivery_settings import Webhook
from orchestration.reporting.rendering import File
from orchestration.reporting.sending.answers import Answer, failed, sent, told, unclear

SIGNATURE: Final = "Branchmark-Signature"
KEY: Final = "Idempotency-Key"
_LATER: Final = (408, 425, 429)
_OK: Final = range(200, 300)
_ELSEWHERE: Final = range(300, 400)
_BROKEN: Final = 500
_READ: Final = 2048


def body_of(facts: Mapping[str, object], files: Sequence[File], *, with_files: bool) -> bytes:
    """The body: what is told of a report, and its files by hash, or whole in base64."""
    listed = [
        {
            "name": one.name,
            "sha256": one.sha256,
            "bytes": len(one.data),
            "media_type": SummaryKind(one.name.rpartition(".")[2]).mime,
            **({"content": base64.b64encode(one.data).decode()} if with_files else {}),
        }
        for one in files
    ]
    return json.dumps(
        {**facts, "files": listed}, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    ).encode()


def signature(secret: str, at: datetime, body: bytes) -> str:
    """The header that proves who sent a body and when: `t=<seconds>,v1=<hex>`.

    >>> from datetime import UTC
    >>> signature("key", datetime(2026, 11, 22, tzinfo=UTC), b"{}")[:15]
    't=1795305600,v1'
    """
    seconds = int(at.timestamp())
    signed = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256)
    return f"t={seconds},v1={signed.hexdigest()}"


def post(hook: Webhook, secret: str | None, key: str, body: bytes, at: datetime) -> Answer:
    """Tell an address once.

    Args:
        hook: which.
        secret: the key of signatures.
        key: by which the receiver knows the same thing again.
        body: what it is told.
        at: the moment that is signed.
    """
    if not secret:
        return failed(f"the environment variable {hook.secret} holds no key")
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "branchmark",
        KEY: key,
        SIGNATURE: signature(secret, at, body),
    }
    parts = urlsplit(hook.url)
    target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    try:
        connection = _connection(hook)
    except OSError as error:
        return failed(f"{hook.ca_file} cannot be used: {error.strerror or error}")
    try:
        try:
            connection.connect()
            connection.request("POST", target, body=body, headers=headers)
        except ssl.SSLError as error:
            return failed(f"the certificate of {parts.hostname} is not trusted: {_said(error)}")
        except (OSError, http.client.HTTPException) as error:
            return failed(f"{parts.hostname} cannot be reached: {_said(error)}")
        try:
            response = connection.getresponse()
            text = response.read(_READ).decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            return unclear(f"{parts.hostname} took it and did not answer: {_said(error)}")
    finally:
        connection.close()
    return _answer(response.status, told(f"{response.status} {response.reason}: {text}"), body)


def _answer(status: int, said: str, body: bytes) -> Answer:
    if status in _OK:
        return sent(said, f"body sha256:{hashlib.sha256(body).hexdigest()}")
    if status in _ELSEWHERE:
        return failed(f"redirects are not followed: {said}", for_good=True)
    return failed(said, for_good=status < _BROKEN and status not in _LATER)


def _connection(hook: Webhook) -> http.client.HTTPConnection:
    parts = urlsplit(hook.url)
    host = parts.hostname or ""
    if parts.scheme == "http":
        return http.client.HTTPConnection(host, parts.port, timeout=hook.timeout_seconds)
    context = ssl.create_default_context(cafile=hook.ca_file)
    return http.client.HTTPSConnection(
        host, parts.port, timeout=hook.timeout_seconds, context=context
    )


def _said(error: Exception) -> str:
    """An error in words; some have none of their own."""
    return str(error) or type(error).__name__
