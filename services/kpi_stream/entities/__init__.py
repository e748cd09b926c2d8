"""Entities: each is the fold of its events, and the fold is a semilattice join. No I/O here, and no clock."""
