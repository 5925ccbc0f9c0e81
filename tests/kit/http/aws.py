"""Between a client and AWS on this machine: what AWS never does by itself is made of what it does."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.kit.aws import Aws


@dataclass
class Request:
    """`action`: of SQS, `ReceiveMessage` for one; empty for S3, which has methods and paths instead."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def action(self) -> str:
        return self.headers.get("x-amz-target", "").rpartition(".")[2]


@dataclass
class Response:
    """Header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


Forward = Callable[[Request], Response]
Answer = Callable[[Request, Forward], Response | None]
"""What a request comes to: what forwarding it gave, a change of that, or None: it is never answered."""


class AwsProxy:
    """Give its `url` to the client. `close` ends what was never answered."""

    def __init__(self, aws: Aws, answer: Answer) -> None:
        self._upstream = urlsplit(aws.url).netloc
        self._answer = answer
        self._closed = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._closed.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _forward(self, request: Request) -> Response:
        connection = HTTPConnection(self._upstream)
        try:
            connection.request(request.method, request.path, request.body, request.headers)
            answer = connection.getresponse()
            return Response(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        answer, forward, closed = self._answer, self._forward, self._closed

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"  # a client of S3 waits for "100 Continue" before it sends a body

            def pass_on(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items() if name.lower() != "expect"}
                body = self.rfile.read(int(headers.pop("content-length", 0)))
                response = answer(Request(self.command, self.path, headers, body), forward)
                if response is None:
                    closed.wait()
                    return
                if self.command != "HEAD":
                    response.headers["content-length"] = str(len(response.body))
                self.send_response(response.status)
                for name, value in {**response.headers, "connection": "close"}.items():
                    self.send_header(name, value)  # closed, so that no thread is left waiting for another request
                self.end_headers()
                self.wfile.write(response.body)

            do_GET = do_HEAD = do_POST = do_PUT = pass_on

            def log_message(self, *_: object) -> None:
                """Silent."""

        return Handler
