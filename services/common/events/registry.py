"""Every type of event: its topic, its data, and where its subject comes from. The one list of the contract."""

from collections.abc import Mapping

import msgspec

from services.common.events import answers, customers, leads, offers, orders, prices, reference, visits
from services.common.events.fields import Data
from services.common.topics import Topic


class EventType(msgspec.Struct, frozen=True):
    """One row of the event contract; `subject` says what the subject names."""

    name: str
    topic: Topic
    data: type[Data]
    subject: str
    version: int = 1


_TYPES = (
    EventType("lead.created", Topic.LEADS, leads.LeadCreated, "lead_id"),
    EventType("lead.assigned", Topic.LEADS, leads.LeadAssigned, "lead_id"),
    EventType("lead.closed", Topic.LEADS, leads.LeadClosed, "lead_id"),
    EventType("lead.reopened", Topic.LEADS, leads.LeadReopened, "lead_id"),
    EventType("lead.merged", Topic.LEADS, leads.LeadMerged, "lead_id"),
    EventType("order.placed", Topic.ORDERS, orders.OrderPlaced, "order_id"),
    EventType("order.returned", Topic.ORDERS, orders.OrderReturned, "order_id"),
    EventType("order.cancelled", Topic.ORDERS, orders.OrderCancelled, "order_id"),
    EventType("visits.counted", Topic.VISITS, visits.VisitsCounted, "channel/store/day"),
    EventType("customer.contacted", Topic.CUSTOMERS, customers.CustomerContacted, "customer_id"),
    EventType("customer.assigned", Topic.CUSTOMERS, customers.CustomerAssigned, "customer_id"),
    EventType("offer.made", Topic.OFFERS, offers.OfferMade, "offer_id"),
    EventType("offer.answered", Topic.OFFERS, offers.OfferAnswered, "offer_id"),
    EventType("survey.invited", Topic.ANSWERS, answers.SurveyInvited, "invitation_id"),
    EventType("nps.answered", Topic.ANSWERS, answers.NpsAnswered, "response_id"),
    EventType("pulse.published", Topic.ANSWERS, answers.PulsePublished, "round_id/team_id"),
    EventType("product.watched", Topic.PRICES, prices.ProductWatched, "sku"),
    EventType("price.observed", Topic.PRICES, prices.PriceObserved, "sku"),
    EventType("price.own", Topic.PRICES, prices.PriceOwn, "sku"),
    EventType("target.set", Topic.REFERENCE, reference.TargetSet, "measure/member/period/starts_on"),
    EventType("promotion.set", Topic.REFERENCE, reference.PromotionSet, "promotion_id"),
    EventType("calendar.set", Topic.REFERENCE, reference.CalendarSet, "region/channel or region/channel/day"),
    EventType("rep.set", Topic.REFERENCE, reference.RepSet, "rep_id"),
    EventType("rate.set", Topic.REFERENCE, reference.RateSet, "currency/day"),
)

EVENT_TYPES: Mapping[str, EventType] = {event_type.name: event_type for event_type in _TYPES}
