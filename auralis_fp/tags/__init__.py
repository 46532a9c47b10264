"""Tags and covers: what a file says about its music, cleaned, folded for search and grouped into albums."""
