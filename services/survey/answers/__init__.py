"""What customers answer: the form, what is kept of it, and who may read their words."""
