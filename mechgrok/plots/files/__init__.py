"""Figures as files: their format, their size in print, the browser that draws them."""
