package dev.slipway.vision;

import java.util.Random;

/** Pictures of noise; the same seed gives the same picture. */
final class RandomImages {

  private RandomImages() {}

  static Image of(long seed, int width, int height, PixelFormat format) {
    Image image = Image.allocate(width, height, format);
    new Random(seed).nextBytes(image.pixels());
    return image;
  }
}
