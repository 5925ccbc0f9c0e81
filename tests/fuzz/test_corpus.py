"""Thousands of inputs for each decoder, made of its corpus, the same ones each time."""

import pytest

from tests.kit.fuzz.decoders import DECODERS
from tests.kit.fuzz.judge import corpus, judge
from tests.kit.fuzz.mutations import mutated
from tests.kit.hostile import CAMPAIGN

INPUTS = 50_000 if CAMPAIGN else 5_000
INPUTS_OF_FILES = 50_000 if CAMPAIGN else 1_000
"""Workbooks, which are written, packed and unpacked for each."""


@pytest.mark.parametrize("name", DECODERS)
def test_no_input_of_the_corpus_or_near_it_raises_what_is_not_declared(name: str) -> None:
    kept = list(corpus(name))
    for data in kept:
        judge(DECODERS[name], data)
    for data in mutated(kept, INPUTS_OF_FILES if name == "xlsx" else INPUTS, seed=1):
        judge(DECODERS[name], data)


@pytest.mark.parametrize("name", DECODERS)
def test_good_input_is_read(name: str) -> None:
    """Else a decoder that refuses everything would pass."""
    for data in DECODERS[name].good:
        try:
            DECODERS[name].decode(data)
        except DECODERS[name].declared:
            continue
        return
    pytest.fail("nothing that is good is read")
