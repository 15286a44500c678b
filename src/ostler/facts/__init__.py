"""How a cloud is read: one fact is a question plus a pure parser. Nothing here opens a connection."""
