package dev.slipway.vision;

/**
 * The text of one strip.
 *
 * @param confidence mean probability of the characters, 0 where there is none
 */
public record RecognizedText(String text, double confidence) {}
