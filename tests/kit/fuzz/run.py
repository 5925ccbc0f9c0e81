"""Fuzzing by coverage, with atheris: `python -m tests.kit.fuzz.run DECODER SECONDS [FOLDER]`; `all` is every decoder.

FOLDER gets what found a new way through the code, and begins with what it has. Ends with exit code 0 after SECONDS, or
else with a fault: the input that found it is FOLDER/DECODER/fault-..., for the corpus (`keep`) once it is mended.
RUNS bounds the inputs instead, and makes them the same ones each time.
"""

import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["connector", "httpx", "openpyxl", "tomllib"]):
    from tests.kit.fuzz.decoders import DECODERS
    from tests.kit.fuzz.judge import LONGEST, corpus, judge
    from tests.kit.fuzz.mutations import ODD

HANGS_S = 200  # of the clock, on a machine that does much besides
SOON_S = 3.0  # what counts the ways through the code takes its time, too
MOST_MB = 2_000  # of the process, with all that it found; `judge` looks at each input


def main() -> None:
    name, seconds = sys.argv[1], int(sys.argv[2])
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as scratch:
        found = Path(sys.argv[3] if len(sys.argv) > 3 else scratch) / name
        begun, words = Path(scratch) / "begun", Path(scratch) / "words"
        for folder in (found, begun):
            folder.mkdir(parents=True, exist_ok=True)
        for number, data in enumerate(begin_with(name)):
            (begun / f"{number:04}").write_bytes(data)
        words.write_text("".join(f'"{_escaped(word)}"\n' for word in ODD if word and len(word) < 60))
        options = (
            *(f"-max_total_time={seconds}", f"-max_len={LONGEST}", f"-timeout={HANGS_S}", f"-rss_limit_mb={MOST_MB}"),
            *(f"-artifact_prefix={found}/fault-", f"-dict={words}", "-print_final_stats=1", "-verbosity=1"),
            *((f"-runs={runs}", "-seed=1") if (runs := os.environ.get("RUNS")) else ()),
        )
        atheris.Setup([sys.argv[0], *options, str(found), str(begun)], target(name))
        atheris.Fuzz()


def target(name: str) -> Callable[[bytes], None]:
    if name != "all":
        return lambda data: judge(DECODERS[name], data, SOON_S)
    every = list(DECODERS.values())

    def one_of_all(data: bytes) -> None:
        if data:
            judge(every[data[0] % len(every)], data[1:], SOON_S)

    return one_of_all


def begin_with(name: str) -> Iterator[bytes]:
    if name != "all":
        yield from corpus(name)
        return
    for number, each in enumerate(DECODERS):
        yield from (bytes([number]) + data for data in corpus(each))


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)


if __name__ == "__main__":
    main()
