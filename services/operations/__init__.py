"""What an operator does across all services: whether it is well, and what is kept in case it is not."""
