"""Exports on a computer: folders, zips and single files."""
