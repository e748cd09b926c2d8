"""Letters: written, queued, handed to a mail server."""
