package dev.slipway.backend.cpu;

/**
 * The units of work on images in NCHW[c]: each image is cut into parts of its pixels and into groups of its channels.
 *
 * <p>Large images are cut into parts first, such that a thread has neighbouring rows of all channels; small ones into
 * groups, as there the weights of all channels would be more to read than the image. All kernels cut alike, so that a
 * thread reads what it wrote itself a step before.
 *
 * @param partsFirst whether neighbouring units are groups of one part; else parts of one group
 */
record ImageUnits(int images, int parts, int groups, boolean partsFirst) {
  /** Pixels of an image for each thread from which on it is cut into parts of its pixels. */
  private static final int PIXELS_PER_THREAD = 40;

  /**
   * @param wanted units that are worth handing over
   * @param leastParts that an image has to be cut into
   * @param mostParts that it can be cut into
   * @param mostGroups that its channels can be cut into
   */
  static ImageUnits of(int images, boolean cutsPixels, int wanted, int leastParts, int mostParts, int mostGroups) {
    int perImage = Math.ceilDiv(wanted, images);
    if (cutsPixels) {
      int parts = Math.clamp(perImage, leastParts, mostParts);
      return new ImageUnits(images, parts, Math.clamp(perImage / parts, 1, mostGroups), true);
    }
    int groups = Math.clamp(perImage / leastParts, 1, mostGroups);
    return new ImageUnits(images, Math.clamp(perImage / groups, leastParts, mostParts), groups, false);
  }

  /** Whether images of so many pixels are cut into parts of them rather than into groups of their channels. */
  static boolean cutsPixels(long pixels, int threads) {
    return pixels >= (long) threads * PIXELS_PER_THREAD;
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

  int group(int unit) {
    return partsFirst ? unit % groups : unit / parts % groups;
  }
}
