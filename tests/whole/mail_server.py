"""A real SMTP server as a process of its own, with STARTTLS and sign-in, that keeps mails and fails as told.

Called with its folder; it reads `certificate.pem`, `key.pem` and `faults.json` there, writes its port to
`port` and each mail it takes to `mails/NUMBER.eml`. Faults are lists by recipient, one for each try: an
answer such as `451 later`, `550 nobody` (to RCPT), `drop` (the mail is kept and the line cut before an
answer), `stall` (the mail is kept, and no answer comes).
"""

import asyncio
import json
import ssl
import sys
import time
from pathlib import Path

USER, PASSWORD = "reports", "a:secret"


def main(root, host="127.0.0.1"):
    from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword  # noqa: PLC0415 - only the process needs it

    mails = root / "mails"
    mails.mkdir(exist_ok=True)

    def fault(recipient):
        faults = json.loads((root / "faults.json").read_text("utf-8"))
        told = faults.get(recipient, [])
        now = told.pop(0) if told else None
        (root / "faults.json").write_text(json.dumps(faults), encoding="utf-8")
        return now

    class Handler:
        async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
            self.fault = fault(address)
            if self.fault and self.fault.startswith("5"):
                return self.fault
            envelope.rcpt_tos.append(address)
            return "250 OK"

        async def handle_DATA(self, server, _session, envelope):  # noqa: N802
            if self.fault and self.fault[0].isdigit():
                return self.fault
            number = len(list(mails.iterdir())) + 1
            (mails / f".{number}").write_bytes(envelope.content)
            (mails / f".{number}").rename(mails / f"{number}.eml")
            if self.fault == "drop":
                server.transport.abort()
            if self.fault == "stall":
                await asyncio.sleep(60)
            return f"250 kept as {number}"

    def signed_in(_server, _session, _envelope, _mechanism, data):
        good = isinstance(data, LoginPassword) and (
            (data.login.decode(), data.password.decode()) == (USER, PASSWORD)
        )
        return AuthResult(success=good, handled=False)

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(root / "certificate.pem", root / "key.pem")

    async def serve():
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: SMTP(
                Handler(),
                hostname="mail.bank.example",
                tls_context=context,
                require_starttls=True,
                auth_required=True,
                authenticator=signed_in,
                data_size_limit=0,
            ),
            host,
            0,
        )
        beside = root / ".port"
        beside.write_text(str(server.sockets[0].getsockname()[1]), encoding="utf-8")
        beside.rename(root / "port")
        await server.serve_forever()

    asyncio.run(serve())


def wait_for(path, process, seconds=20):
    """What a server process wrote into a file once it was ready."""
    deadline = time.monotonic() + seconds
    while not path.exists():
        assert process.poll() is None, "the server ended"
        assert time.monotonic() < deadline, "the server is not ready"
        time.sleep(0.02)
    return path.read_text(encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
