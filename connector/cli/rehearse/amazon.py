"""The simulator, asked and told over HTTP."""

from collections.abc import Mapping
from typing import Any

import httpx

from connector.errors import ConnectorError

_TIMEOUT_S = 30.0


class SimulatedAmazon:
    """`url`: the simulator's, on this machine. Raises ConnectorError where it does not answer as it should."""

    def __init__(self, url: str, merchant_id: str) -> None:
        self.merchant_id = merchant_id
        self._client = httpx.Client(base_url=f"{url}/simulator", timeout=_TIMEOUT_S, trust_env=False)

    def close(self) -> None:
        self._client.close()

    def ask(self, path: str, **query: str | int) -> Any:
        return self._answer("GET", path, params={"merchant": self.merchant_id, **query})

    def tell(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        return self._answer(method, path, json=dict(body))

    def _answer(self, method: str, path: str, **request: Any) -> Any:
        try:
            return self._client.request(method, path, **request).raise_for_status().json()
        except httpx.HTTPError as error:
            raise ConnectorError(f"the simulator: {method} {path}: {type(error).__name__}") from None
