"""Several workers that share one store, and what each of them does for all."""
