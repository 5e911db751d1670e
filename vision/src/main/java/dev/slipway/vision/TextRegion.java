package dev.slipway.vision;

/**
 * Where a line of text stands.
 *
 * @param score mean probability of text inside, before the region is grown
 */
public record TextRegion(Quad quad, double score) {}
