"""What a visit is, what it led to, and when the next one is: values and pure decisions."""
