"""Copies a store to another database, and brings over later what came since."""
