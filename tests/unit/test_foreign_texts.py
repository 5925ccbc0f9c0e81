"""No foreign error's text passes unread: what an `except` caught is told by its kind or code, unless it is our own."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.kit.sources import syntax_tree

PACKAGE = Path(__file__).parents[2] / "connector"
FILES = [
    file for file in sorted(PACKAGE.rglob("*.py")) if not {"simulator", "demo"} & set(file.relative_to(PACKAGE).parts)
]

# Others' exceptions whose text is told, and why it quotes nothing
READ = {
    "agents/issuer.py": "msgspec's words name a field of our own record",
    "cli/parquet/export.py": "ValueError of our own check of a URL",
    "cli/shared/broker.py": "masked",
    "cli/simulator.py": "ValueError of our own parsers, of an option that the caller gave",
    "cli/stock/sheets.py": "csv's words are matched, and ours told",
    "kafka/connection/faults.py": "OpenSSL's words are matched, never told",
    "merchants.py": "ValueError of our own reader",
    "settings/toml.py": "tomllib's words name a place in the operator's own file",
    "tables/table.py": "msgspec's words name a field of our own row",
    "documents/store.py": "ValueError of our own places, after AWS's and the system's are told by code",
}
FOREIGN_TEXTS = {"error_message", "error_description"}


def our_exceptions() -> set[str]:
    classes = [node for file in FILES for node in ast.walk(syntax_tree(file)) if isinstance(node, ast.ClassDef)]
    ours = {"ConnectorError"}
    for _ in range(5):  # the tree of errors is not deeper
        ours |= {
            one.name
            for one in classes
            if any(ast.unparse(base) in ours | {"Exception", "ValueError"} for base in one.bases)
        }
    return ours


def caught(handler: ast.ExceptHandler) -> set[str]:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return {ast.unparse(kind).rpartition(".")[2] for kind in kinds if kind is not None}


def told(handler: ast.ExceptHandler) -> Iterator[int]:
    """Lines where the text of what was caught is taken: in an f-string, by str() or repr(), or as the args."""
    for node in ast.walk(handler):
        match node:
            case ast.FormattedValue(value=ast.Name(id=name)) if name == handler.name:
                yield node.lineno
            case ast.Call(func=ast.Name(id="str" | "repr"), args=[ast.Name(id=name)]) if name == handler.name:
                yield node.lineno
            case _:
                continue


def test_what_was_caught_is_not_quoted() -> None:
    ours = our_exceptions()
    found = {
        f"{file.relative_to(PACKAGE)}:{line}"
        for file in FILES
        for node in ast.walk(syntax_tree(file))
        if isinstance(node, ast.ExceptHandler) and caught(node) - ours
        for line in told(node)
        if str(file.relative_to(PACKAGE)) not in READ
    }
    assert found == set()


def test_no_client_s_own_words_are_taken() -> None:
    """librdkafka's `.str()`, the registry's error_message, AWS's Message: read in connector/foreign alone."""
    found = set()
    for file in FILES:
        name = str(file.relative_to(PACKAGE))
        if name.startswith("foreign/") or name in (
            "kafka/connection/faults.py",
            "kafka/connection/reach.py",
        ):  # masked there
            continue
        for node in ast.walk(syntax_tree(file)):
            match node:
                case ast.Call(func=ast.Attribute(attr="str"), args=[]):
                    found.add(f"{name}:{node.lineno} str()")
                case ast.Attribute(attr=attr) if attr in FOREIGN_TEXTS:
                    found.add(f"{name}:{node.lineno} {attr}")
                case ast.Constant(value="Message") if name != "smartconnect/wire/notifications.py":  # SNS's envelope
                    found.add(f"{name}:{node.lineno} Message")
                case _:
                    continue
    assert found == set()


def test_the_exceptions_to_the_rule_are_there() -> None:
    assert [name for name in READ if not (PACKAGE / name).exists()] == []


def test_an_answers_text_goes_to_api_calls_alone() -> None:
    """`error_text` is Amazon's, masked: written by the two that make records of connector.api-calls, and read where a
    settlement must know what was refused."""
    users = {
        str(file.relative_to(PACKAGE))
        for file in FILES
        for node in ast.walk(syntax_tree(file))
        if isinstance(node, ast.Attribute) and node.attr == "error_text"
    }
    assert users == {
        "agents/api_calls.py",
        "agents/inventory/asked.py",
        "agents/orders/documents.py",
        "domain/orders/settlement.py",
    }
