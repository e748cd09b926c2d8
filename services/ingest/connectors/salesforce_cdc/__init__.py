"""Salesforce's change events, handed on to the gateway: an optional process of its own.

Salesforce sends them to nobody: they are read from its Pub/Sub API (gRPC, Avro). `python -m
services.ingest.connectors.salesforce_cdc ACCOUNT` reads those of an account and sends them to the gateway as if they
were a webhook, where they are verified, read, written down and completed as webhooks are. Where it stands in the stream
is written down once the gateway has acknowledged, so nothing is lost, and what comes twice is the same event.

Its packages are in requirements-salesforce.txt: nothing else needs them.
"""
