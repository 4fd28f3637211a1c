"""An attacker with all public numbers, against studies drawn at random."""
