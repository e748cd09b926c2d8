"""Other ways of reading a price from the same pages, to compare with."""
