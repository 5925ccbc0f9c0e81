"""How long stock takes to reach Amazon: the limit, the batch, and what waits."""

import pytest

from connector.cli.stock.inventory import stock_forecast
from connector.domain.inventory.ledger import LedgerRow, Phase
from connector.merchants import Merchant
from connector.tables.ledger import ledger_key

LOCATIONS = [
    {"location_id": "ON", "program": "SELLER_FLEX"},
    {"location_id": "OFF", "program": "SELF_SHIP", "inventory": False},
]
SEND, SETTLED = LedgerRow(phase=Phase.SEND), LedgerRow(phase=Phase.SETTLED)
ROWS = {
    **{ledger_key("M1", "ON", f"sku-{n}"): SEND for n in range(100)},
    **{ledger_key("M1", "OFF", f"sku-{n}"): SEND for n in range(20)},
    **{ledger_key("M1", "ON", f"old-{n}"): SETTLED for n in range(7)},
}


def merchant(**options: object) -> Merchant:
    given = {"merchant_id": "M1", "marketplace_id": "M", "refresh_token_env": "T", "locations": LOCATIONS}
    return Merchant.model_validate(given | options)


@pytest.mark.parametrize(
    ("of", "skus", "seconds"),
    [
        (merchant(), 0, 17),
        (merchant(), 1000, 184),
        (merchant(inventory_batch_size=10), 1000, 19),
        (merchant(limits={"inventory": {"rate": 0.5}}), 0, 200),
    ],
)
def test_the_backlog_and_more(of: Merchant, skus: int, seconds: int) -> None:
    told = stock_forecast(of, False, ROWS, skus)
    assert (told["backlog"], told["held_back"], told["skus"], told["seconds"]) == (100, 20, skus, seconds)


def test_of_a_paused_merchant_nothing_is_called() -> None:
    told = stock_forecast(merchant(), True, ROWS, 6)
    assert (told["backlog"], told["held_back"], told["seconds"]) == (0, 120, 1)
