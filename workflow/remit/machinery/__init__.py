"""What a run needs whatever the study: jobs, locks, digests, deliveries, whole files."""
