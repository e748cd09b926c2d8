"""CSV files to events: a mapping says which columns mean what, and ids come from the content."""
