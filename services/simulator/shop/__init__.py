"""Competitors' shops to watch: a real HTTP server whose prices move, and whose odd pages try whoever fetches them."""
