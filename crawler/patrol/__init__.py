"""Who goes out: claims what is due, visits it host by host, and commits what it brought."""
