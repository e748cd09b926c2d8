"""What a person must know to set Salesforce up."""

from services.ingest.connectors.connector import Facts, Field, Topic

FACTS = Facts(
    title="Salesforce",
    docs="https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_om_outboundmessaging.htm",
    signed="the organisation's id in the message, for nothing is signed",
    signed_with="the id that stands in Setup > Company Information; 15 or 18 characters",
    steps=(
        "In Setup > Outbound Messages create one for Opportunity, with `{url}` as its endpoint. Do not send the "
        "session id. Choose the fields Id, CreatedDate, SystemModstamp, OwnerId, StageName, LastStageChangeDate, "
        "IsWon, IsClosed, Amount, LeadSource, AccountId, and CurrencyIsoCode if you have several currencies.",
        "Create one for Lead, with Id, CreatedDate, SystemModstamp, OwnerId, Status, LeadSource, IsConverted and "
        "ConvertedOpportunityId; and one for Task, with Id, CreatedDate, SystemModstamp, OwnerId, Status, IsClosed, "
        "WhoId, TaskSubtype and CompletedDateTime.",
        "For each, create a record-triggered flow that starts when a record is created, and when its owner, stage, "
        "status, amount or conversion changes, and that sends the outbound message. Activate it.",
        "Write the organisation's id into `{secret_file}`. It is no password: have your proxy ask for Salesforce's "
        "client certificate too (Setup > Certificate and Key Management), or let in its addresses alone.",
        "Set `currency`, and in `stages` every stage and lead status that ends one.",
        "To have history, deletions and what was missed asked for: in Setup > External Client App Manager create an "
        "app with OAuth scope `api` and the Client Credentials Flow, run as a user who sees all records. Write "
        "`consumer key:consumer secret` into the account's `token_file`, your My Domain address into `api`, such as "
        "https://example.my.salesforce.com, and set `sync_every`.",
        "To miss nothing in between: select Opportunity, Lead and Task in Setup > Change Data Capture, install "
        "requirements-salesforce.txt, and run `python -m services.ingest.connectors.salesforce_cdc {account}` beside "
        "the gateway. Outbound messages are not needed then.",
    ),
    topics=(
        Topic("Opportunity, Lead", "`lead.created`, `lead.assigned`, `lead.closed`, `lead.reopened`"),
        Topic("Lead (converted)", "`lead.merged` into its opportunity"),
        Topic("Lead, Opportunity (deleted; by the API)", "`lead.merged` if it was merged, else `invalid`"),
        Topic("Task", "`customer.contacted` once it is done"),
        Topic("changes (change events)", "`lead.assigned`; the records are asked for"),
        Topic("everything else", "nothing"),
    ),
    fields=(
        Field("subject", "the id, in 18 characters"),
        Field("kind", "an Opportunity is an `opportunity`, a Lead a `lead`"),
        Field("time", "CreatedDate; of a closing or reopening LastStageChangeDate, else SystemModstamp"),
        Field("rep_id", "OwnerId by `reps` (18 characters); a queue is nobody"),
        Field("outcome", "StageName or Status by `stages`, else IsWon and IsClosed"),
        Field("source", "LeadSource, by `sources`"),
        Field(
            "customer_id", "AccountId or WhoId, by a keyed hash; with `customers: email` the address of a lead or task"
        ),
        Field("amount_minor, currency", "Amount in CurrencyIsoCode, else in `currency`; without either no amount"),
        Field("medium", "a task's TaskSubtype"),
    ),
    traps=(
        "An outbound message tells of a record as it is when it is sent, not as it was: won, reopened and lost within "
        "a minute may arrive as lost alone, and an owner between two messages is never heard of. With a `token_file` "
        "the stages in between come from OpportunityHistory; owners only where you track the field's history.",
        "Outbound messages are not sent for deletions and merges. With `sync_every`, or change events, they are seen.",
        "A message without CreatedDate and SystemModstamp is refused; with a `token_file` its record is asked for.",
        "The user of the app must see every field that is named here, and the history of both objects: of one that "
        "is hidden from it Salesforce says 400, and nothing is pulled.",
        "What is brought back from the recycle bin stands as before: a win keeps its day, a loss counts on the day "
        "that it is back, with its amount of that day. Change events alone tell that it is back: to messages and to a "
        "sync it stays `invalid`.",
        "After 24 hours of failures Salesforce drops a message.",
        "Without LastStageChangeDate among the fields, a closing is dated when the record was last changed; so are the "
        "closings of leads, which have no such date.",
        "A lead counts until it is converted; then its opportunity counts, on its own day.",
        "Change events are kept for 72 hours. If `salesforce_cdc` was away for longer it says so: run a sync.",
    ),
    test="Change an opportunity, and look at Setup > Outbound Messages > View Message Delivery Status.",
)
