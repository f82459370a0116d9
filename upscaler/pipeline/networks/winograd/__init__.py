"""Convolutions of 3 by 3 by Winograd's method, compiled for this processor.

The direct way multiplies nine times for each pixel and pair of channels; F(6x6, 3x3) of Lavin and Gray ("Fast
Algorithms for Convolutional Neural Networks", 2015) 64 times for 36 pixels, a fifth of that. No library gives them
at the speed at which the processor multiplies matrices (docs/design.md), so this package writes the loops
itself, with llvmlite, for one frame size and one width of vectors: ``method`` is the mathematics, ``emitter``
writes loops over vectors, ``convolution`` and ``boundary_layers`` are the kernels, ``native`` compiles them, and
``program`` runs them over a frame. Every sum is in a fixed order, so that all processors give the same bits.
"""
