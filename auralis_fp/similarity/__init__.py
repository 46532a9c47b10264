"""Similar tracks: distance, exact search, playlists, paths and duplicates, in a process of their own."""
