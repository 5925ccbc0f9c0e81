"""The merchants file: who sells, from where, how fast they may be called, and what is switched on."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails

from connector.errors import MerchantsError
from connector.settings.thresholds import Thresholds
from connector.settings.toml import load_toml

# No control characters and line breaks, nor the bar: it stands between the parts of our tables' keys
_ID = r"[^\s\p{Cc}|]([^\p{Cc}\p{Zl}\p{Zp}|]*[^\s\p{Cc}|])?"
_NAME = _ID.replace("|", "")
_Id = Annotated[str, Field(min_length=1, max_length=255, pattern=f"^{_ID}$")]
_OptionalId = Annotated[str, Field(max_length=255, pattern=f"^({_ID})?$")]
_Name = Annotated[str, Field(min_length=1, max_length=255, pattern=f"^{_NAME}$")]
ChannelName = Literal["FBA", "MFN", "DF"]

_CHANNEL_NAMES: Mapping[str, ChannelName] = {"SELLER_FLEX": "FBA", "EASY_SHIP": "MFN", "SELF_SHIP": "MFN"}
_REMEDIES = {
    "extra_forbidden": "there is no such key; remove it or correct its name",
    "missing": "it must be given",
    "string_pattern_mismatch": "text without spaces around it, control characters and bars is needed",
    "too_short": "at least one is needed",
}


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, strict=True)


class Limit(_Table):
    """Calls per second, and how many more are allowed at once after a rest."""

    rate: float = Field(gt=0, le=1000)
    burst: int = Field(default=0, ge=0, le=1000)


class Limits(_Table):
    """Per operation: the agreed 6/s for inventory and get_shipment, Amazon's published rates for the others."""

    inventory: Limit = Limit(rate=6)
    get_shipment: Limit = Limit(rate=6)
    list_shipments: Limit = Limit(rate=5)
    process_shipment: Limit = Limit(rate=5)
    create_packages: Limit = Limit(rate=5)
    update_package: Limit = Limit(rate=5)
    update_package_status: Limit = Limit(rate=5)
    shipping_options: Limit = Limit(rate=1)
    invoice: Limit = Limit(rate=5)
    ship_labels: Limit = Limit(rate=1)
    returns: Limit = Limit(rate=5)

    def of(self, operation: str) -> Limit:
        """KeyError for an operation that is not one of OPERATIONS."""
        return self.by_operation[operation]

    @cached_property
    def by_operation(self) -> dict[str, Limit]:
        return {operation: getattr(self, operation) for operation in OPERATIONS}


OPERATIONS = tuple(Limits.model_fields)


class Switches(_Table):
    """What flows at all. A merchant's switch that is off is off at each of its locations."""

    inventory: bool = True
    orders: bool = True
    returns: bool = True


class Location(Switches):
    """`location_id` is Amazon's; `oms_locations` are the OMS's names for where its stock is.

    `channel_location_id`: Amazon's second id of the place, where it gives two. `marketplace_id` "": the merchant's.
    `announce`: the status that makes an order new. `program`: of shipments that do not show theirs by channel and
    shipping type; a location that serves two programs has the one that the file names first.
    """

    location_id: _Id
    channel_location_id: _OptionalId = ""
    program: Literal["SELLER_FLEX", "EASY_SHIP", "SELF_SHIP"]
    channel_name: ChannelName = Field(default_factory=lambda data: _CHANNEL_NAMES.get(data.get("program", ""), "MFN"))
    marketplace_id: _OptionalId = ""
    announce: Literal["ACCEPTED", "CREATED"] = "ACCEPTED"
    oms_locations: Annotated[tuple[_Name, ...], Field(min_length=1, strict=False)] = Field(
        default_factory=lambda data: (data["location_id"],) if "location_id" in data else ()
    )

    @field_validator("oms_locations")
    @classmethod
    def _one_unless_self_ship(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if len(value) > 1 and info.data.get("program", "SELF_SHIP") != "SELF_SHIP":
            raise ValueError("only a SELF_SHIP location may have several; name one")
        return value


class Merchant(Switches):
    """`merchant_id` is Amazon's merchant token and the key of every topic."""

    merchant_id: _Id
    marketplace_id: _Id
    mode: Literal["active", "observe"] = "active"
    auto_confirm: bool = False
    refresh_token_env: str = ""
    refresh_token_file: str = ""
    refresh_token_secret: str = ""
    kms_key_arn: str = ""
    inventory_batch_size: int = Field(default=1, ge=1, le=10)
    poll_interval_s: float = Field(default=5, ge=1, le=3600)
    reconcile_at: str = ""
    limits: Limits = Limits()
    thresholds: Thresholds = Thresholds()
    locations: Annotated[tuple[Location, ...], Field(min_length=1, strict=False)]

    @field_validator("locations")
    @classmethod
    def _one_of_each_place(cls, value: tuple[Location, ...]) -> tuple[Location, ...]:
        """Two tables with one id are one place that serves two programs: its stock is posted once."""
        places: dict[str, Location] = {}
        for location in value:
            first = places.setdefault(location.location_id, location)
            told, others = first.model_dump(exclude={"program"}), location.model_dump(exclude={"program"})
            if differing := [key for key, content in told.items() if others[key] != content]:
                raise ValueError(
                    f"location_id {location.location_id} serves {first.program} and {location.program}: "
                    f"{', '.join(differing)} must be the same in both tables, for its stock is one"
                )
        return tuple(places.values())

    @field_validator("refresh_token_env")
    @classmethod
    def _variable_name(cls, value: str) -> str:
        if not re.fullmatch(r"([A-Za-z_][A-Za-z0-9_]*)?", value):
            raise ValueError("give the name of an environment variable, not the token itself")
        return value

    @field_validator("refresh_token_file")
    @classmethod
    def _file_name(cls, value: str) -> str:
        if not re.fullmatch(r"[^|\x00-\x1f\x7f]{0,1024}", value):  # Amazon's tokens begin with Atzr|
            raise ValueError("give the path of a file, not the token itself")
        return value

    @field_validator("refresh_token_secret")
    @classmethod
    def _secret_name(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9/_+=.@:!-]*", value) or "://" in value:
            raise ValueError("give the name or ARN of a secret of AWS Secrets Manager, not the token itself")
        return value

    @field_validator("refresh_token_secret")
    @classmethod
    def _one_source(cls, value: str, info: ValidationInfo) -> str:
        others = [info.data.get(name) for name in ("refresh_token_env", "refresh_token_file")]
        if None not in others and [bool(one) for one in (*others, value)].count(True) != 1:
            raise ValueError("give one of refresh_token_env, refresh_token_file and refresh_token_secret")
        return value

    @field_validator("reconcile_at")
    @classmethod
    def _time_of_day(cls, value: str) -> str:
        if not re.fullmatch(r"(([01][0-9]|2[0-3]):[0-5][0-9])?", value):
            raise ValueError('give a time of day in UTC, such as "02:30", or leave it out')
        return value

    @field_validator("kms_key_arn")
    @classmethod
    def _key_arn(cls, value: str) -> str:
        if value and not (value.startswith("arn:aws") and ":kms:" in value):
            raise ValueError("give a KMS key ARN (arn:aws:kms:...), or leave it empty")
        return value

    def location(self, location_id: str) -> Location | None:
        """By either of Amazon's names."""
        return self._by_location_id.get(location_id)

    def location_for(self, oms_location: str) -> Location | None:
        """By one of the OMS's names."""
        return self._by_oms_location.get(oms_location)

    def flows(self, location: Location, what: Literal["inventory", "orders", "returns"]) -> bool:
        return bool(getattr(self, what) and getattr(location, what))

    def marketplace_of(self, location: Location) -> str:
        """Amazon's id of the marketplace that is served from there."""
        return location.marketplace_id or self.marketplace_id

    @cached_property
    def _by_location_id(self) -> dict[str, Location]:
        named = {location.channel_location_id: location for location in self.locations if location.channel_location_id}
        return named | {location.location_id: location for location in self.locations}

    @cached_property
    def _by_oms_location(self) -> dict[str, Location]:
        return {name: location for location in self.locations for name in location.oms_locations}


@dataclass(frozen=True)
class Merchants:
    by_id: Mapping[str, Merchant]

    def get(self, merchant_id: str) -> Merchant | None:
        return self.by_id.get(merchant_id)

    def __iter__(self) -> Iterator[Merchant]:
        return iter(self.by_id.values())

    def __len__(self) -> int:
        return len(self.by_id)


class _File(_Table):
    merchants: Annotated[tuple[Merchant, ...], Field(min_length=1, strict=False)]


def load_merchants(path: Path) -> Merchants:
    """Raises MerchantsError naming every fault by its path in the file."""
    try:
        return parse_merchants(path.read_bytes(), str(path))
    except OSError as error:
        remedy = "write it, or set CONNECTOR_MERCHANTS_FILE to where it is"
        raise MerchantsError(str(path), [f"{error.strerror}: {remedy}"]) from None


def parse_merchants(content: bytes, source: str) -> Merchants:
    try:
        raw = load_toml(content)
    except UnicodeDecodeError:
        raise MerchantsError(source, ["it is not text in UTF-8; save it as that"]) from None
    except ValueError as error:
        raise MerchantsError(source, [str(error)]) from None
    faults = _duplicates(raw)
    try:
        file = _File.model_validate(raw)
    except ValidationError as invalid:
        faults = [_fault(error) for error in invalid.errors() if not _follows_from_another(error)] + faults
    if faults:
        raise MerchantsError(source, faults)
    return Merchants({merchant.merchant_id: merchant for merchant in file.merchants})


def _follows_from_another(error: ErrorDetails) -> bool:
    """A default that needs a faulty key, or a list whose every entry is faulty: the causes are told already."""
    return error["type"] == "default_factory_not_called" or (error["type"] == "too_short" and bool(error["input"]))


def _fault(error: ErrorDetails) -> str:
    message = _REMEDIES.get(error["type"], error["msg"].removeprefix("Value error, "))
    return f"{_named(error['loc'])}: {message[:1].lower()}{message[1:]}"


def _named(path: tuple[str | int, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _duplicates(raw: Mapping[str, Any]) -> list[str]:
    """Looked for in the raw file, so that a fault elsewhere hides none of them."""
    merchants = _tables(raw, "merchants")
    faults = _repeated("merchants", [merchant.get("merchant_id") for merchant in merchants], "merchant_id")
    for number, merchant in enumerate(merchants):
        locations = _tables(merchant, "locations")
        path = f"merchants[{number}].locations"
        programs = Counter((str(table.get("location_id")), str(table.get("program"))) for table in locations)
        faults += [
            f"{path}: location_id {location_id} is used {count} times for {program}; once is allowed"
            for (location_id, program), count in programs.items()
            if count > 1
        ]
        locations = list({str(table.get("location_id")): table for table in reversed(locations)}.values())
        ids = [location.get("location_id") for location in locations]
        seconds = [location.get("channel_location_id") for location in locations]
        others = [second or None for first, second in zip(ids, seconds, strict=True) if second != first]
        faults += _repeated(path, [*{name for name in ids if isinstance(name, str)}, *others], "channel_location_id")
        names = [location.get("oms_locations", [location.get("location_id")]) for location in locations]
        faults += _repeated(path, [name for some in names if isinstance(some, list) for name in some], "oms_locations")
    return faults


def _tables(raw: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    tables = raw.get(key)
    return [table for table in tables if isinstance(table, dict)] if isinstance(tables, list) else []


def _repeated(path: str, values: list[Any], key: str) -> list[str]:
    counts = Counter(value for value in values if isinstance(value, str))
    return [
        f"{path}: {key} {value} is used {count} times; once is allowed" for value, count in counts.items() if count > 1
    ]
