"""What people say of a rule and what stories show of it, as numbers and proposals: nothing here changes a rule."""
