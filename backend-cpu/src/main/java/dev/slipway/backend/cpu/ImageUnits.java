package dev.slipway.backend.cpu;

/**
 * The units of work on images in NCHW[c]: each image is cut into parts of its pixels and into groups of its channels.
 *
 * <p>Large images are cut into one part for each thread first, which has neighbouring rows of all channels; small
 * ones into groups, as there the weights of all channels would be more to read than the image. All kernels cut alike,
 * so that a thread reads what it wrote itself a step before.
 *
 * @param partsFirst whether neighbouring units are groups of one part; else parts of one group
 */
record ImageUnits(int images, int parts, int groups, boolean partsFirst) {
  /** Pixels of an image for each thread from which on it is cut into parts of its pixels. */
  private static final int PIXELS_PER_THREAD = 40;

  /**
   * @param firstParts that an image's pixels are cut into before its channels are: {@link #firstParts}
   * @param wanted units that are worth handing over
   * @param leastParts that an image has to be cut into
   * @param mostParts that it can be cut into
   * @param mostGroups that its channels can be cut into
   */
  static ImageUnits of(int images, int firstParts, int wanted, int leastParts, int mostParts, int mostGroups) {
    int perImage = Math.ceilDiv(wanted, images);
    int parts = Math.clamp(Math.min(firstParts, perImage), leastParts, mostParts);
    int groups = Math.clamp(perImage / parts, 1, mostGroups);
    return new ImageUnits(images, Math.clamp(perImage / groups, parts, mostParts), groups, firstParts > 1);
  }

  /** For each thread one of the parts of a large image, so that its pixels lie as close together as can be; else 1. */
  static int firstParts(long pixels, int threads) {
    return pixels >= (long) threads * PIXELS_PER_THREAD ? threads : 1;
  }

  int count() {
    return images * parts * groups;
  }

  int image(int unit) {
    return unit / (parts * groups);
  }

  int part(int unit) {
    return partsFirst ? unit / groups % parts : unit % parts;
  }

  /** The first of so many pixels, or rows or tiles of them, that a unit has. */
  int firstPixel(int unit, int pixels) {
    return (int) ((long) pixels * part(unit) / parts);
  }

  int endPixel(int unit, int pixels) {
    return (int) ((long) pixels * (part(unit) + 1) / parts);
  }

  /** The first of so many channels, or blocks of them, that a unit has. */
  int firstChannel(int unit, int channels) {
    return (int) ((long) channels * group(unit) / groups);
  }

  int endChannel(int unit, int channels) {
    return (int) ((long) channels * (group(unit) + 1) / groups);
  }

  private int group(int unit) {
    return partsFirst ? unit % groups : unit / parts % groups;
  }
}
