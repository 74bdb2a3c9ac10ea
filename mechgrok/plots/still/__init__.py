"""Line charts as static SVG, without a browser and without plotly.js: the first picture of a page."""
