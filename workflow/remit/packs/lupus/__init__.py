"""Systemic lupus erythematosus: SLEDAI-2K, BILAG-2004 and glucocorticoids."""
