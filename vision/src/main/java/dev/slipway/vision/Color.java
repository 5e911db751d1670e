package dev.slipway.vision;

import dev.slipway.tensor.SlipwayException;

/** An sRGB colour, each part 0 to 255. */
public record Color(int red, int green, int blue) {
  public static final Color BLACK = grey(0);
  public static final Color WHITE = grey(255);

  public Color {
    if (((red | green | blue) & ~0xff) != 0) {
      throw new SlipwayException("colour: " + red + ", " + green + ", " + blue + " (expected: each from 0 to 255)");
    }
  }

  public static Color grey(int value) {
    return new Color(value, value, value);
  }

  /** The bytes of one pixel of this colour. */
  byte[] pixel(PixelFormat format) {
    return switch (format) {
      case RGB -> new byte[] {(byte) red, (byte) green, (byte) blue};
      case BGR -> new byte[] {(byte) blue, (byte) green, (byte) red};
      case GREY -> new byte[] {(byte) luma(red, green, blue)};
    };
  }

  /** 0.299 R + 0.587 G + 0.114 B in 15-bit fixed point, rounded. */
  static int luma(int red, int green, int blue) {
    return (9798 * red + 19235 * green + 3735 * blue + (1 << 14)) >> 15;
  }
}
