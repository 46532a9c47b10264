"""Files on the disk: paths, formats, containers, mounts."""
