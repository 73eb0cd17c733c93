"""The public pages: forms drawn from the kinds, the receipt, and the view that a receipt code opens."""
