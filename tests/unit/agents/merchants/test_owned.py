"""A merchant that leaves the file is told of where it was at home: nothing is to stand of it for ever."""

from pathlib import Path

from connector.agents.merchants.owned import OwnedMerchants
from connector.merchants_file import MerchantsFile
from tests.kit.lanes import lanes_on
from tests.kit.virtual_time import run_virtual

ENTRY = """
[[merchants]]
merchant_id = "{}"
marketplace_id = "A21TJRUUN4KGV"
refresh_token_env = "T"
[[merchants.locations]]
location_id = "EXMF"
program = "SELF_SHIP"
"""


def test_only_the_home_of_a_removed_merchant_hears_of_it(tmp_path: Path) -> None:
    file = tmp_path / "merchants.toml"
    file.write_text(ENTRY.format("A2EXAMPLE") + ENTRY.format("B2EXAMPLE"))

    async def scenario() -> None:
        merchants = MerchantsFile(file)
        owned = OwnedMerchants(merchants, paused=lambda _: False, lanes=lanes_on(), partitions=1, parts=[], grace_s=1.0)
        removed: list[str] = []
        owned.on_removed = removed.append
        await owned.arrive(frozenset({0}))
        await owned.reopen("B2EXAMPLE")
        assert removed == [], "it was only edited"
        file.write_text(ENTRY.format("A2EXAMPLE"))
        diff = merchants.poll()
        assert diff is not None
        await owned.reopen("B2EXAMPLE")
        assert removed == ["B2EXAMPLE"]
        await owned.leave()
        await owned.reopen("B2EXAMPLE")
        assert removed == ["B2EXAMPLE"], "another worker's"

    run_virtual(scenario())
