"""What a record may say at most, whatever its schema allows: it is kept in rows, named in results, shown to people."""

from typing import Any

from connector.kafka.avro.codec import BadRecord

MAX_TEXT = 256  # characters of an id, a SKU or any other text of an update or a command
MAX_OPAQUE_TEXT = 2_048  # of what Amazon makes, and gives no length for
OPAQUE = frozenset({"shipping_option_id"})


def check_texts(value: Any, path: str = "") -> None:
    """Raises BadRecord naming the first text in a decoded record that is too long."""
    match value:
        case str():
            most = MAX_OPAQUE_TEXT if path.rpartition(".")[2] in OPAQUE else MAX_TEXT
            if len(value) > most:
                raise BadRecord("INVALID", f"{path}: it has {len(value)} characters, more than {most}; shorten it")
        case dict():
            for name, inner in value.items():
                check_texts(inner, f"{path}.{name}" if path else name)
        case list():
            for index, inner in enumerate(value):
                check_texts(inner, f"{path}[{index}]")
        case (str(), inner):  # a branch of a union, by its record's name
            check_texts(inner, path)
