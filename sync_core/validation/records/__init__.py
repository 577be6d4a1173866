"""From the bytes of a file to its header and its records, in bounded memory."""
