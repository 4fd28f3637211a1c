"""Tables for people, and the files that they are saved in."""
