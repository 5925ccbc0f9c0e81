"""TOML within bounds: what is beyond them is refused in words, not in minutes."""

import pytest

from connector.settings.toml import MOST_KEY_PARTS, load_toml


def test_what_is_usual_is_read() -> None:
    deep = "a" + ".a" * (MOST_KEY_PARTS - 1)
    assert load_toml(b'\xef\xbb\xbfa.b = "x.y.z" # a.b.c')["a"] == {"b": "x.y.z"}
    assert load_toml(f"{deep} = 1\n'a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r' = 2".encode())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a = [" + "1," * 20_001 + "]", "20,000 entries"),
        ("\n".join(f"a{number} = 1" for number in range(20_001)), "20,000 entries"),
        ("\n".join(f"a{number} = [" + "1," * 19_000 + "]" for number in range(16)), "300,000 in all"),
        ("\n" * 500_001, "500,000 lines"),
        ("\nb" + " . b" * MOST_KEY_PARTS + " = 1", "16 parts, in line 2"),
        ("a = '" + "x" * 16 * 1024**2 + "'", "16 MB"),
        ("a = " + "[" * 5_000, "too deep"),
        ("a = " + "9" * 5_000, "can't be read"),
        ("a = ", "not TOML"),
    ],
)
def test_what_is_beyond_is_refused_in_words(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        load_toml(text.encode())
