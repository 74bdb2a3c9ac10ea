"""Drawing: tables and arrays in, plotly figures out. No numerics, no torch."""
