"""Targets and promotions, changed by people on the board: each change becomes an event; who made it is kept here."""
