package dev.slipway.vision;

import java.util.Arrays;

/**
 * Resizing, with the fixed-point weights and rounding of the libraries that {@link Interpolation} names, so that
 * networks see the pixels that they were trained on.
 */
final class Resampling {
  private static final int WEIGHT_ONE = 1 << 11;
  private static final int TRIANGLE_BITS = 22;

  private Resampling() {}

  static Image resize(Image source, int width, int height, Interpolation interpolation) {
    if (width == source.width() && height == source.height()) {
      return source;
    }
    return switch (interpolation) {
      case NEAREST -> nearest(source, Image.allocate(width, height, source.format()));
      case BILINEAR -> bilinear(source, Image.allocate(width, height, source.format()));
      case ANTIALIASED -> triangleRows(triangleColumns(source, width), height);
    };
  }

  private static Image nearest(Image source, Image target) {
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
    return target;
  }

  private static int[] nearest(int from, int to) {
    double scale = (double) from / to;
    int[] positions = new int[to];
    for (int i = 0; i < to; i++) {
      positions[i] = Math.min((int) (i * scale), from - 1);
    }
    return positions;
  }

  private static Image bilinear(Image source, Image target) {
    Taps columns = Taps.of(source.width(), target.width(), source.channels());
    Taps rows = Taps.of(source.height(), target.height(), 1);
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
    return target;
  }

  private static void resizeRow(Image source, int row, Taps columns, int[] out) {
    byte[] pixels = source.pixels();
    int start = row * source.width() * source.channels();
    int[] first = columns.first;
    int[] second = columns.second;
    int[] firstWeight = columns.firstWeight;
    int[] secondWeight = columns.secondWeight;
    for (int i = 0; i < out.length; i++) {
      out[i] = (pixels[start + first[i]] & 0xff) * firstWeight[i]
          + (pixels[start + second[i]] & 0xff) * secondWeight[i];
    }
  }

  private static void blendRows(int[] upper, int[] lower, int upperWeight, int lowerWeight, byte[] out, int offset) {
    for (int i = 0; i < upper.length; i++) {
      int sum = (upperWeight * (upper[i] >> 4) >> 16) + (lowerWeight * (lower[i] >> 4) >> 16);
      out[offset + i] = (byte) (sum + 2 >> 2);
    }
  }

  private static Image triangleColumns(Image source, int width) {
    Image target = Image.allocate(width, source.height(), source.format());
    Triangles triangles = Triangles.of(source.width(), width);
    int channels = source.channels();
    int p = 0;
    for (int y = 0; y < source.height(); y++) {
      for (int x = 0; x < width; x++) {
        int[] weights = triangles.weights[x];
        int start = (y * source.width() + triangles.first[x]) * channels;
        for (int c = 0; c < channels; c++) {
          int sum = 1 << TRIANGLE_BITS - 1;
          for (int i = 0; i < weights.length; i++) {
            sum += (source.pixels()[start + i * channels + c] & 0xff) * weights[i];
          }
          target.pixels()[p++] = (byte) (sum >> TRIANGLE_BITS);
        }
      }
    }
    return target;
  }

  private static Image triangleRows(Image source, int height) {
    Image target = Image.allocate(source.width(), height, source.format());
    Triangles triangles = Triangles.of(source.height(), height);
    int length = source.width() * source.channels();
    int[] sums = new int[length];
    for (int y = 0; y < height; y++) {
      Arrays.fill(sums, 1 << TRIANGLE_BITS - 1);
      for (int i = 0; i < triangles.weights[y].length; i++) {
        addRow(source.pixels(), (triangles.first[y] + i) * length, triangles.weights[y][i], sums);
      }
      for (int x = 0; x < length; x++) {
        target.pixels()[y * length + x] = (byte) (sums[x] >> TRIANGLE_BITS);
      }
    }
    return target;
  }

  private static void addRow(byte[] pixels, int start, int weight, int[] sums) {
    for (int x = 0; x < sums.length; x++) {
      sums[x] += (pixels[start + x] & 0xff) * weight;
    }
  }

  /** The two source elements and weights of every target element along one axis of interleaved channels. */
  private record Taps(int[] first, int[] second, int[] firstWeight, int[] secondWeight) {

    static Taps of(int from, int to, int channels) {
      int length = to * channels;
      Taps taps = new Taps(new int[length], new int[length], new int[length], new int[length]);
      double scale = 1 / ((double) to / from);
      for (int i = 0; i < length; i++) {
        float position = (float) ((i / channels + 0.5) * scale - 0.5);
        int floor = (int) Math.floor(position);
        float fraction = position - floor;
        taps.first[i] = Math.clamp(floor, 0, from - 1) * channels + i % channels;
        taps.second[i] = Math.clamp(floor + 1, 0, from - 1) * channels + i % channels;
        taps.firstWeight[i] = (int) Math.rint((1 - fraction) * WEIGHT_ONE);
        taps.secondWeight[i] = (int) Math.rint(fraction * WEIGHT_ONE);
      }
      return taps;
    }
  }

  /** The first source position and the weights of every target position along one axis. */
  private record Triangles(int[] first, int[][] weights) {

    static Triangles of(int from, int to) {
      double scale = (double) from / to;
      double radius = Math.max(scale, 1);
      int[] first = new int[to];
      int[][] weights = new int[to][];
      for (int i = 0; i < to; i++) {
        double center = (i + 0.5) * scale;
        first[i] = Math.max((int) (center - radius + 0.5), 0);
        int end = Math.min((int) (center + radius + 0.5), from);
        weights[i] = weights(first[i], end, center, radius);
      }
      return new Triangles(first, weights);
    }

    private static int[] weights(int first, int end, double center, double radius) {
      double[] heights = new double[end - first];
      double sum = 0;
      for (int i = 0; i < heights.length; i++) {
        heights[i] = Math.max(1 - Math.abs((first + i - center + 0.5) / radius), 0);
        sum += heights[i];
      }
      int[] weights = new int[heights.length];
      for (int i = 0; i < heights.length; i++) {
        weights[i] = (int) (heights[i] / sum * (1 << TRIANGLE_BITS) + 0.5);
      }
      return weights;
    }
  }
}
