"""The numbers: arrays in, arrays out, no images, tables, paths or prints."""
