"""Train the network of ``auralis_fp.analysis.rhythm.tempo_network`` on music mixed from the band powers of notes."""
