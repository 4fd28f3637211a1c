"""What `remit <command>` does: read results, call the library, print."""
