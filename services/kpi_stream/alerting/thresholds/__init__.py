"""The file of thresholds: who is told, and of what."""
