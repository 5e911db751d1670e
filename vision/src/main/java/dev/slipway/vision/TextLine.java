package dev.slipway.vision;

/**
 * A line of text in a picture.
 *
 * @param quad where it stands, in pixels
 * @param confidence mean probability of the characters
 * @param turned whether it was turned by 180 degrees before it was read
 */
public record TextLine(Quad quad, String text, double confidence, boolean turned) {}
