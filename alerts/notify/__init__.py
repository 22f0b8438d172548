"""Ways to tell people: the Notifier protocol and its small implementations."""
