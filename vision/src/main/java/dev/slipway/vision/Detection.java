package dev.slipway.vision;

/** A found object. */
public record Detection(Box box, double score, int label) {}
