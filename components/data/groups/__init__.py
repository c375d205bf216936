"""Which works belong together: near-duplicates, connected components, suspected label errors."""
