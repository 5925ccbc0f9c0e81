"""What is left of a foreign text: words that errors are made of."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.foreign.masking import LONGEST_MASKED, masked
from connector.foreign.vocabulary import VOCABULARY

BUYERS = [
    "Asha Verma",
    "asha verma",
    "Will Smith",
    "GRANT KUMAR",
    "राम कुमार",
    "Łukasz Żak",
    "9876543210",
    "98765 43210",
    "98765-43210",
    "+91 98765 43210",
    "+91-987-654-3210",
    "(987) 654-3210",
    "987 654 32 10",
    "asha.v+1@example.com",
    "12 MG Road, Bengaluru 560001",
    "Flat 4B, 7 Lake View",
    "SW1A 1AA",
    "90210",
    "Happy birthday Mummy",
]
SECRETS = [
    "Atza|IwEBIK-to-the-key",
    "Atzr|IQEBLjAsAhRmHjNg",
    "amzn1.oa2-cs.v1.5f2d",
    "AKIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "hunter2",
    "https://user:hunter2@example.com/file?X-Amz-Signature=ab12",
]
AROUND = [
    "{}",
    "the buyer {} can't be reached",
    "Invalid value '{}' for field name",
    'value "{}": not valid',
    "address=({}), state",
    "{}: Not found.",
    "phone number:{}",
]


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("planted", BUYERS + SECRETS)
def test_nothing_of_a_buyer_or_a_secret_is_left(planted: str, around: str) -> None:
    told = masked(around.format(planted))
    for part in planted.replace(",", " ").split():
        if part.casefold() not in VOCABULARY:
            assert part not in told
    assert planted not in told
    assert "[removed]" in told


@pytest.mark.parametrize(
    "text",
    [
        "The shipment is SHIPPED already",
        "The access token you provided has expired.",
        "Invalid Input: packages[0].dimensions.length must be positive",
        "SC00003 not found (HTTP 404)",
        "the status CREATED does not allow this operation",
        "Topic oms.inventory is not available",
    ],
)
def test_the_words_of_an_error_stay(text: str) -> None:
    assert masked(text) == text


def test_what_stands_beside_something_removed_goes_with_it_where_it_may_be_of_one_name() -> None:
    assert masked("Will Smith is not the buyer") == "[removed] is not the buyer"
    assert masked("Xyz Grant 12 is not the buyer") == "[removed] is not the buyer"
    assert masked("to House 12 Xyz then 400 follows") == "to [removed] then 400 follows"


@given(st.lists(st.text(string.ascii_letters + string.digits + "@.-", min_size=1), max_size=300))
def test_every_word_that_stays_is_known(words: list[str]) -> None:
    told = masked(" ".join(words))
    assert len(told) <= LONGEST_MASKED
    assert told.isascii()
    for word in told.replace("[removed]", "").split()[:-1]:  # the last may be cut
        assert sum(map(str.isdigit, word)) <= 3 or word.startswith("SC")
