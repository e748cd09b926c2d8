"""What is asked and answered at `/v1/connectors`, by the service and by its commands."""

from datetime import datetime
from typing import Annotated

import msgspec

from services.ingest.connectors.records import DeliveryRecord, Redaction, Sync


class SyncAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Since when everything that changed is asked for."""

    since: Annotated[datetime, msgspec.Meta(tz=True, description="A moment, with its offset.")]


class AccountAnswer(msgspec.Struct):
    """An account: where its vendor sends to, and what it can.

    Since the gateway began: when the vendor tried the address, and how many deliveries were refused as not its own.
    """

    vendor: str
    account: str
    url: str
    secret_file: str
    secrets: int
    can_sync: bool
    can_complete: bool
    greeted_at: datetime | None
    unsigned: int
    sync: Sync | None


class AccountsAnswer(msgspec.Struct):
    """Every account of the file, and what is wrong with it: while anything is, those of before hold."""

    accounts: list[AccountAnswer]
    fault: str


class DeliveriesAnswer(msgspec.Struct):
    """Deliveries, oldest first."""

    deliveries: list[DeliveryRecord]


class RedactionsAnswer(msgspec.Struct):
    """Demands to forget people, newest first."""

    redactions: list[Redaction]
