"""What Tocsin does for itself, so that people can leave it alone."""
