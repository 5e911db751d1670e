package dev.slipway.vision;

import dev.slipway.tensor.DType;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Interleaved pixels to the planes of a float32 tensor N×C×H×W. */
final class Planes {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private Planes() {}

  /** Writes an image at the top left of one element of the batch; the rest of the planes keeps its values. */
  static void write(Image image, Normalization normalization, Tensor target, long batchIndex) {
    require(image, target, batchIndex);
    long height = target.dim(2);
    long width = target.dim(3);
    float[] row = new float[image.width()];
    for (int channel = 0; channel < image.channels(); channel++) {
      float[] table = normalization.table(channel);
      long plane = (batchIndex * image.channels() + channel) * height;
      for (int y = 0; y < image.height(); y++) {
        look(table, image, y, channel, row);
        MemorySegment.copy(row, 0, target.data(), FLOAT, (plane + y) * width * Float.BYTES, row.length);
      }
    }
  }

  private static void look(float[] table, Image image, int y, int channel, float[] row) {
    byte[] pixels = image.pixels();
    int channels = image.channels();
    int p = y * row.length * channels + channel;
    for (int x = 0; x < row.length; x++) {
      row[x] = table[pixels[p] & 0xff];
      p += channels;
    }
  }

  private static void require(Image image, Tensor target, long batchIndex) {
    if (target.dtype() != DType.FLOAT32 || target.rank() != 4 || batchIndex < 0 || batchIndex >= target.dim(0)
        || target.dim(1) != image.channels() || target.dim(2) < image.height() || target.dim(3) < image.width()) {
      throw new SlipwayException("tensor: " + target.type() + " for picture " + batchIndex + " (expected: float32[N, "
          + image.channels() + ", H, W] with at least " + image.height() + "x" + image.width() + ")");
    }
  }
}
