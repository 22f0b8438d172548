"""Full-text search: how texts are indexed, what people may ask, and where the words they asked for stand."""
