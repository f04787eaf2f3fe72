"""Pages to look at in a browser: a rehearsed round, its mails, and every text. Pure: values in, HTML out."""
