"""Blind comparison: people choose between two results without knowing how they were made.

axes.py            which axes can be judged, and each trial's position along them
pairs.py           which two trials are shown next
votes.py           votes on storage, and back
session.py         one sitting: pairs that wait for a vote, and their pictures under random names
serve.py, page/    the local page
bradley_terry.py   strengths from votes
ratings.py         the same as a table
"""
