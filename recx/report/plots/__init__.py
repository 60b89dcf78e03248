"""Numbers -> svg inside the page: fluid in width, drawn in the page's own colours, no file, no script."""
