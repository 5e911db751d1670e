package dev.slipway.vision;

/** How resizing takes values between pixels; the results are those of OpenCV's {@code resize}. */
public enum Interpolation {
  /** The pixel at the rounded-down position: {@code INTER_NEAREST}. */
  NEAREST,
  /** Between four pixels, pixel centres at halves, no smoothing when shrinking: {@code INTER_LINEAR}. */
  BILINEAR
}
