"""What is kept in case everything else is lost, and how it comes back.

Kafka is the truth and Redis a view of it, so Redis is not kept. Databases are copied before Kafka's records are read:
an event is then in the outbox of the copy, or among the records, or in both, which counts once.
"""
