package dev.slipway.vision;

/** Where the channels of a picture stand in a tensor. */
public enum PixelOrder {
  /** N×C×H×W. */
  PLANAR,
  /** N×H×W×C. */
  INTERLEAVED
}
