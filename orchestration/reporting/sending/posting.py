"""A letter given to the bank's mail server, in one mail to one person: what a parcel by mail carries."""

from collections.abc import Callable
from datetime import datetime

from orchestration import settings
from orchestration.bank import Bank
from orchestration.reporting.delivery_settings import Recipient, Smtp
from orchestration.reporting.sending import letters, mailing
from orchestration.reporting.sending.answers import Answer, failed
from orchestration.reporting.sending.letters import Letter


def posted(
    bank: Bank, server: Smtp | None, person: Recipient, letter: Letter, *what: str
) -> Callable[[datetime], Answer]:
    """What hands the letter to the server when it is called.

    Args:
        bank: whose name stands beside the sender's address.
        server: the mail server.
        person: who is written to.
        letter: what it says.
        what: what the letter is, for an id that it always bears.
    """

    def post(at: datetime) -> Answer:
        if server is None:
            return failed("reporting.toml names no mail server; add [smtp]")
        known_by = letters.message_id(server.sender, *what, person.mail)
        data = letters.written(
            letter,
            sender=server.sender,
            sender_name=bank.workspace.name,
            to=person.mail,
            to_name=person.name,
            known_by=known_by,
            at=at,
        )
        secret = None if server.credentials is None else settings.connection(server.credentials)
        return mailing.post(server, secret, person.mail, data, known_by)

    return post
