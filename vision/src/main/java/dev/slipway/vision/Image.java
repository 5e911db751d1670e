package dev.slipway.vision;

import dev.slipway.tensor.SlipwayException;
import java.util.Objects;

/**
 * Pixels of 8 bits per channel, interleaved, rows from the top without gaps. The array is shared, not copied: whoever
 * made the image owns it, and only {@link Canvas} writes into an image. Two images are equal when they are the same
 * pixels in memory.
 *
 * @param width in pixels, at least 1
 * @param height in pixels, at least 1
 * @param pixels {@code width * height * channels} unsigned bytes
 */
public record Image(int width, int height, PixelFormat format, byte[] pixels) {

  public Image {
    Objects.requireNonNull(format, "format");
    if (pixels.length != byteCount(width, height, format)) {
      throw new SlipwayException("pixels of " + width + "x" + height + " " + format + ": " + pixels.length
          + " bytes (expected: " + byteCount(width, height, format) + ")");
    }
  }

  /** A black image. */
  public static Image allocate(int width, int height, PixelFormat format) {
    return new Image(width, height, format, new byte[byteCount(width, height, format)]);
  }

  /** An image of one colour. */
  public static Image filled(int width, int height, PixelFormat format, Color color) {
    Image image = allocate(width, height, format);
    image.fill(0, 0, width, height, color);
    return image;
  }

  public int channels() {
    return format.channels();
  }

  /** The value 0 to 255 of one channel. */
  public int sample(int x, int y, int channel) {
    Objects.checkIndex(x, width);
    Objects.checkIndex(channel, channels());
    return pixels[(y * width + x) * channels() + channel] & 0xff;
  }

  /** This image in another format, itself where it has that already. Grey is the luma of ITU-R BT.601. */
  public Image to(PixelFormat other) {
    if (other == format) {
      return this;
    }
    Image converted = allocate(width, height, other);
    if (format == PixelFormat.GREY) {
      spread(pixels, converted.pixels);
    } else if (other == PixelFormat.GREY) {
      luma(pixels, format == PixelFormat.RGB ? 0 : 2, converted.pixels);
    } else {
      reverse(pixels, converted.pixels);
    }
    return converted;
  }

  /** A copy of a rectangle that lies inside this image. */
  public Image crop(int x, int y, int cropWidth, int cropHeight) {
    if (x < 0 || y < 0 || cropWidth < 1 || cropHeight < 1 || x > width - cropWidth || y > height - cropHeight) {
      throw new SlipwayException("crop: " + cropWidth + "x" + cropHeight + " at " + x + "," + y
          + " (expected: inside " + width + "x" + height + ")");
    }
    Image cropped = allocate(cropWidth, cropHeight, format);
    copyRows(this, x, y, cropped, 0, 0, cropWidth, cropHeight);
    return cropped;
  }

  /** A copy with borders of one colour, widths in pixels. */
  public Image pad(int left, int top, int right, int bottom, Color color) {
    if (left < 0 || top < 0 || right < 0 || bottom < 0) {
      throw new SlipwayException("borders: " + left + ", " + top + ", " + right + ", " + bottom + " (expected: >= 0)");
    }
    Image padded = filled(width + left + right, height + top + bottom, format, color);
    copyRows(this, 0, 0, padded, left, top, width, height);
    return padded;
  }

  /** A copy turned by 180 degrees. */
  public Image rotate180() {
    Image rotated = allocate(width, height, format);
    int channels = channels();
    int last = pixels.length - channels;
    for (int p = 0; p <= last; p += channels) {
      for (int c = 0; c < channels; c++) {
        rotated.pixels[last - p + c] = pixels[p + c];
      }
    }
    return rotated;
  }

  /** A copy turned by 90 degrees counter-clockwise: the right edge becomes the top. */
  public Image rotate90CounterClockwise() {
    Image rotated = allocate(height, width, format);
    int channels = channels();
    int target = 0;
    for (int x = width - 1; x >= 0; x--) {
      for (int y = 0; y < height; y++) {
        for (int c = 0; c < channels; c++) {
          rotated.pixels[target++] = pixels[(y * width + x) * channels + c];
        }
      }
    }
    return rotated;
  }

  @Override
  public String toString() {
    return "Image[" + width + "x" + height + " " + format + "]";
  }

  void fill(int x, int y, int fillWidth, int fillHeight, Color color) {
    int channels = channels();
    byte[] pixel = color.pixel(format);
    for (int row = y; row < y + fillHeight; row++) {
      for (int p = (row * width + x) * channels, end = p + fillWidth * channels; p < end; p += channels) {
        System.arraycopy(pixel, 0, pixels, p, channels);
      }
    }
  }

  private static void copyRows(
      Image source, int sourceX, int sourceY, Image target, int targetX, int targetY, int width, int height) {
    int channels = source.channels();
    for (int y = 0; y < height; y++) {
      System.arraycopy(source.pixels, ((sourceY + y) * source.width + sourceX) * channels,
          target.pixels, ((targetY + y) * target.width + targetX) * channels, width * channels);
    }
  }

  private static void spread(byte[] grey, byte[] color) {
    for (int i = 0; i < grey.length; i++) {
      color[3 * i] = grey[i];
      color[3 * i + 1] = grey[i];
      color[3 * i + 2] = grey[i];
    }
  }

  private static void luma(byte[] color, int red, byte[] grey) {
    for (int i = 0; i < grey.length; i++) {
      grey[i] = (byte) Color.luma(color[3 * i + red] & 0xff, color[3 * i + 1] & 0xff, color[3 * i + 2 - red] & 0xff);
    }
  }

  private static void reverse(byte[] source, byte[] target) {
    for (int i = 0; i < source.length; i += 3) {
      target[i] = source[i + 2];
      target[i + 1] = source[i + 1];
      target[i + 2] = source[i];
    }
  }

  private static int byteCount(int width, int height, PixelFormat format) {
    long bytes = (long) width * height * format.channels();
    if (width < 1 || height < 1 || bytes > Integer.MAX_VALUE - 8) {
      throw new SlipwayException(
          "size of image: " + width + "x" + height + " (expected: at least 1x1 and under 2 GiB)");
    }
    return (int) bytes;
  }
}
