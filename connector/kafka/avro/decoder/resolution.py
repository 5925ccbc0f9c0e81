"""What a writer's schema means in ours: each value is one that our schema allows, or the record is refused by name.

The specification's rules (1.11, "Schema Resolution"). They pass over logical types, which `scalars` does not.
"""

from connector.kafka.avro import types as avro
from connector.kafka.avro.decoder.binary import Cursor, Read
from connector.kafka.avro.decoder.defaults import default_of
from connector.kafka.avro.decoder.flat import FlatRecord, is_flat
from connector.kafka.avro.decoder.scalars import PROMOTIONS, Mismatch, read_decimal, read_enum, read_primitive
from connector.kafka.avro.decoder.skipping import Skippers
from connector.kafka.avro.parsing import UnusableSchema

MAX_STEPS = 10_000  # pairs of types; ours have some hundreds
NULL = avro.PrimitiveType("null")
RENAME = "ksqlDB: VALUE_AVRO_SCHEMA_FULL_NAME; Kafka Connect: schema.name of the SetSchemaMetadata transform"


def resolve(writer: avro.AvroType, reader: avro.AvroType) -> Read:
    """How to read a value of `writer` as one of `reader`, which must not be recursive.

    Raises Mismatch naming the field, as Read does where only a value tells, beside OutOfRange and Undecodable (or an
    IndexError: the bytes end too early). Raises UnusableSchema for a giant.
    """
    return _Resolver().read(writer, reader, "")


class _Resolver:
    def __init__(self) -> None:
        self._skippers = Skippers()
        self._steps_left = MAX_STEPS

    def read(self, writer: avro.AvroType, reader: avro.AvroType, path: str) -> Read:
        self._steps_left -= 1
        if self._steps_left < 0:
            raise UnusableSchema("its unions have too many combinations")
        match writer, reader:
            case avro.UnionType(branches), _:
                return self._out_of_union(branches, reader, path)
            case _, avro.UnionType():
                return self._into_union(writer, reader, path)
            case avro.RecordType(), avro.RecordType():
                return self._record(writer, reader, path)
            case avro.EnumType(), avro.EnumType():
                return read_enum(writer, reader, path)
            case avro.ArrayType(items), avro.ArrayType(wanted):
                return _array(self.read(items, wanted, path))
            case avro.MapType(values), avro.MapType(wanted):
                return _map(self.read(values, wanted, path))
            case avro.DecimalType(), avro.DecimalType():
                return read_decimal(writer, reader, path)
            case avro.FixedType(size=size), avro.FixedType() if (
                avro.named_alike(writer, reader) and size == reader.size
            ):
                return lambda cursor: cursor.take(size)
            case avro.PrimitiveType(), avro.PrimitiveType():
                return read_primitive(writer, reader, path)
            case _:
                raise Mismatch(path, f"the writer's {avro.told(writer)} is no {avro.told(reader)}, as ours is")

    def _record(self, writer: avro.RecordType, reader: avro.RecordType, path: str) -> Read:
        if not avro.named_alike(writer, reader):
            raise Mismatch(path, f"the writer's record {writer.name} is not ours: name it {reader.name} ({RENAME})")
        wanted = {name: field for field in reader.fields for name in (*field.aliases, field.name)}
        parts: list[tuple[str | None, Read]] = []
        for written in writer.fields:
            ours = wanted.get(written.name)
            if ours is None and not self._skippers.is_empty(written.type):
                parts.append((None, self._skippers.of(written.type)))
            elif ours is not None:
                parts.append((ours.name, self.read(written.type, ours.type, _below(path, reader, ours))))
        names = [name for name, _ in parts if name is not None]
        if len(set(names)) < len(names):
            raise Mismatch(path, f"two fields of the writer's record {writer.name} mean one of ours")
        parts += [
            (field.name, _default(field, _below(path, reader, field)))
            for field in reader.fields
            if field.name not in names
        ]
        return _fields(parts)

    def _out_of_union(self, branches: tuple[avro.AvroType, ...], reader: avro.AvroType, path: str) -> Read:
        """A branch that says nothing in ours matters when a value chose it; if none does, the schema is refused."""
        reads: list[Read] = []
        faults: list[Mismatch] = []
        for branch in branches:
            try:
                reads.append(self.read(branch, reader, path))
            except Mismatch as mismatch:
                null = Mismatch(path, f"it is null, and ours is {avro.told(reader)}: give it a value")
                faults.append(null if branch == NULL else mismatch)
                reads.append(_refused(str(faults[-1])))
        if len(faults) == len(branches):
            raise faults[-1] if faults else Mismatch(path, "the writer's union is empty")
        return lambda cursor: reads[cursor.read_index(len(reads))](cursor)

    def _into_union(self, writer: avro.AvroType, reader: avro.UnionType, path: str) -> Read:
        branch = _branch_for(writer, reader)
        if branch is None:
            ours = ", ".join(avro.told(each) for each in reader.branches)
            raise Mismatch(path, f"the writer's {avro.told(writer)} is none of {ours}, as ours is")
        if isinstance(branch, avro.RecordType) and avro.is_tagged(reader):
            name, read = branch.name, self.read(writer, branch, path)
            return lambda cursor: (name, read(cursor))
        return self.read(writer, branch, path)


def _below(path: str, record: avro.RecordType, field: avro.RecordField) -> str:
    place = f"{avro.simple_name(record.name)}.{field.name}"
    return f"{path} > {place}" if path else place


def _branch_for(writer: avro.AvroType, union: avro.UnionType) -> avro.AvroType | None:
    """The first that is the writer's own type; else the first that it can be promoted to, as in Avro's Java."""
    alone = [branch for branch in union.branches if branch != NULL]
    if len(alone) == 1 and writer != NULL:
        return alone[0]  # whatever it is: the fault is told better there
    for matches in (_is_same, _is_alike, _is_promoted):
        for branch in union.branches:
            if matches(writer, branch):
                return branch
    return None


def _is_same(writer: avro.AvroType, branch: avro.AvroType) -> bool:
    match writer, branch:
        case (
            avro.RecordType() | avro.EnumType() | avro.FixedType(),
            avro.RecordType() | avro.EnumType() | avro.FixedType(),
        ):
            return type(writer) is type(branch) and writer.name == branch.name
        case _:
            return writer == branch


def _is_alike(writer: avro.AvroType, branch: avro.AvroType) -> bool:
    match writer, branch:
        case (
            avro.RecordType() | avro.EnumType() | avro.FixedType(),
            avro.RecordType() | avro.EnumType() | avro.FixedType(),
        ):
            return type(writer) is type(branch) and avro.named_alike(writer, branch)
        case (
            (avro.ArrayType(), avro.ArrayType())
            | (avro.MapType(), avro.MapType())
            | (avro.DecimalType(), avro.DecimalType())
        ):
            return True
        case avro.PrimitiveType(name), avro.PrimitiveType(wanted):
            return name == wanted
        case _:
            return False


def _is_promoted(writer: avro.AvroType, branch: avro.AvroType) -> bool:
    match writer, branch:
        case avro.PrimitiveType(name), avro.PrimitiveType(wanted):
            return name in PROMOTIONS.get(wanted, ())
        case _:
            return False


def _fields(parts: list[tuple[str | None, Read]]) -> Read:
    taken = [(name, read) for name, read in parts if name is not None]
    if len(taken) == len(parts):
        if is_flat(taken):
            return FlatRecord(taken)
        return lambda cursor: {name: read(cursor) for name, read in taken}

    def read_some(cursor: Cursor) -> dict[str, object]:
        record: dict[str, object] = {}
        for name, read in parts:
            value = read(cursor)
            if name is not None:
                record[name] = value
        return record

    return read_some


def _array(read: Read) -> Read:
    return lambda cursor: [read(cursor) for count in cursor.blocks() for _ in range(count)]


def _map(read: Read) -> Read:
    return lambda cursor: {cursor.read_string(): read(cursor) for count in cursor.blocks() for _ in range(count)}


def _refused(text: str) -> Read:
    def refuse(_: Cursor) -> object:
        raise Mismatch("", text)

    return refuse


def _default(field: avro.RecordField, path: str) -> Read:
    if not field.has_default:
        raise Mismatch(path, "the writer's schema has no such field, and it has no default: write it")
    value = default_of(field)
    return lambda _: value()
