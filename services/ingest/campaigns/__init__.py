"""Campaigns with a random hold-out: who is contacted is drawn once, kept, and told as an event."""
