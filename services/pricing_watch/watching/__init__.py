"""What is watched, when each page is due, and what is believed of it."""
