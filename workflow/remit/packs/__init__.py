"""Knowledge that only some diseases need."""
