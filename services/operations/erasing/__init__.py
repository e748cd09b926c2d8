"""The right to be forgotten, through every place that holds a customer: databases, Kafka, and Redis by a rebuild."""
