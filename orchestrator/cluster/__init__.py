"""Ray: sessions, workers, the engine that hands batches to them. No other folder imports Ray."""
