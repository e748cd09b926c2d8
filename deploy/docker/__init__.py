"""Cadran in containers: what its image and its Compose file are made of."""
