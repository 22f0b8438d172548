"""Rules on trial, opinions and proposals: the statistics of ``alerts.tuning`` over the store and the configuration."""
