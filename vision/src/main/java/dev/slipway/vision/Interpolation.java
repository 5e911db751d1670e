package dev.slipway.vision;

/** How resizing takes values between pixels; the results equal those of the library named, bit for bit. */
public enum Interpolation {
  /** The pixel at the rounded-down position: OpenCV's {@code INTER_NEAREST}. */
  NEAREST,
  /** Between four pixels, pixel centres at halves, no smoothing when shrinking: OpenCV's {@code INTER_LINEAR}. */
  BILINEAR,
  /** Bilinear when enlarging, a triangle over all pixels that count when shrinking: Pillow's {@code BILINEAR}. */
  ANTIALIASED
}
