"""Tokens in a password's stead: one source for all of a process's clients, librdkafka's and aiokafka's alike."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from connector.errors import ConnectorError

USED_OF_LIFE = 0.75
"""What a token serves of its life. librdkafka asks for a new one after 80 % of what was left when it got it."""

TOKEN_RETRY_S = 5.0

log = logging.getLogger(__name__)


class TokenUnavailable(ConnectorError):
    """There is none now; the text names the setting to look at."""


@dataclass(frozen=True, slots=True)
class Token:
    """`life_s`: seconds from now on that it is good for."""

    text: str = field(repr=False)
    life_s: float


class TokenSource:
    """Keeps a token and gets a new one, by `fetch`, before it ends. `fetch` blocks and raises TokenUnavailable; it is
    asked once in `TOKEN_RETRY_S` where it fails, whoever wants a token. In any thread.
    """

    def __init__(
        self,
        fetch: Callable[[], Token],
        extensions: Mapping[str, str],
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.extensions = dict(extensions)
        self._fetch = fetch
        self._clock = clock
        self._wall = wall
        self._fetching = threading.Lock()
        self._token: Token | None = None
        self._begun_at = 0.0
        self._failed_at = 0.0
        self._fault: TokenUnavailable | None = None

    def current(self) -> Token:
        """`life_s` is what is left of it. Blocks while it is fetched. Raises TokenUnavailable."""
        with self._fetching:
            if self._is_due():
                self._renew()
            if self._token is None or self._left_s(self._token) <= 0:
                raise self._fault or TokenUnavailable("the token has ended")
            return Token(self._token.text, self._left_s(self._token))

    def for_librdkafka(self, _: str) -> tuple[str, float, str, dict[str, str]]:
        """Its `oauth_cb`."""
        token = self.current()
        return token.text, self._wall() + token.life_s, "", self.extensions

    def _left_s(self, token: Token) -> float:
        return self._begun_at + token.life_s - self._clock()

    def _is_due(self) -> bool:
        if self._fault is not None and self._clock() - self._failed_at < TOKEN_RETRY_S:
            return False
        return self._token is None or self._left_s(self._token) <= (1 - USED_OF_LIFE) * self._token.life_s

    def _renew(self) -> None:
        begun_at = self._clock()  # its life may have begun then
        try:
            token = self._fetch()
        except TokenUnavailable as fault:
            self._failed_at, self._fault = self._clock(), fault
            if self._token is not None:  # else who asked is told, and no one else goes on without
                log.warning("no new token for Kafka: %s", fault)
        else:
            self._token, self._begun_at, self._fault = token, begun_at, None
