"""The weekly letter: what moved, by how much, whether that is noise, and where it stands against the target.

`weeks.py`, `judging.py`, `story.py`, `words.py` and `pictures.py` are pure; `reading.py` asks the read API,
`writing.py` makes pages, PDF and e-mails, `posting.py` sends them, and `sent.py` keeps who has had which.
"""
