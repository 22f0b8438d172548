"""What Tocsin is about: judging stories, and telling people once."""
