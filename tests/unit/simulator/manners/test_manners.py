"""What a manner is: a share of objects or calls, chosen by seed, whatever else goes on."""

import pytest

from connector.simulator import Simulator
from connector.simulator.manners.catalogue import ALL, describe, switch_on
from connector.simulator.manners.manners import Manner, Manners, parse_setting
from tests.kit.amazon.simulator import in_manner, merchant_of

LATE = Manner("late", 0.5, "meaning", "source")


def manners(share: float = 0.3, *, match: str = "", seed: int = 7) -> Manners:
    made = Manners(seed)
    made.active["late"] = parse_setting(f"late={share},match={match}")[1]
    return made


def marked(made: Manners, count: int = 1000) -> list[str]:
    return [str(number) for number in range(count) if made.marks(LATE, "M1", str(number))]


def test_it_marks_its_share_of_objects_for_good() -> None:
    made = manners()
    first = marked(made)
    assert 250 < len(first) < 350
    assert marked(made) == first
    assert marked(manners()) == first
    assert marked(manners(seed=8)) != first


def test_it_comes_in_its_share_of_occasions_whatever_others_ask() -> None:
    def times(made: Manners, *, disturbed: bool = False) -> list[bool]:
        found = []
        for _ in range(1000):
            found.append(made.comes(LATE, "M1", "SHP1") is not None)
            if disturbed:
                made.comes(LATE, "M2", "SHP2")
                made.marks(LATE, "M2", "SHP3")
        return found

    assert 250 < sum(times(manners())) < 350
    assert times(manners(), disturbed=True) == times(manners())


def test_a_larger_share_keeps_what_a_smaller_one_has() -> None:
    assert set(marked(manners(0.1))) < set(marked(manners(0.3)))


def test_it_shows_only_where_it_matches() -> None:
    made = manners(1, match="SHP7")
    assert made.marks(LATE, "M1", "SHP7")
    assert not made.marks(LATE, "M1", "SHP8")
    assert made.comes(LATE, "M1", "SHP7") == ("M1", "SHP7", "1")
    assert made.comes(LATE, "M1", "SHP8") is None


def test_what_is_off_never_shows() -> None:
    assert not Manners(7).marks(LATE, "M1")
    assert Manners(7).comes(LATE, "M1") is None
    assert marked(manners(0)) == []


def test_what_it_showed_in_is_counted() -> None:
    made = manners(1)
    for _ in range(3):
        made.marks(LATE, "M1", "SHP1")
    assert made.shown == {("late", ("M1", "SHP1")): 3}


@pytest.mark.parametrize("text", ["late=2", "late=-1", "late=often", "late=1,only=SHP1"])
def test_a_setting_that_makes_no_sense_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="late"):
        parse_setting(text)


def test_an_unknown_manner_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"unknown manner 'rude'; known: odd, .*label-void"):
        switch_on(Manners(), "rude")


def test_odd_is_all_but_those_that_stop_what_they_meet() -> None:
    simulator = Simulator()
    simulator.manner("odd")
    off = set(ALL) - set(simulator.manners.active)
    assert off == {"retry-after-huge", "rate-limit-tiny"}
    assert all(0 < setting.share <= 1 for setting in simulator.manners.active.values())


def test_each_is_described_with_its_source() -> None:
    assert all(manner.meaning and manner.source for manner in ALL.values())
    assert describe().count("Source: ") == len(ALL)


async def test_they_are_switched_over_http() -> None:
    async with merchant_of(in_manner()) as merchant:
        path = "/simulator/manners"
        reply = await merchant.call("POST", path, {"manner": "label-void=0.5,match=SHP1"})
        assert reply.body["active"] == {"label-void": {"share": 0.5, "match": "SHP1"}}
        assert (await merchant.call("POST", path, {"manner": "rude"})).status == 400
        assert (await merchant.call("POST", path, {"rude": 1})).status == 400
        assert len((await merchant.call("POST", path, {"manner": "odd"})).body["active"]) > 30
        assert (await merchant.call("DELETE", path)).body["active"] == {}
        await merchant.call("POST", path, {"manner": "gateway-page"})
        await merchant.call("GET", "/externalFulfillment/2024-09-11/shipments", status="ACCEPTED")
        assert (await merchant.call("GET", path)).body["shown"]["gateway-page"] == {"times": 1, "in": 1}
