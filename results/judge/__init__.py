"""Blind comparison: which of two results does somebody prefer who does not know how they were made?

axes.py            which axes can be judged, and where along them each trial is
pairs.py           which two trials are shown next
votes.py           votes on storage, and back
session.py         one sitting: pairs that wait for a verdict, and their pictures under random names
serve.py, page/    the local page
bradley_terry.py   strengths from votes
ratings.py         the same as a table
"""
