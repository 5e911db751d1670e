package dev.slipway.vision;

/**
 * Resizing. Bilinear weights have 11 bits and the rounding is that of OpenCV's 8-bit {@code INTER_LINEAR}, so that
 * networks see the pixels that they were trained on.
 */
final class Resampling {
  private static final int WEIGHT_ONE = 1 << 11;

  private Resampling() {}

  static Image resize(Image source, int width, int height, Interpolation interpolation) {
    if (width == source.width() && height == source.height()) {
      return source;
    }
    Image target = Image.allocate(width, height, source.format());
    switch (interpolation) {
      case NEAREST -> nearest(source, target);
      case BILINEAR -> bilinear(source, target);
    }
    return target;
  }

  private static void nearest(Image source, Image target) {
    int channels = source.channels();
    int[] columns = nearest(source.width(), target.width());
    int[] rows = nearest(source.height(), target.height());
    int p = 0;
    for (int y = 0; y < target.height(); y++) {
      int row = rows[y] * source.width();
      for (int x = 0; x < target.width(); x++) {
        for (int c = 0; c < channels; c++) {
          target.pixels()[p++] = source.pixels()[(row + columns[x]) * channels + c];
        }
      }
    }
  }

  private static int[] nearest(int from, int to) {
    double scale = (double) from / to;
    int[] positions = new int[to];
    for (int i = 0; i < to; i++) {
      positions[i] = Math.min((int) (i * scale), from - 1);
    }
    return positions;
  }

  private static void bilinear(Image source, Image target) {
    Taps columns = Taps.of(source.width(), target.width());
    Taps rows = Taps.of(source.height(), target.height());
    int length = target.width() * target.channels();
    int[] upper = new int[length];
    int[] lower = new int[length];
    int upperRow = -1;
    int lowerRow = -1;
    for (int y = 0; y < target.height(); y++) {
      if (rows.first[y] != upperRow) {
        if (rows.first[y] == lowerRow) {
          int[] swap = upper;
          upper = lower;
          lower = swap;
          lowerRow = -1;
        } else {
          resizeRow(source, rows.first[y], columns, upper);
        }
        upperRow = rows.first[y];
      }
      if (rows.second[y] != lowerRow) {
        resizeRow(source, rows.second[y], columns, lower);
        lowerRow = rows.second[y];
      }
      blendRows(upper, lower, rows.firstWeight[y], rows.secondWeight[y], target.pixels(), y * length);
    }
  }

  private static void resizeRow(Image source, int row, Taps columns, int[] out) {
    int channels = source.channels();
    byte[] pixels = source.pixels();
    int start = row * source.width() * channels;
    for (int c = 0; c < channels; c++) {
      for (int x = 0, o = c; x < columns.first.length; x++, o += channels) {
        out[o] = (pixels[start + columns.first[x] * channels + c] & 0xff) * columns.firstWeight[x]
            + (pixels[start + columns.second[x] * channels + c] & 0xff) * columns.secondWeight[x];
      }
    }
  }

  private static void blendRows(int[] upper, int[] lower, int upperWeight, int lowerWeight, byte[] out, int offset) {
    for (int i = 0; i < upper.length; i++) {
      int sum = (upperWeight * (upper[i] >> 4) >> 16) + (lowerWeight * (lower[i] >> 4) >> 16);
      out[offset + i] = (byte) (sum + 2 >> 2);
    }
  }

  /** The two source positions and weights of every target position along one axis. */
  private record Taps(int[] first, int[] second, int[] firstWeight, int[] secondWeight) {

    static Taps of(int from, int to) {
      double scale = 1 / ((double) to / from);
      int[] first = new int[to];
      int[] second = new int[to];
      int[] firstWeight = new int[to];
      int[] secondWeight = new int[to];
      for (int i = 0; i < to; i++) {
        float position = (float) ((i + 0.5) * scale - 0.5);
        int floor = (int) Math.floor(position);
        float fraction = position - floor;
        first[i] = Math.clamp(floor, 0, from - 1);
        second[i] = Math.clamp(floor + 1, 0, from - 1);
        firstWeight[i] = (int) Math.rint((1 - fraction) * WEIGHT_ONE);
        secondWeight[i] = (int) Math.rint(fraction * WEIGHT_ONE);
      }
      return new Taps(first, second, firstWeight, secondWeight);
    }
  }
}
