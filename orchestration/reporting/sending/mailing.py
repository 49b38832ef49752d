"""One mail to one recipient over SMTP: whom the server is, is proved first, and every answer is kept.

The dialogue is led step by step: until the last line of a mail is sent nothing can have arrived, and after
it only the server's answer says whether it did. What a mail says belongs in `letters`.
"""

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from orchestration.reporting.delivery_settings import Security, Smtp
from orchestration.reporting.sending.answers import Answer, failed, sent, unclear

_OK: Final = 250
_ALSO_OK: Final = (250, 251)
_GO_ON: Final = 354
_FOR_GOOD: Final = 500
_DOT: Final = re.compile(rb"^\.", re.MULTILINE)


class _RefusedError(Exception):
    """The server said no; the mail did not arrive."""

    def __init__(self, what: str, code: int, said: bytes) -> None:
        super().__init__(f"{what}: {code} {said.decode('utf-8', 'replace')}")
        self.for_good = code >= _FOR_GOOD


def post(server: Smtp, credentials: str | None, to: str, data: bytes, message_id: str) -> Answer:
    """Hand one mail to the server.

    Args:
        server: which.
        credentials: `user:password`; none if the server asks for none.
        to: the recipient's address.
        data: the mail with its heads, lines ended by CR and LF.
        message_id: by which it is known again.
    """
    if server.credentials is not None and not _both(credentials):
        return failed(f"the environment variable {server.credentials} holds no user:password")
    where = f"{server.host}:{server.port}"
    try:
        with _connected(server, credentials) as smtp:
            return _handed(smtp, server, to, data, message_id)
    except _RefusedError as error:
        return failed(str(error), for_good=error.for_good)
    except (smtplib.SMTPException, OSError) as error:
        return failed(f"{where} {_why(error)}")


def _why(error: Exception) -> str:
    """Why a server could not be given the mail, in half a sentence."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"has a certificate that is not trusted: {error.verify_message}"
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"refuses the credentials: {error.smtp_code}"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return f"does not offer what is asked for: {error}"
    return f"cannot be spoken to: {str(error) or type(error).__name__}"


@contextmanager
def _connected(server: Smtp, credentials: str | None) -> Iterator[smtplib.SMTP]:
    """A connection that nobody listens to, signed in where that is asked for."""
    own_name = server.sender.partition("@")[2]
    context = ssl.create_default_context(cafile=server.ca_file)
    limit = server.timeout_seconds
    if server.security is Security.TLS:
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, own_name, timeout=limit, context=context
        )
    else:
        smtp = smtplib.SMTP(server.host, server.port, own_name, timeout=limit)
    try:
        if server.security is Security.STARTTLS:
            smtp.starttls(context=context)
        smtp.ehlo_or_helo_if_needed()
        if server.credentials is not None and credentials is not None:
            user, _, password = credentials.partition(":")
            smtp.login(user, password)
        yield smtp
        with suppress(smtplib.SMTPException, OSError):
            smtp.quit()  # what was answered before counts, not how the line was put down
    finally:
        smtp.close()


def _handed(smtp: smtplib.SMTP, server: Smtp, to: str, data: bytes, message_id: str) -> Answer:
    code, said = smtp.mail(server.sender)
    if code != _OK:
        raise _RefusedError("the sender is refused", code, said)
    code, said = smtp.rcpt(to)
    if code not in _ALSO_OK:
        raise _RefusedError("the recipient is refused", code, said)
    code, said = smtp.docmd("DATA")
    if code != _GO_ON:
        raise _RefusedError("the mail is refused", code, said)
    smtp.send(_DOT.sub(b"..", data) + (b"" if data.endswith(b"\r\n") else b"\r\n"))
    try:
        smtp.send(b".\r\n")
        code, said = smtp.getreply()
    except (smtplib.SMTPException, OSError) as error:
        return unclear(
            f"{server.host}:{server.port} took the mail {message_id} and did not answer: "
            f"{error or type(error).__name__}"
        )
    if code != _OK:
        raise _RefusedError("the mail is refused", code, said)
    return sent(f"{code} {said.decode('utf-8', 'replace')}", message_id)


def _both(credentials: str | None) -> bool:
    user, _, password = (credentials or "").partition(":")
    return bool(user and password)
