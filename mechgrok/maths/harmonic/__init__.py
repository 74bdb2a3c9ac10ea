"""Fourier analysis on cyclic groups: bases, spectra, projections, fits and ablations by frequency."""
