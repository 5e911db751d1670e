package dev.slipway.backend.cpu;

/**
 * Absolute addresses of one run of a convolution or pooling.
 *
 * @param input N, C/c, H, W, c; or N, C, H, W for a convolution that reads plain images
 * @param weights as packed; 0 for a pooling
 * @param bias padded to whole blocks; 0 for a pooling
 * @param side0 the epilogue's first side; 0 where there is none
 * @param output N, C/c, H, W, c
 * @param scratch the scratch memory of all threads
 */
record ConvOperands(
    long input, long weights, long bias, long side0, long side1, long side2, long output, long scratch) {}
