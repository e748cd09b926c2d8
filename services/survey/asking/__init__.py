"""Whom to ask, and asking them."""
