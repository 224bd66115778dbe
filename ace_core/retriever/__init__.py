"""The sequence model that writes identifiers, and the search that lets it write only what exists."""
