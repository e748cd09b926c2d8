"""Which orders are asked about, by the rules of a file. Pure, but for reading the file."""

from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Annotated

import msgspec
import yaml
from msgspec import Meta

from services.common.errors import ConfigurationError
from services.common.events import Event
from services.common.events.explain import explain
from services.common.events.fields import PLAIN, Name
from services.common.events.orders import OrderPlaced
from services.common.yaml_files import typed_content
from services.survey.records import About

Hours = Annotated[float, Meta(ge=0, le=24 * 365, description="Hours.", examples=[72])]
Share = Annotated[float, Meta(ge=0, le=1, description="A share from 0 to 1.", examples=[0.5])]
Names = Annotated[tuple[Name, ...], Meta(min_length=1)]


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Orders that are alike, and when to ask about them. A filter that is not given lets everything through."""

    touchpoint: Annotated[Name, Meta(pattern=PLAIN)]
    delay_hours: Hours
    sample: Share = 1.0
    channels: Names | None = None
    stores: Names | None = None
    regions: Names | None = None

    def fits(self, order: OrderPlaced) -> bool:
        return (
            (self.channels is None or order.channel in self.channels)
            and (self.stores is None or order.store_id in self.stores)
            and (self.regions is None or order.region in self.regions)
        )


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What asks by itself. Of several rules that an order fits, the first holds."""

    orders: Annotated[tuple[Rule, ...], Meta(min_length=1)]
    recent_hours: Hours = 48.0

    @property
    def recent(self) -> timedelta:
        """How old an order may be when it is heard of, and how late its letter: else it is not asked about."""
        return timedelta(hours=self.recent_hours)

    @property
    def horizon(self) -> timedelta:
        """After so long, nothing that an order is told of can matter any more."""
        return 2 * self.recent + timedelta(hours=max(rule.delay_hours for rule in self.orders))


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """An order that is to be asked about, unless something comes between."""

    order_id: str
    revision: int
    placed_at: datetime
    due_at: datetime
    about: About


def plan_of(order: Event, rules: Rules, now: datetime) -> Plan | None:
    """What a placed order leads to, if anything: the same each time that it is heard of, while it is recent."""
    data: OrderPlaced = order.data
    rule = next((rule for rule in rules.orders if rule.fits(data)), None)
    if rule is None or data.customer_id is None or now - order.time > rules.recent:
        return None
    if not is_sampled(order.subject, rule.sample):
        return None
    return Plan(
        order_id=order.subject,
        revision=data.revision,
        placed_at=order.time,
        due_at=order.time + timedelta(hours=rule.delay_hours),
        about=About(
            touchpoint=rule.touchpoint,
            customer_id=data.customer_id,
            channel=data.channel,
            store_id=data.store_id,
            region=data.region,
            rep_id=data.rep_id,
        ),
    )


def is_sampled(order_id: str, share: float) -> bool:
    """Is this order in the sample? Its id alone decides, so that a replay chooses alike and a greater share adds."""
    digest = blake2b(order_id.encode(), digest_size=8, person=b"survey").digest()
    return int.from_bytes(digest) < share * 2**64


def load_rules(path: Path) -> Rules:
    """Read a file of rules.

    :raises ConfigurationError: naming the word that is wrong and the mend.
    """
    try:
        return msgspec.convert(typed_content(path.read_text(encoding="utf-8")), Rules)
    except OSError as error:
        fault, mend = f"{path} cannot be read: {error.strerror}", "mend the path or its rights"
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        fault, mend = f"{path} is no YAML in UTF-8: {error}", "see docs/invitations.md for an example"
    except msgspec.ValidationError as error:
        told = explain(error, Rules, "")
        fault, mend = f"{path}: {told.field}: {told.message}", told.mend or "see docs/invitations.md for the words"
    raise ConfigurationError(fault, field="CADRAN_SURVEY_RULES", mend=mend)
