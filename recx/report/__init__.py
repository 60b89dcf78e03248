"""Numbers -> terminal, json, markdown, html."""
