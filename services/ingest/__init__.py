"""The HTTP gateway: events come in, each is checked and published to Kafka, and only then acknowledged."""
