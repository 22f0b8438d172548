"""Who gets a message and when: routes, hours, budgets, silences, storms, escalation and digests, decided purely."""
