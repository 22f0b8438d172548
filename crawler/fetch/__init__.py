"""Gets bytes from the net, politely and guarded: the Scrapy shell."""
