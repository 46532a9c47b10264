"""Analysis on other machines: slots that Dask workers offer, reached through a courier process."""
