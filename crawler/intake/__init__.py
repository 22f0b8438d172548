"""Takes in what a visit brought: what is new, what changed, who is told and why."""
