package dev.slipway.backend.cpu;

import java.util.Arrays;

/**
 * A {@link ByteTileKernel} in plain Java; dense weights are not widened. Dense sums are those of {@link ScalarProduct},
 * which are exact: it adds fewer products as floats than could reach 2^24.
 */
record PortableByteTile(ByteTileSpec spec, ByteResults results) implements ByteTileKernel {
  private static final int BLOCK = ChannelBytes.BLOCK;

  PortableByteTile(ByteTileSpec spec) {
    this(spec, new ByteResults(spec));
  }

  /**
   * A call.
   *
   * @param width pixels of a row; a pixel is counted over all rows
   */
  private record Call(Operands operands, int width) {}

  @Override
  public void run(Operands operands, int tiles, int rows) {
    int width = tiles * spec.pixels();
    Call at = new Call(operands, width);
    for (int first = 0; first < rows * width; first += ScalarProduct.TILE) {
      int count = Math.min(ScalarProduct.TILE, rows * width - first);
      if (spec.sums() == ByteTileSpec.Sums.DENSE) {
        dense(at, first, count);
      } else {
        tapPairs(at, first, count);
      }
    }
  }

  private long input(Call at, int pixel) {
    return at.operands.input() + (long) (pixel / at.width) * spec.inputRow() + (long) (pixel % at.width) * spec.inputPixel();
  }

  private void dense(Call at, int first, int count) {
    ScalarScratch scratch = ScalarScratch.own();
    int depth = Math.toIntExact(AddressSpace.getLong(at.operands.segments() + SegmentTable.STEPS)) * ByteWeights.STEP;
    float[][] tile = scratch.tile(depth);
    gather(at, first, count, tile);
    float[] row = scratch.row(depth);
    double[] sums = scratch.sums();
    int stepBytes = spec.blocks() * BLOCK * ByteWeights.STEP;
    for (int channel = 0; channel < spec.blocks() * BLOCK; channel++) {
      long own = at.operands.weights() + (long) channel * ByteWeights.STEP;
      for (int k = 0; k < depth; k++) {
        row[k] = ChannelBytes.getByte(own + (long) (k / ByteWeights.STEP) * stepBytes + k % ByteWeights.STEP);
      }
      Arrays.fill(sums, 0, count, 0);
      ScalarProduct.addRow(row, depth, tile, count, scratch.line(ScalarProduct.TILE), sums);
      write(at, first, count, channel, sums);
    }
  }

  /** A row for each byte under a pixel, a column for each pixel. */
  private void gather(Call at, int first, int count, float[][] tile) {
    long segmentCount = AddressSpace.getLong(at.operands.segments());
    int k = 0;
    for (int i = 0; i < segmentCount; i++) {
      long segment = at.operands.segments() + SegmentTable.HEADER_BYTES + (long) i * SegmentTable.ENTRY_BYTES;
      long offset = AddressSpace.getLong(segment);
      long bytes = AddressSpace.getLong(segment + Long.BYTES) * ByteWeights.STEP;
      for (int pixel = 0; pixel < count; pixel++) {
        long from = input(at, first + pixel) + offset;
        for (int b = 0; b < bytes; b++) {
          long own = from + (long) (b / ByteWeights.STEP) * spec.inputStep() + b % ByteWeights.STEP;
          tile[k + b][pixel] = ChannelBytes.getByte(own) & 0xff;
        }
      }
      k += (int) bytes;
    }
  }

  private void tapPairs(Call at, int first, int count) {
    double[] sums = ScalarScratch.own().sums();
    for (int lane = 0; lane < BLOCK; lane++) {
      for (int i = 0; i < count; i++) {
        sums[i] = tapPairs(input(at, first + i) + lane, at.operands.segments(), at.operands.weights() + (long) lane * 2 * Short.BYTES);
      }
      write(at, first, count, lane, sums);
    }
  }

  private static int tapPairs(long input, long segments, long weights) {
    int sum = 0;
    long count = AddressSpace.getLong(segments);
    for (int i = 0; i < count; i++) {
      long segment = segments + SegmentTable.HEADER_BYTES + (long) i * SegmentTable.ENTRY_BYTES;
      long weight = weights + (long) i * BLOCK * 2 * Short.BYTES;
      int first = ChannelBytes.getByte(input + AddressSpace.getLong(segment)) & 0xff;
      int second = ChannelBytes.getByte(input + AddressSpace.getLong(segment + Long.BYTES)) & 0xff;
      sum += first * AddressSpace.getShort(weight) + second * AddressSpace.getShort(weight + Short.BYTES);
    }
    return sum;
  }

  /** Writes the results of a channel, the pixels of one row at a time. */
  private void write(Call at, int first, int count, int channel, double[] products) {
    float[] scaled = ScalarScratch.own().line(ScalarProduct.TILE);
    long within = (long) (channel / BLOCK) * spec.outputBlock() + (long) (channel % BLOCK) * spec.elementBytes();
    for (int i = 0; i < count; ) {
      int pixel = first + i;
      int run = Math.min(at.width - pixel % at.width, count - i);
      long offset = (long) (pixel / at.width) * spec.outputRow() + (long) (pixel % at.width) * spec.outputPixel();
      scale(at, channel, products, i, run, at.operands.beside() + spec.beside(offset), scaled);
      results.write(scaled, i, run, new ByteResults.Target(
          at.operands.output() + offset + within,
          spec.outputPixel() / spec.elementBytes(),
          at.operands.constants(),
          spec.hasPixelNumbers() ? 0 : at.operands.beside() + spec.beside(offset + within)));
      i += run;
    }
  }

  private void scale(
      Call at, int channel, double[] products, int first, int count, long numbers, float[] scaled) {
    long own = at.operands.parameters()
        + (long) (channel / BLOCK) * ChannelParameters.BLOCK_BYTES
        + (long) (channel % BLOCK) * Integer.BYTES;
    int start = AddressSpace.getInt(own + ChannelParameters.STARTS);
    float scale = AddressSpace.get(own + ChannelParameters.SCALES);
    float offset = AddressSpace.get(own + ChannelParameters.OFFSETS);
    for (int i = 0; i < count; i++) {
      int correction = spec.corrected() ? AddressSpace.getInt(numbers + (long) i * Integer.BYTES) : 0;
      float factor = spec.scaled() ? scale * AddressSpace.get(numbers + (long) i * Float.BYTES) : scale;
      scaled[first + i] = Math.fma((float) ((int) products[first + i] + start + correction), factor, offset);
    }
  }
}
