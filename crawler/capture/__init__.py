"""Raw answers kept as evidence: written as WARC, found again, and run through today's code."""
