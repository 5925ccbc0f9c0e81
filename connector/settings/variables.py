"""The variables that settings and secrets are read from: the environment's, and what `.env` has besides."""

import io
import os
import re
from collections.abc import Mapping, Set
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from dotenv.parser import Binding, parse_stream

DOTENV = Path(".env")
"""In the working directory."""

ASKED_WORKER, ASKED_ADDRESS = "AUDIT_ASKED_WORKER", "AUDIT_ASKED_ADDRESS"
"""Of a command that a worker runs for somebody, for its audit: the worker, and the address that they asked from."""

LIKENESS = 0.8  # of two names, from which on one is taken for the other misspelt

_AROUND = "".join(filter(str.isspace, map(chr, range(0x3001)))) + "\ufeff\u200b\u2060"
UNWRITABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")  # the last: bytes that are not UTF-8
_SERVICE = re.compile(r"_SERVICE_(HOST$|PORT(_\w|$))|_PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$")


@dataclass(frozen=True, slots=True)
class Variables:
    """`values`: by name, of both. `in_file`: the names that the file alone gives. `faults`: why the file can't be
    used. None of it ever quotes the file: it holds secrets."""

    values: Mapping[str, str]
    in_file: frozenset[str] = frozenset()
    faults: tuple[str, ...] = ()


def read_variables(file: Path | None = DOTENV) -> Variables:
    """What is there now. A value of the file is taken as it is written, `$` and all; quotes around it are left out."""
    given, faults = ({}, []) if file is None else _read(file)
    environment = dict(os.environ)
    return Variables(given | environment, frozenset(given.keys() - environment.keys()), tuple(faults))


def _read(file: Path) -> tuple[dict[str, str], list[str]]:
    if file.is_dir():
        return {}, []  # somebody's virtual environment
    try:
        text = file.read_bytes().decode("utf-8-sig")  # some editors begin a file with a mark
    except FileNotFoundError:
        return {}, []
    except OSError as error:
        return {}, [f"{file}: {error.strerror}"]
    except UnicodeDecodeError:
        return {}, [f"{file}: it is not text in UTF-8; save it as that"]
    bindings = list(parse_stream(io.StringIO(text)))
    given = {binding.key: binding.value for binding in bindings if binding.key and binding.value is not None}
    return given, [fault for binding in bindings for fault in _faults(file, binding)]


def _faults(file: Path, binding: Binding) -> list[str]:
    before = binding.original.string[: -len(binding.original.string.lstrip()) or None]
    where = f"{file}: line {binding.original.line + before.count(chr(10))}"
    if binding.error:
        return [f"{where}: it is not NAME=VALUE, or a quote is not closed"]
    if binding.key and binding.value is None:
        return [f"{where}: there is no = and no value"]
    return []


@dataclass(frozen=True, slots=True)
class GivenSettings:
    """`values` by name; `faults` forbid a start, `remarks` are odd and do no harm. None of it quotes a value."""

    values: Mapping[str, str]
    faults: tuple[str, ...]
    remarks: tuple[str, ...]


def given_settings(values: Mapping[str, str], prefix: str, known: Set[str]) -> GivenSettings:
    """Those that begin with the prefix, without space around their values; an empty one is one that is not set.

    Of unknown names, those that are surely ours and wrong are faults, others are told.
    """
    given, faults, remarks = dict[str, str](), list[str](), list[str]()
    for name, value in ((name.upper(), value) for name, value in values.items() if name.upper().startswith(prefix)):
        if name not in known:
            if not _is_kubernetes(name, value):
                fault, meant = _unknown(name, prefix, known)
                (faults if fault else remarks).append(f"{name}: there is no such setting{meant}")
            continue
        bare = without_space_around(value)
        if bare != value:
            remarks.append(f"{name}: white space around its value is left out")
        if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "\"'":
            remarks.append(f"{name}: its value begins and ends with a quote, which is taken as a part of it")
        if UNWRITABLE.search(bare):
            faults.append(f"{name}: there is a line break or another control character in its value; write it anew")
        elif bare:
            given[name] = bare
    return GivenSettings(given, tuple(faults), tuple(remarks))


def without_space_around(value: str) -> str:
    """Line breaks and marks of byte order too: what `echo`, an editor or a mounted secret adds."""
    return value.strip(_AROUND)


def _unknown(name: str, prefix: str, known: Set[str]) -> tuple[bool, str]:
    """(whether it is surely a setting of ours written wrongly, which one it may be)."""
    members = sorted(each for each in known if each.startswith(f"{name}__"))
    if members:
        return True, f"; it is a group: set its members, {name}__*, such as {members[0]}"
    plain = {each.rpartition("__")[2].removeprefix(prefix).replace("_", ""): each for each in sorted(known)}
    plain |= {each.removeprefix(prefix).replace("_", ""): each for each in sorted(known)}
    found = get_close_matches(name.removeprefix(prefix).replace("_", ""), plain, 1, LIKENESS)
    if found:
        return True, f"; correct its name ({plain[found[0]]}?) or remove it"
    return "__" in name, "; correct its name or remove it"


def _is_kubernetes(name: str, value: str) -> bool:
    """What it puts into every container of a namespace that has a service called connector, or connector-something."""
    return bool(_SERVICE.search(name)) or (name.endswith("_PORT") and value.startswith(("tcp://", "udp://", "sctp://")))
