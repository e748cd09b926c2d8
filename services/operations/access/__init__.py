"""What each service may do at Kafka and at Redis: no more than it does."""
