"""A proxy on this machine that connects nobody: it notes who wants to go where, and answers itself."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = b'{"access_token": "Atza|1", "token_type": "bearer", "expires_in": 3600}'


@dataclass
class Proxy:
    """`asked`: method and target, as asked for; `authorizations`: what came with them."""

    port: int = 0
    asked: list[str] = field(default_factory=list)
    authorizations: set[str] = field(default_factory=set)

    def environment(self, user: str = "") -> Mapping[str, str]:
        url = f"http://{user}localhost:{self.port}"  # a name, which has a private address
        return {"HTTP_PROXY": url, "HTTPS_PROXY": url, "http_proxy": url, "https_proxy": url}

    def saw(self, host: str) -> bool:
        return any(host in target for target in self.asked)


@contextmanager
def running_proxy() -> Iterator[Proxy]:
    proxy = Proxy()

    class Handler(BaseHTTPRequestHandler):
        def _note(self) -> None:
            proxy.asked.append(f"{self.command} {self.path}")
            proxy.authorizations.add(self.headers.get("Proxy-Authorization", ""))
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            is_token = "/auth/o2/token" in self.path
            self.send_response(200 if is_token else 503)
            self.send_header("Content-Type", "application/json")
            self.send_header("Connection", "close")
            body = TOKEN if is_token else b""
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_CONNECT = do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _note

        def log_message(self, *_: object) -> None:
            """Nowhere."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    proxy.port = server.server_address[1]
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    serving.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
