"""ADaM data sets: subjects, visits, responses, events, adverse events, exposure."""
