"""What others make of the same. Each that consumes is a program: `python -m tests.benchmarks.peers.<name> SERVERS TOPIC
COUNT`. It reads COUNT records from the beginning, or as many as it can within its time, and prints a line of JSON.
"""
