"""Fetching pages politely and safely: robots, pacing by host, no address that is not public."""
