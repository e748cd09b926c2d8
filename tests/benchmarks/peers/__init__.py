"""What others make of the same topic. Each is a program: `python -m tests.benchmarks.peers.<name> SERVERS TOPIC COUNT`.

It reads COUNT records from the beginning, or as many as it can within its time, and prints one line of JSON.
"""
