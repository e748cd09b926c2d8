"""HubSpot: deals or contacts as leads, and calls, e-mails and meetings as contacts of customers."""

from services.ingest.connectors.connector import Connector, Facts, Field, Topic
from services.ingest.connectors.vendors.hubspot.account import HubspotAccount
from services.ingest.connectors.vendors.hubspot.pulling import fetch, pages, terms
from services.ingest.connectors.vendors.hubspot.signature import verify
from services.ingest.connectors.vendors.hubspot.webhooks import read

CONNECTOR = Connector(
    vendor="hubspot",
    facts=Facts(
        title="HubSpot",
        docs="https://developers.hubspot.com/docs/api-reference/webhooks-webhooks-v3/guide",
        signed="`X-HubSpot-Signature-v3`: HMAC-SHA256 of method, address, body and time, at most 5 minutes old",
        signed_with="the client secret of the app",
        steps=(
            "In HubSpot open Settings > Integrations > Private Apps (Legacy Apps), create one, and give it the scopes "
            "crm.objects.contacts.read, crm.objects.deals.read, crm.objects.owners.read and, for e-mails, "
            "sales-email-read; or say `activities: ignored`.",
            "Under Webhooks set the target URL to `{url}`, letter by letter: it is signed.",
            "Subscribe for deals to created, deleted, restored, merged and to changes of hubspot_owner_id, dealstage, "
            "hs_is_closed, hs_is_closed_won, amount and deal_currency_code; where contacts are leads, for contacts to "
            "the same and to changes of hubspot_owner_id, lifecyclestage and hs_lead_status; for contacts always to "
            "privacy deletion; unless `activities: ignored`, for calls, e-mails and meetings to created, and for "
            "meetings to changes of hs_meeting_outcome.",
            "Copy the client secret from the app's Auth tab into `{secret_file}`; its access token into the file that "
            "`token_file` names.",
            "Give `reps` by the ids of owners, which `https://api.hubapi.com/crm/v3/owners` lists for that token, and "
            "`currency` for amounts.",
        ),
        topics=(
            Topic("deal.creation, contact.creation, object.creation", "`lead.created`, completed by the API"),
            Topic("*.propertyChange of hubspot_owner_id", "`lead.assigned` from that moment"),
            Topic("*.propertyChange of hs_is_closed_won, hs_is_closed", "`lead.closed`, or `lead.reopened`"),
            Topic(
                "*.propertyChange of dealstage, lifecyclestage, hs_lead_status",
                "`lead.closed` or `lead.reopened` where `stages` knows the stage",
            ),
            Topic("*.propertyChange of amount and others", "the lead is asked for again"),
            Topic("*.deletion", "`lead.closed` as invalid"),
            Topic("*.restore", "the lead stands as before; without a token it is open"),
            Topic("*.merge", "`lead.merged` into the object that is left"),
            Topic("contact.privacyDeletion", "the customer is forgotten; a lead turns out to be none"),
            Topic(
                "call.creation, email.creation, meeting.creation, object.creation", "`customer.contacted`, by the API"
            ),
            Topic("a workflow's webhook", "the object is asked for"),
        ),
        fields=(
            Field("lead_id", "`deal/` or `contact/` and the object's id"),
            Field("time of creation", "`createdAt`; until it is known `occurredAt`"),
            Field("kind", "opportunity for deals, lead for contacts"),
            Field("rep_id", "the history of `hubspot_owner_id`, each owner from their own moment"),
            Field("source", "`hs_analytics_source`, by `sources`"),
            Field("region", "a contact's `hs_country_region_code`, by `regions`"),
            Field("outcome", "`stages`, else the histories of `hs_is_closed_won` and `hs_is_closed`"),
            Field("amount_minor, currency", "`amount`; `deal_currency_code`, else `currency`"),
            Field("customer_id", "the oldest contact of the deal, by a keyed hash"),
            Field("contact_id, medium", "`call/`, `email/` or `meeting/` and its id"),
        ),
        traps=(
            "Choose deals or contacts: with both, a prospect would count twice.",
            "HubSpot tells one property at a time. Without a token leads have no source, wins no amount, and calls, "
            "e-mails and meetings no customer; owners and outcomes are known from when their events began.",
            "Without a token a deal that goes straight from won to lost looks open, unless `stages` knows its stage.",
            "Signatures of versions 1 and 2 hold no time, and are refused.",
            "Behind a proxy the address that HubSpot calls counts, not what the proxy makes of it.",
            "Stages of deals have ids of their own in each pipeline. Subscribe to hs_is_closed and hs_is_closed_won, "
            "or give `stages`.",
            "A deal that was imported as closed closes on the day of the import: its history begins there.",
            "A meeting ahead counts when HubSpot next says something of it: subscribe to hs_meeting_outcome.",
            "Deletions and restorings are told by webhooks alone; `cadran connectors sync` does not find what was "
            "missed of them. A lost lead that is restored counts as lost on that day.",
            "HubSpot's own Leads (objects of type 0-136) are not read.",
            "Customers told apart by id stay two when their contacts are merged; by e-mail address they are one.",
            "With `customers: email` a privacy deletion, which bears no address, cannot find the customer.",
        ),
        test="In the app under Webhooks choose a subscription, then Test; or create a deal, and look at its Logs.",
    ),
    account=HubspotAccount,
    verify=verify,
    read=read,
    terms=terms,
    fetch=fetch,
    pages=pages,
)
