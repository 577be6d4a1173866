"""What is checked in the records of a file: values, keys that must be unique, references."""
