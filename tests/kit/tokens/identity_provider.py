"""An OpenID Connect provider in this process: a token endpoint, and the file of keys that a broker checks tokens by."""

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

CLIENT_ID, CLIENT_SECRET = "connector", "invented-client-secret"
AUDIENCE, ISSUER = "kafka", "https://login.example.com"
_KEY_ID = "one"

Answer = tuple[int, bytes]
"""HTTP status and body."""


@dataclass
class IdentityProvider:
    """`life_s`: of the tokens, whose `audience` a broker checks. `instead`: what it answers in a token's place.
    `failures`: how often from now on it is down. `asked`: the forms that came."""

    keys_file: Path
    life_s: float = 300
    audience: str = AUDIENCE
    instead: Answer | None = None
    failures: int = 0
    asked: list[Mapping[str, str]] = field(default_factory=list)
    url: str = ""
    _key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048), repr=False)

    def __post_init__(self) -> None:
        public = self._key.public_key().public_numbers()
        key = {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": _KEY_ID,
            "n": _number(public.n),
            "e": _number(public.e),
        }
        self.keys_file.write_text(json.dumps({"keys": [key]}))

    def token(self) -> str:
        now = time.time()
        claims = {"sub": CLIENT_ID, "aud": self.audience, "iss": ISSUER, "iat": int(now), "exp": int(now + self.life_s)}
        signed = f"{_json({'alg': 'RS256', 'kid': _KEY_ID})}.{_json({**claims, 'scope': 'kafka'})}"
        return f"{signed}.{_base64(self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"

    def answer(self, authorization: str, form: Mapping[str, str]) -> Answer:
        self.asked.append(form)
        if self.failures:
            self.failures -= 1
            return 503, b""
        if self.instead is not None:
            return self.instead
        who = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if authorization != f"Basic {who}":
            return 401, b'{"error": "invalid_client"}'
        answer = {"access_token": self.token(), "token_type": "Bearer", "expires_in": self.life_s}
        return 200, json.dumps(answer).encode()


@contextmanager
def running_identity_provider(keys_file: Path) -> Iterator[IdentityProvider]:
    provider = IdentityProvider(keys_file)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(provider.answer))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    provider.url = f"http://127.0.0.1:{server.server_address[1]}/token"
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()


def _handler(answer: Callable[[str, Mapping[str, str]], Answer]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
            status, body = answer(self.headers.get("authorization", ""), {k: v[0] for k, v in form.items()})
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: it would go to stderr."""

    return Handler


def _json(value: Mapping[str, Any]) -> str:
    return _base64(json.dumps(value).encode())


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _number(value: int) -> str:
    return _base64(value.to_bytes((value.bit_length() + 7) // 8, "big"))
