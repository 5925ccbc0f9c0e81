"""Puts inputs that a search found into the corpus: `python -m tests.kit.fuzz.keep DECODER FILE...`."""

import json
import sys
from base64 import b64encode
from pathlib import Path

from tests.kit.fuzz.decoders import DECODERS
from tests.kit.fuzz.judge import CORPUS, kept


def main() -> None:
    name, *files = sys.argv[1:]
    found = {each: kept().get(each, []) for each in DECODERS}
    found[name] = sorted({*found[name], *(b64encode(Path(file).read_bytes()).decode() for file in files)})
    CORPUS.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
