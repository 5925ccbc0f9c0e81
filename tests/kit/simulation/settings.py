"""The settings and the merchants file of the simulated workers."""

import os
from collections.abc import Callable, Collection
from pathlib import Path

from connector.settings import Settings, load_settings
from tests.kit.simulation.amazon import ORIGIN
from tests.kit.simulation.plan import MERCHANTS

APP_ID = "connector"
PARTITIONS = 6
SESSION_S = 10.0
MERCHANTS_FILE = "merchants.toml"


def settings_in(directory: Path, notified: bool) -> Callable[[str], Settings]:
    write_merchants(directory, ())
    os.environ |= {f"LWA_{merchant_id}": f"token-{merchant_id}" for merchant_id in MERCHANTS}

    def of(name: str) -> Settings:
        return load_settings(
            dotenv=None,
            app_id=APP_ID,
            instance=name,
            merchants_file=directory / MERCHANTS_FILE,
            data_dir=directory,
            kafka={"bootstrap_servers": "kafka.test:9092", "partitions": PARTITIONS, "session_timeout_s": SESSION_S},
            smartconnect={
                "base_url": ORIGIN,
                "token_url": f"{ORIGIN}/auth/o2/token",
                "client_id": "client",
                "client_secret": "client-secret",
                "timeout_s": 30,
                "label_hosts": "amazon.test",
            },
            notifications={"queue_url": "https://sqs.test/1/queue" if notified else ""},
            documents={"url": "file:///documents"},
            tables={"snapshot_interval_s": 0},  # a real disk, and threads
            polling={"slowest_interval_s": 3600, "slow_interval_s": 3600, "sweep_interval_s": 5400},
        )

    return of


def write_merchants(directory: Path, relocated: Collection[str]) -> None:
    told = [
        _merchant(merchant_id, '"WH1"' if merchant_id in relocated else '"WH1", "WH2"') for merchant_id in MERCHANTS
    ]
    (directory / MERCHANTS_FILE).write_text("\n".join(told))


def _merchant(merchant_id: str, places: str) -> str:
    return f"""[[merchants]]
merchant_id = "{merchant_id}"
marketplace_id = "A21TJRUUN4KGV"
refresh_token_env = "LWA_{merchant_id}"
poll_interval_s = 1800
[[merchants.locations]]
location_id = "SELLER_FLEX"
program = "SELLER_FLEX"
[[merchants.locations]]
location_id = "EASY_SHIP"
program = "EASY_SHIP"
[[merchants.locations]]
location_id = "SELF_SHIP"
program = "SELF_SHIP"
oms_locations = [{places}]
"""
