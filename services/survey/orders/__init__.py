"""Asking about orders, by rules."""
