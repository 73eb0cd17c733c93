"""Every rule. Functions are verbs; they flush and never commit, and know nothing of the web."""
