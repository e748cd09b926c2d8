"""The documentation: what it names is there, and its commands run."""
