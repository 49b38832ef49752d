"""The mail server of tests, started and ended, what it took, and the certificate that it shows."""

import email
import json
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.policy import default
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.whole.mail_server import wait_for


def certificate(root):
    """A certificate for 127.0.0.1, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (root / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (root / "key.pem").write_bytes(key.private_bytes(pem, pkcs8, plain))


class Post:
    """The server, and what it took."""

    def __init__(self, root):
        self.root, self.port = root, None

    def fails(self, **faults):
        text = {f"{name.replace('_', '.')}@bank.example": told for name, told in faults.items()}
        (self.root / "faults.json").write_text(json.dumps(text), encoding="utf-8")

    def start(self):
        (self.root / "port").unlink(missing_ok=True)
        words = [sys.executable, "-m", "tests.whole.mail_server", str(self.root)]
        self.process = subprocess.Popen(words, cwd=Path(__file__).parents[2])
        self.port = int(wait_for(self.root / "port", self.process))

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=20)

    def mails(self):
        """What arrived, in order; and nothing more is kept for the next test."""
        paths = sorted((self.root / "mails").iterdir(), key=lambda one: int(one.stem))
        return [email.message_from_bytes(one.read_bytes(), policy=default) for one in paths]

    def forget(self):
        for path in (self.root / "mails").glob("*.eml"):
            path.unlink()


@contextmanager
def opened(root):
    """A server in a folder, as long as somebody needs it."""
    certificate(root)
    post = Post(root)
    post.fails()
    post.start()
    try:
        yield post
    finally:
        post.stop()


def text_of(mail):
    """What a mail says in plain text."""
    return mail.get_body(("plain",)).get_content()
