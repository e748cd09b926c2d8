"""Reading what vendors send: JSON without a float, money to the cent, moments in UTC."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TypeVar

import msgspec

from services.common.errors import Invalid, Malformed
from services.common.events.explain import explain
from services.common.money import LARGEST, exponent

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Model = TypeVar("Model", bound=msgspec.Struct)


def read_json(body: bytes | msgspec.Raw, model: type[Model]) -> Model:
    """A body as a model says; what the model does not name is left out.

    :raises Malformed: when it is no JSON.
    :raises Invalid: naming the field that is not as the vendor documents it.
    """
    try:
        return msgspec.json.decode(body, type=model, strict=False)
    except msgspec.ValidationError as error:
        told = explain(error, model, "")
        raise Invalid(told.message, field=told.field, mend="the vendor documents it otherwise") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"no JSON: {error}", mend="have the vendor send JSON") from None


def minor(amount: str | int | Decimal, currency: str, field: str) -> int:
    """Minor units of an amount in major ones, exactly.

    :raises Invalid: naming the field, when it is no amount, or finer than the currency's minor unit.
    """
    try:
        number = Decimal(amount)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) > LARGEST:
        raise Invalid(f"{amount!r} is no amount", field=field, mend="have the vendor send a number")
    scaled = number.scaleb(exponent(currency))
    if scaled != scaled.to_integral_value():
        raise Invalid(f"{amount} is finer than {currency} allows", field=field, mend="look at the currency")
    return int(scaled)


def utc(moment: datetime) -> datetime:
    """A moment, which is of UTC where it does not say its zone."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def milliseconds(instant: datetime) -> int:
    """Milliseconds since 1970: what an update's `revision` is made of."""
    return (instant - EPOCH) // timedelta(milliseconds=1)


def from_milliseconds(number: int, field: str) -> datetime:
    """An instant.

    :raises Invalid: naming the field, when no calendar has it.
    """
    try:
        return datetime.fromtimestamp(number / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise Invalid(f"{number} is no moment", field=field, mend="milliseconds since 1970 are wanted") from None


def first(*texts: str | None) -> str | None:
    """The first that says anything."""
    return next((text.strip() for text in texts if text and text.strip()), None)


def text_of(value: object) -> str | None:
    """A text that says anything, or a number as one; nothing of anything else."""
    is_told = isinstance(value, str | int | float | Decimal) and not isinstance(value, bool)
    return first(str(value)) if is_told else None


def by_table(text: str, table: Mapping[str, str]) -> str:
    """What an account's table makes of a vendor's word; the word itself where it is not in it."""
    return table.get(text, text)
