"""Customers in, assignments out: as JSON or as CSV."""

import csv
import io
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from services.common.csv_rows import Rejected, Row, each_good, rows_of
from services.common.errors import Invalid, Malformed, TooLarge, UnsupportedMedia
from services.common.json_bodies import read_one
from services.ingest import reading
from services.ingest.campaigns.records import MOST_CUSTOMERS, Assignment, CampaignId, CustomerId

T = TypeVar("T", bound=msgspec.Struct)

CSV = "text/csv"


class Named(msgspec.Struct):
    """The campaign that a path names."""

    campaign_id: CampaignId


class Asked(msgspec.Struct):
    """The customer that a query names."""

    customer: CustomerId


class Line(msgspec.Struct):
    """A line of a table of customers."""

    customer_id: CustomerId


class Customers(msgspec.Struct, forbid_unknown_fields=True):
    """A batch of customers."""

    customers: Annotated[
        list[CustomerId],
        Meta(
            description="Customers' pseudonyms, a list, in UTF-8, each without blanks at its ends.",
            examples=['["C-1"]'],
        ),
    ]


def checked(kind: type[T], **fields: str) -> T:
    """What stands in a path or a query, held against the contract as if it were a body.

    :raises Invalid: naming the field, and the mend.
    """
    return read_one(msgspec.json.encode(fields), kind)


def read_customers(headers: Mapping[str, str], body: bytes) -> list[str]:
    """The customers of a batch.

    :raises UnsupportedMedia: when it is neither JSON nor CSV.
    :raises Malformed: when it is not what it says, or empty.
    :raises Invalid: naming the place of an id that breaks the contract, and the mend.
    :raises TooLarge: when there are too many.
    """
    kind = reading.media_type(headers)
    if kind == CSV:
        customers = _from_table(body)
    elif kind == reading.JSON:
        customers = read_one(body, Customers).customers
    else:
        mend = f"send {reading.JSON} or {CSV}"
        raise UnsupportedMedia(f"{kind or 'no content type'} is not taken", field="Content-Type", mend=mend)
    if not customers:
        raise Malformed("the batch is empty", mend="send at least one customer")
    if len(customers) > MOST_CUSTOMERS:
        raise TooLarge(f"there are more than {MOST_CUSTOMERS:,} customers", mend="send them in parts")
    return customers


def _from_table(body: bytes) -> list[str]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Malformed("the table is not written in UTF-8", mend="save it in UTF-8") from None
    rows = rows_of("the table", io.StringIO(text, newline=""), Line)
    return customers_of(islice(rows, MOST_CUSTOMERS + 1))  # of a table that is too long no more is read


def customers_of(rows: Iterable[Row | Rejected]) -> list[str]:
    """The customers that the lines of a table name.

    :raises Invalid: naming the first line that breaks the contract, and the mend.
    """
    return [_customer(row) for row in each_good(rows)]


def _customer(row: Row) -> str:
    try:
        return checked(Line, **row.fields).customer_id
    except Invalid as error:
        raise Invalid(error.message, field=f"line {row.line}: {error.field}", mend=error.mend) from None


def wants_table(headers: Mapping[str, str]) -> bool:
    """Is the answer asked for as CSV?"""
    kinds = (kind.partition(";")[0].strip().lower() for kind in headers.get("accept", "").split(","))
    return CSV in kinds


HEADER = ",".join(Assignment.__struct_fields__) + "\r\n"
"""The line that names the columns of a table of assignments."""


def lines(assignments: Iterable[Assignment]) -> str:
    """Assignments as lines of CSV, without the one that names the columns."""
    text = io.StringIO()
    csv.writer(text).writerows(msgspec.to_builtins(assignment).values() for assignment in assignments)
    return text.getvalue()
