"""The real client, over a real connection, at an address where an Amazon of ours answers."""

from connector.smartconnect.client import SmartConnect, open_smartconnect
from tests.kit.amazon.server import TOKEN_PATH


async def refresh_token_of(merchant_id: str) -> str:
    return f"Atzr|{merchant_id}"


def client_at(url: str, max_connections: int = 100) -> SmartConnect:
    return open_smartconnect(
        base_url=url,
        token_url=url + TOKEN_PATH,
        client_id="c",
        client_secret="s",
        refresh_tokens=refresh_token_of,
        gate=lambda: True,
        max_connections=max_connections,
    )
