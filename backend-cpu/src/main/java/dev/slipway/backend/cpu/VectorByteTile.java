package dev.slipway.backend.cpu;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * A {@link ByteTileKernel} over the Vector API, {@link #PIXELS} pixels at a time; dense weights are not widened. Products
 * are added as floats while their sums are exact, then as ints. Pairs of taps only where {@link Bytes#VECTORS}.
 */
record VectorByteTile(ByteTileSpec spec, ByteResults results) implements ByteTileKernel {
  static final int PIXELS = 4;

  private static final int BLOCK = ChannelBytes.BLOCK;

  /** Steps whose products, four of at most 255 * 128 in each, stay below 2^24 together. */
  private static final int EXACT_STEPS = 128;

  private static final int LAST_BYTE = 24;

  VectorByteTile(ByteTileSpec spec) {
    this(spec, new ByteResults(spec));
  }

  /**
   * One vector of channels of up to {@link #PIXELS} pixels.
   *
   * @param at the first pixel's addresses
   * @param count of pixels
   * @param channel the first, counted from the tile's
   * @param sums memory for those of {@link #PIXELS} pixels
   * @param values memory for a vector of results
   */
  private record Part(Operands at, int count, int channel, int[] sums, float[] values) {}

  @Override
  public void run(Operands operands, int tiles, int rows) {
    float[] values = ScalarScratch.own().line(Memory.LANES);
    int[] sums = ScalarScratch.own().integers(PIXELS * Memory.LANES);
    int count = tiles * spec.pixels();
    int step = spec.sums() == ByteTileSpec.Sums.DENSE ? PIXELS : 1;
    for (int channel = 0; channel < spec.blocks() * BLOCK; channel += Memory.LANES) {
      for (int row = 0; row < rows; row++) {
        for (int pixel = 0; pixel < count; pixel += step) {
          run(new Part(moved(operands, row, pixel), Math.min(step, count - pixel), channel, sums, values));
        }
      }
    }
  }

  private Operands moved(Operands first, long row, long pixel) {
    long output = row * spec.outputRow() + pixel * spec.outputPixel();
    return new Operands(
        first.input() + row * spec.inputRow() + pixel * spec.inputPixel(),
        first.segments(),
        first.weights(),
        first.parameters(),
        first.output() + output,
        first.constants(),
        first.beside() + spec.beside(output));
  }

  private void run(Part part) {
    Arrays.fill(part.sums, 0);
    if (spec.sums() == ByteTileSpec.Sums.DENSE) {
      dense(part);
    } else {
      tapPairs(part);
    }
    for (int pixel = 0; pixel < part.count; pixel++) {
      finish(part, pixel);
    }
  }

  /** One of the four bytes of each word as a signed number: the lowest for 24, the highest for 0. */
  private static FloatVector place(IntVector words, int shift) {
    return (FloatVector) words
        .lanewise(VectorOperators.LSHL, shift)
        .lanewise(VectorOperators.ASHR, LAST_BYTE)
        .convert(VectorOperators.I2F, 0);
  }

  private static FloatVector add(FloatVector sum, FloatVector weights, int word, int shift) {
    return weights.fma(Lanes.all(word >>> shift & 0xff), sum);
  }

  /** Adds exact sums to those of a pixel, in memory: so that few vectors live at once, which C2 keeps in registers. */
  private static void spill(FloatVector part, int[] sums, int pixel) {
    int first = pixel * Memory.LANES;
    IntVector.fromArray(Bytes.INTS, sums, first)
        .add((IntVector) part.convert(VectorOperators.F2I, 0))
        .intoArray(sums, first);
  }

  /** Sums of four pixels, the last of the part taking the place of those that are not there. */
  private void dense(Part part) {
    Operands at = part.at;
    long second = pixel(part, 1);
    long third = pixel(part, 2);
    long fourth = pixel(part, 3);
    int stepBytes = spec.blocks() * BLOCK * ByteWeights.STEP;
    long weight = at.weights() + (long) part.channel * ByteWeights.STEP;
    FloatVector a = Lanes.zero();
    FloatVector b = Lanes.zero();
    FloatVector c = Lanes.zero();
    FloatVector d = Lanes.zero();
    int left = EXACT_STEPS;
    long count = AddressSpace.getLong(at.segments());
    for (int i = 0; i < count; i++) {
      long segment = at.segments() + SegmentTable.HEADER_BYTES + (long) i * SegmentTable.ENTRY_BYTES;
      long from = at.input() + AddressSpace.getLong(segment);
      int steps = (int) AddressSpace.getLong(segment + Long.BYTES);
      for (int step = 0; step < steps; step++) {
        IntVector words = Bytes.loadInts(weight);
        int x = AddressSpace.getInt(from);
        int y = AddressSpace.getInt(from + second);
        int z = AddressSpace.getInt(from + third);
        int w = AddressSpace.getInt(from + fourth);
        for (int shift = 0; shift <= LAST_BYTE; shift += Byte.SIZE) {
          FloatVector weights = place(words, LAST_BYTE - shift);
          a = add(a, weights, x, shift);
          b = add(b, weights, y, shift);
          c = add(c, weights, z, shift);
          d = add(d, weights, w, shift);
        }
        from += spec.inputStep();
        weight += stepBytes;
        if (--left == 0) {
          left = EXACT_STEPS;
          spill(a, part.sums, 0);
          spill(b, part.sums, 1);
          spill(c, part.sums, 2);
          spill(d, part.sums, 3);
          a = Lanes.zero();
          b = Lanes.zero();
          c = Lanes.zero();
          d = Lanes.zero();
        }
      }
    }
    spill(a, part.sums, 0);
    spill(b, part.sums, 1);
    spill(c, part.sums, 2);
    spill(d, part.sums, 3);
  }

  /** Bytes from the first pixel of a part to another one, or to the last. */
  private long pixel(Part part, int pixel) {
    return (long) Math.min(pixel, part.count - 1) * spec.inputPixel();
  }

  private void tapPairs(Part part) {
    Operands at = part.at;
    IntVector sum = IntVector.zero(Bytes.INTS);
    long count = AddressSpace.getLong(at.segments());
    for (int i = 0; i < count; i++) {
      long segment = at.segments() + SegmentTable.HEADER_BYTES + (long) i * SegmentTable.ENTRY_BYTES;
      IntVector weights =
          Bytes.loadInts(at.weights() + ((long) i * BLOCK + part.channel) * 2 * Short.BYTES);
      IntVector first = Bytes.loadUnsigned(at.input() + part.channel + AddressSpace.getLong(segment));
      IntVector second = Bytes.loadUnsigned(at.input() + part.channel + AddressSpace.getLong(segment + Long.BYTES));
      IntVector low = weights.lanewise(VectorOperators.LSHL, Short.SIZE).lanewise(VectorOperators.ASHR, Short.SIZE);
      sum = sum.add(first.mul(low)).add(second.mul(weights.lanewise(VectorOperators.ASHR, Short.SIZE)));
    }
    sum.intoArray(part.sums, 0);
  }

  /** Makes results of the sums of products of a pixel. */
  private void finish(Part part, int pixel) {
    Operands at = part.at;
    int block = part.channel / BLOCK;
    int lane = part.channel % BLOCK;
    long own = at.parameters() + (long) block * ChannelParameters.BLOCK_BYTES + (long) lane * Integer.BYTES;
    long offset = (long) pixel * spec.outputPixel();
    long within = (long) block * spec.outputBlock() + (long) lane * spec.elementBytes();
    IntVector sum = IntVector.fromArray(Bytes.INTS, part.sums, pixel * Memory.LANES)
        .add(Bytes.loadInts(own + ChannelParameters.STARTS));
    if (spec.corrected()) {
      sum = sum.add(AddressSpace.getInt(at.beside() + spec.beside(offset)));
    }
    FloatVector scale = Memory.load(own + ChannelParameters.SCALES);
    if (spec.scaled()) {
      scale = scale.mul(AddressSpace.get(at.beside() + spec.beside(offset)));
    }
    FloatVector scaled = ((FloatVector) sum.convert(VectorOperators.I2F, 0))
        .fma(scale, Memory.load(own + ChannelParameters.OFFSETS));
    long to = at.output() + offset + within;
    if (!spec.epilogue().isNone()) {
      scaled.intoArray(part.values, 0);
      results.write(part.values, 0, Memory.LANES, new ByteResults.Target(
          to, 1, at.constants(), at.beside() + spec.beside(offset + within)));
    } else if (spec.rounds()) {
      store(VectorQuantization.rounded(
          scaled,
          ByteResults.lowest(at.constants()),
          ByteResults.highest(at.constants()),
          ByteResults.zeroPoint(at.constants())), to, part.sums);
    } else {
      Memory.store(scaled, to);
    }
  }

  private static void store(IntVector bytes, long to, int[] memory) {
    if (Bytes.VECTORS) {
      Bytes.store(bytes, to);
      return;
    }
    bytes.intoArray(memory, 0);
    for (int i = 0; i < Memory.LANES; i++) {
      Bytes.set(to + i, (byte) memory[i]);
    }
  }
}
