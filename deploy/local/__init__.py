"""The local stack: every real server and service, under one process runner, without Docker."""
