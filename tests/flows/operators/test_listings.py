"""`connector listings import|migrate` on a real broker: the OMS writes its own SKU."""

import pytest

from connector.domain.listings import Listing, listing_key, listing_record
from connector.kafka.topics import LISTINGS
from tests.kit.cases import case_file
from tests.kit.flows.commands import changes, done, listing_file, run
from tests.kit.flows.marketplace import create, seller, start
from tests.kit.flows.returns import create_return
from tests.kit.flows.world import NewWorld, Seller, home
from tests.kit.kafka.broker import eventually

pytestmark = pytest.mark.kafka


def test_the_oms_may_write_its_own_sku(new_world: NewWorld) -> None:
    world = new_world([Seller("M1")])
    done(world, "listings", "import", listing_file(world, "EAN-1,B0EXAMPLE1,SKU-1,A21TJRUUN4KGV"), "--merchant", "M1")
    world.start_worker()
    world.produce([world.update("M1", "EAN-1", 5, 1), world.update("M1", "plain", 6, 2)])

    results = world.wait_results(2)
    names = {result["sku"]: (result["client_sku"], result["channel_sku"], result["asin"]) for result in results}
    assert names == {"SKU-1": ("EAN-1", "SKU-1", "B0EXAMPLE1"), "plain": ("", "", "")}
    assert world.quantities() == {("M1", "SKU-1"): 5, ("M1", "plain"): 6}

    world.produce([world.update("M1", "SKU-1", 5, 3)])  # Amazon's own name: the same row
    assert world.wait_results(3)[-1]["sequence"] == 1


def test_an_import_reaches_a_running_worker(new_world: NewWorld) -> None:
    world = new_world([Seller("M1")])
    world.start_worker()
    file = listing_file(world, "EAN-1,,SKU-1,A21TJRUUN4KGV", "EAN-2,,SKU-2,A21TJRUUN4KGV")
    assert done(world, "listings", "import", file, "--merchant", "M1", "--by", "ann", "--json").json["new"] == 2
    assert changes(world) == [("listings import", "M1", "ann", "DONE")]
    number = iter(range(1, 1000))

    def reached() -> bool:
        world.produce([world.update("M1", "EAN-1", 5, next(number))])
        return ("M1", "SKU-1") in world.quantities()

    eventually("the worker knows the listing", reached)
    less = listing_file(world, "EAN-2,,SKU-2,A21TJRUUN4KGV")
    told = done(world, "listings", "import", less, "--merchant", "M1", "--replace", "--json").json
    assert (told["new"], told["forgotten"]) == (0, 1)


def test_one_ean_in_two_marketplaces_is_two_skus_of_amazons(new_world: NewWorld) -> None:
    case = case_file("merchants-two-marketplaces.toml").read_text()
    locations = "".join(case.partition("[[merchants.locations]]")[1:])
    world = new_world([Seller("A2EXAMPLE", locations=locations)])
    file = str(case_file("one-ean-two-marketplaces.csv"))
    assert done(world, "listings", "import", file, "--merchant", "A2EXAMPLE", "--json").json["new"] == 2
    world.start_worker()
    ean = "4006381333931"
    world.produce([world.update("A2EXAMPLE", ean, 5, 1, "WH1"), world.update("A2EXAMPLE", ean, 6, 2, "WH2")])
    told = {result["location_id"]: (result["sku"], result["quantity"]) for result in world.wait_results(2)}
    assert told == {"EXSB": ("SKU-DE", 5), "EXMF": ("SKU-FR", 6)}


def test_a_faulty_file_changes_nothing(new_world: NewWorld) -> None:
    world = new_world([Seller("M1")])
    faulty = run(world, "listings", "import", listing_file(world, "A,,B,IN", ",,C,IN"), "--merchant", "M1")
    assert faulty.code == 2
    assert "row 3, clientSkuId" in faulty.err
    stranger = run(world, "listings", "import", listing_file(world, "A,,B,IN"), "--merchant", "M9")
    assert stranger.code == 2
    done(world, "listings", "import", listing_file(world, "A,,B,IN"), "--merchant", "M1", "--dry-run")
    assert world.broker.consume("connector.listings") == []


def test_what_version_0_1_imported_is_read_right_and_written_anew(new_world: NewWorld) -> None:
    """It took the two columns of Amazon's for each other."""
    world = new_world([Seller("M1")])
    listing = Listing("M1", "EAN-1", "SKU-1", "B0EXAMPLE1", "A21TJRUUN4KGV")
    now = listing_record(listing, 1)
    old = now | {"channel_serial_no": now["channel_sku_id"], "channel_sku_id": now["channel_serial_no"], "format": 1}
    key = listing_key("M1", "A21TJRUUN4KGV", "EAN-1")
    world.broker.produce(LISTINGS.name, [(key, world.codec.encode(LISTINGS.name, old))], home("M1"))
    world.start_worker()
    world.produce([world.update("M1", "EAN-1", 5, 1)])
    assert world.wait_results(1)[0]["sku"] == "SKU-1"

    told = {"listings": 1, "rewritten": 1, "unreadable": [], "dry_run": True}
    assert done(world, "listings", "migrate", "--dry-run", "--json").json == told
    assert done(world, "listings", "migrate", "--json").json == told | {"dry_run": False}
    assert done(world, "listings", "migrate", "--json").json == told | {"rewritten": 0, "dry_run": False}
    assert world.published(LISTINGS.name)[-1] == now
    world.produce([world.update("M1", "EAN-1", 6, 2)])
    assert world.wait_results(2)[-1]["sku"] == "SKU-1"


def test_events_carry_both_names(new_world: NewWorld) -> None:
    world = new_world([seller("M1")])
    done(world, "listings", "import", listing_file(world, "EAN-1,B0EXAMPLE1,SKU-1,A21TJRUUN4KGV"), "--merchant", "M1")
    start(world)
    named = {"sku": "SKU-1", "client_sku": "EAN-1", "channel_sku": "SKU-1", "asin": "B0EXAMPLE1"}
    (shipment_id,) = create(world, "M1", lines={"SKU-1": 2, "plain": 1})

    order = eventually("the order", lambda: world.published("amazon.orders"))[0]
    for items in (order["allocations"], order["snapshot"]["line_items"]):
        by_sku = {item["sku"]: {name: item[name] for name in named} for item in items}
        assert by_sku["SKU-1"] == named
        assert by_sku["plain"]["client_sku"] == ""

    create_return(world, shipment_id, "SKU-1")
    returned = eventually("the return", lambda: world.published("amazon.returns"))[0]
    assert {name: returned[name] for name in named} == named
