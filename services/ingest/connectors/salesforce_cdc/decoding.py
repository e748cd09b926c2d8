"""From Avro to what the gateway is told of a change: which, when, and the owner. Nothing else leaves here."""

from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any, cast

import msgspec
from fastavro import parse_schema, schemaless_reader

from services.common.errors import Malformed
from services.ingest.connectors.vendors.salesforce.changes import Change, Header

HEADER = "ChangeEventHeader"

Schema = Any
"""As fastavro has parsed it."""


def read_schema(text: str) -> Schema:
    """
    :raises Malformed: when it is no schema of a record.
    """
    try:
        schema: Schema = parse_schema(msgspec.json.decode(text))
        schema["fields"]
    except Exception as error:  # fastavro has no one base of its errors
        raise Malformed(f"no Avro schema: {error}") from None
    return schema


def read_change(payload: bytes, schema: Schema) -> Change | None:
    """A change; none where the event is of another kind.

    :raises Malformed: when it is not as the schema has it.
    """
    try:
        record = cast(Mapping[str, Any], schemaless_reader(BytesIO(payload), schema))
        header = record.get(HEADER)
        if header is None:
            return None
        return Change(
            change_event_header=Header(
                entity_name=header["entityName"],
                change_type=header["changeType"],
                commit_timestamp=header["commitTimestamp"],
                record_ids=list(header["recordIds"]),
                changed_fields=list(_names(header["changedFields"], [field["name"] for field in schema["fields"]])),
            ),
            owner_id=record.get("OwnerId"),
            created_date=record.get("CreatedDate"),
        )
    except Exception as error:
        raise Malformed(f"no change event: {error}") from None


def _names(bitmaps: Sequence[str], fields: Sequence[str]) -> Iterator[str]:
    """The fields whose bits are set; the lowest bit is the first field. Bitmaps such as `3-0x…` are of the parts of the
    field of that number, which are not looked at."""
    for bitmap in bitmaps:
        if bitmap.startswith("0x"):
            bits = int(bitmap, 16)
            yield from (name for i, name in enumerate(fields) if bits >> i & 1)
