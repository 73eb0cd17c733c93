"""What runs in the child process, as the package `sandbox`: everything that touches the inside of a foreign file.

It imports nothing of `inbox`, so that neither the application nor its settings are in the process that reads
what strangers send. See `inbox/cleaning/process.py` for the parent's side.
"""
