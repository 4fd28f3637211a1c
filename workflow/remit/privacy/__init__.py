"""Who a pseudonym is, where identifiers may stand, and what may be shown to the public."""
