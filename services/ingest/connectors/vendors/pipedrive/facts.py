"""What a person must know to set Pipedrive up."""

from services.ingest.connectors.connector import Facts, Field, Topic

FACTS = Facts(
    title="Pipedrive",
    docs="https://pipedrive.readme.io/docs/guide-for-webhooks-v2",
    signed="HTTP Basic, for nothing is signed: only TLS protects the body",
    signed_with="`user:password`, one line, as you give them to the webhook",
    steps=(
        "As an administrator who sees every deal and lead (a webhook tells only what its user may see), open "
        "Settings > Tools and apps > Webhooks > Create new webhook.",
        "Take version 2.0, event action `*`, event object `deal`, and `{url}` as the endpoint.",
        "Give it an HTTP auth username and password of your choice, and write `username:password` into "
        "`{secret_file}`.",
        "Do the same for the event objects `lead` and `activity`.",
        "To have what was missed asked for: copy your token from Settings > Personal preferences > API into the "
        "account's `token_file`, and set `sync_every`.",
        "Write your users into `reps`: a user's id stands in the address of their page, Settings > Manage users.",
    ),
    topics=(
        Topic("create.deal, change.deal", "`lead.created`, `lead.assigned`, `lead.closed`, `lead.reopened`"),
        Topic("create.lead, change.lead", "`lead.created`, `lead.assigned`"),
        Topic("delete.deal, delete.lead", "`lead.merged` if it was merged, else `lead.closed` as `invalid`"),
        Topic("change.deal (merged_from_id)", "`lead.merged` too"),
        Topic("create.activity, change.activity", "`customer.contacted` once it is done"),
        Topic("everything else", "nothing"),
    ),
    fields=(
        Field("subject", "`deal/` or `lead/` and the id"),
        Field("kind", "a deal is an `opportunity`, a lead a `lead`"),
        Field(
            "time", "`add_time`; `won_time` or `lost_time`; `update_time` of a change; `meta.timestamp` of a deletion"
        ),
        Field("rep_id", "`owner_id` by `reps`; before a change `previous.owner_id`"),
        Field(
            "source", "the custom field `source_field`, else `channel`, else `source_name`, else `origin`; by `sources`"
        ),
        Field("region", "the custom field `region_field`, by `regions`"),
        Field("customer_id", "`person_id`, by a keyed hash"),
        Field("amount_minor, currency", "`value` and `currency`; a value of 0 is none"),
        Field("medium", "an activity's `type`"),
        Field("contact_id", "`activity/` and the id"),
    ),
    traps=(
        "A lead that is converted to a deal is deleted by Pipedrive, and nothing in the deal names it: the lead turns "
        "`invalid` and the deal counts, on its own day. So one prospect counts once.",
        "A deleted deal that is brought back stands as before: a win keeps its day, a loss counts on the day that it "
        "is back, with its value of that day. Its webhook alone tells that it is back: to a sync it stays `invalid`.",
        "An activity that is handed to another person once it was done counts as a contact of both.",
        "A lead that is archived goes on counting.",
        "Webhooks of version 1 are ignored: their times have no zone, and they do not tell of leads.",
        "After 10 first tries that fail or take over 10 seconds Pipedrive sends nothing for 30 minutes, and does not "
        "make up for it; after 3 days without a success it deletes the webhook. `sync_every` makes up for the first.",
        "A sync asks for each deal's changelog: 20 tokens of your daily budget a deal. Used up, it goes on the next "
        "day.",
        "A sync cannot tell a merged deal from a deleted one, so what was deleted while webhooks were lost goes on "
        "counting.",
        "A value that is finer than its currency allows, or in a currency of your own, is refused.",
        "Pipedrive does not send a person's address with a deal: with `customers: email` they are told apart by their "
        "id.",
        "Times of updates are whole seconds: of two states of one second either may stand, until the next update.",
    ),
    test="Change a deal in Pipedrive: its webhook is sent at once.",
)
