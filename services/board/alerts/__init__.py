"""The alerts on the board: which of them fire and why, and how they are changed."""
