"""What is believed of a price: the judgement, made here alone. Pure."""
