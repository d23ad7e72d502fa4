"""The part of a sweep that uses Ray: sessions, workers, and the engine that gives them batches. Only here is Ray
imported.
"""
