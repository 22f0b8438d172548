"""The console: a web page and a read API on this machine, in the daemon's own loop."""
