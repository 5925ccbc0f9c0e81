"""The merchants that a command is about."""

from collections.abc import Iterable, Sequence

from connector.errors import InputError, MerchantsError
from connector.merchants import Merchant, Merchants, load_merchants
from connector.settings import PREFIX, Settings
from connector.settings.variables import DOTENV, read_variables


def merchants_here(settings: Settings) -> Merchants:
    """None where this machine has no merchants file."""
    try:
        return load_merchants(settings.merchants_file)
    except MerchantsError:
        return Merchants({})


def known_merchant(settings: Settings, merchant_id: str) -> Merchant:
    """Raises InputError where the merchants file does not have it."""
    merchants = load_merchants(settings.merchants_file)
    merchant = merchants.get(merchant_id)
    if merchant is None:
        known = ", ".join(sorted(merchants.by_id))
        raise InputError(f"merchant {merchant_id}: it is not in {settings.merchants_file}; that has {known}")
    return merchant


def known_place(settings: Settings, merchant_id: str, location_id: str) -> tuple[Merchant, str]:
    """The merchant, and Amazon's name of its location, the first of the two that it may have; "" stays so. Raises
    InputError where the merchants file does not have them."""
    merchant = known_merchant(settings, merchant_id)
    if not location_id:
        return merchant, ""
    location = merchant.location(location_id)
    if location is None:
        known = ", ".join(one.location_id for one in merchant.locations)
        raise InputError(f"--location {location_id}: {merchant_id} has {known} (Amazon's names)")
    return merchant, location.location_id


def known_merchants(settings: Settings, merchant_ids: Sequence[str] | None) -> list[Merchant]:
    """Those, or all where none is named. Raises InputError where the merchants file does not have one."""
    if merchant_ids:
        return [known_merchant(settings, merchant_id) for merchant_id in merchant_ids]
    return list(load_merchants(settings.merchants_file))


def unread_in_dotenv(merchants: Iterable[Merchant]) -> list[str]:
    """What to say of variables in `.env` that nobody reads there: AWS's clients, say, know the environment alone."""
    named = {merchant.refresh_token_env for merchant in merchants}
    unread = sorted(name for name in read_variables().in_file - named if not name.upper().startswith(PREFIX))
    if not unread:
        return []
    return [f"{DOTENV}: nothing reads {', '.join(unread)} there; set it in the environment, or remove it"]
