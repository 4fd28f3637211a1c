"""One module a figure; each function turns analysis frames into a `Figure`."""
