"""A merchant's home partition: the same on every topic, whoever produces (Java's default partitioner)."""

from functools import lru_cache

KEYS_REMEMBERED = 20_000
LONGEST_REMEMBERED = 256  # bytes: a key that is no merchant's may be as long as a record

_MASK = 0xFFFFFFFF
_M = 0x5BD1E995


def home_partition(key: bytes, partitions: int) -> int:
    """What Kafka's Java producer picks for a record with this key: murmur2, made positive, modulo."""
    number = _remembered(key) if len(key) <= LONGEST_REMEMBERED else _murmur2(key)
    return (number & 0x7FFFFFFF) % partitions


def _murmur2(data: bytes) -> int:
    """org.apache.kafka.common.utils.Utils.murmur2, as an unsigned 32-bit number."""
    length = len(data)
    h = 0x9747B28C ^ length
    whole = length - length % 4
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i : i + 4], "little") * _M & _MASK
        k = (k ^ k >> 24) * _M & _MASK
        h = h * _M & _MASK ^ k
    if whole < length:
        h = (h ^ int.from_bytes(data[whole:], "little")) * _M & _MASK
    h = (h ^ h >> 13) * _M & _MASK
    return h ^ h >> 15


_remembered = lru_cache(KEYS_REMEMBERED)(_murmur2)  # asked for each record, and a key takes some microseconds
