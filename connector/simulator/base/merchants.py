"""The merchants that the simulator knows, and the trouble that each may be in."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from connector.simulator.base.limits import Limit, default_limits


@dataclass(slots=True)
class Merchant:
    """`unauthorized`: 403 on every call. `revoked`: invalid_grant, and its access tokens are dead.

    `slow_s` delays every answer. `not_enrolled` holds operations that answer 403 as for an API never enabled.
    """

    merchant_id: str
    limits: dict[str, Limit] = field(default_factory=default_limits)
    unauthorized: bool = False
    revoked: bool = False
    slow_s: float = 0.0
    not_enrolled: set[str] = field(default_factory=set)


class Merchants:
    """By merchant id and by refresh token.

    With no merchant added beforehand it is open: every refresh token is its own merchant, named by what follows the
    token's first "|" ("Atzr|A2EXAMPLE" is A2EXAMPLE), or by the whole token.
    """

    def __init__(self, tokens: dict[str, str] | None = None, limits: dict[str, Limit] | None = None) -> None:
        self.open = not tokens
        self.limits = default_limits() | (limits or {})
        self._by_id: dict[str, Merchant] = {}
        self._by_token: dict[str, str] = {}
        for merchant_id, token in (tokens or {}).items():
            self.add(merchant_id, token)

    def __iter__(self) -> Iterator[Merchant]:
        return iter(self._by_id.values())

    def __getitem__(self, merchant_id: str) -> Merchant:
        if merchant_id not in self._by_id:
            self._by_id[merchant_id] = Merchant(merchant_id, dict(self.limits))
        return self._by_id[merchant_id]

    def add(self, merchant_id: str, refresh_token: str) -> Merchant:
        self._by_token[refresh_token] = merchant_id
        return self[merchant_id]

    def by_refresh_token(self, refresh_token: str) -> Merchant | None:
        merchant_id = self._by_token.get(refresh_token)
        if merchant_id is None and self.open and refresh_token:
            merchant_id = refresh_token.partition("|")[2] or refresh_token
        return None if merchant_id is None else self[merchant_id]
