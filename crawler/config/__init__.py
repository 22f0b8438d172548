"""How config.yaml becomes a Config."""
