package dev.slipway.backend.cpu;

/** A {@link ByteTileKernel} in plain Java, sixteen channels to a vector; dense weights are not widened. */
record PortableByteTile(ByteTileSpec spec) implements ByteTileKernel {
  @Override
  public void run(
      long input,
      long segments,
      long weights,
      long parameters,
      long output,
      long constants,
      long beside,
      int tiles,
      int rows) {
    for (int row = 0; row < rows; row++) {
      for (int pixel = 0; pixel < tiles * spec.pixels(); pixel++) {
        long in = input + (long) row * spec.inputRow() + (long) pixel * spec.inputPixel();
        long out = output + (long) row * spec.outputRow() + (long) pixel * spec.outputPixel();
        long own = beside + spec.beside(out - output);
        int correction = spec.corrected() ? AddressSpace.getInt(own) : 0;
        pixel(in, segments, weights, parameters, out, constants, correction, own);
      }
    }
  }

  private void pixel(
      long input,
      long segments,
      long weights,
      long parameters,
      long output,
      long constants,
      int correction,
      long beside) {
    for (int channel = 0; channel < spec.blocks() * ChannelBytes.BLOCK; channel++) {
      int block = channel / ChannelBytes.BLOCK;
      int lane = channel % ChannelBytes.BLOCK;
      long own = parameters + (long) block * ChannelParameters.BLOCK_BYTES + (long) lane * Integer.BYTES;
      int sum = AddressSpace.getInt(own + ChannelParameters.STARTS)
          + correction
          + (spec.sums() == ByteTileSpec.Sums.DENSE
              ? products(input, segments, weights + (long) channel * ByteWeights.STEP)
              : tapPairs(input + lane, segments, weights + (long) lane * 2 * Short.BYTES));
      float result = Math.fma(
          (float) sum,
          AddressSpace.get(own + ChannelParameters.SCALES),
          AddressSpace.get(own + ChannelParameters.OFFSETS));
      long offset = (long) block * spec.outputBlock() + (long) lane * spec.elementBytes();
      float steps = spec.epilogue().isNone() ? result : evaluate(result, beside + spec.beside(offset));
      long to = output + offset;
      if (spec.rounds()) {
        ChannelBytes.setByte(to, round(steps, constants));
      } else {
        AddressSpace.set(to, steps);
      }
    }
  }

  private float evaluate(float result, long beside) {
    double side = spec.epilogue().side().map(own -> side(own, beside)).orElse(0.0);
    return (float) ByteEpilogue.evaluate(spec.epilogue().expression(), result, side);
  }

  private static double side(ByteEpilogue.Side side, long address) {
    return side.isByte()
        ? ((ChannelBytes.getByte(address) & 0xff) - side.zeroPoint()) * (double) side.step()
        : AddressSpace.get(address);
  }

  private int products(long input, long segments, long weights) {
    int stepBytes = spec.blocks() * ChannelBytes.BLOCK * ByteWeights.STEP;
    int sum = 0;
    long weight = weights;
    long count = AddressSpace.getLong(segments);
    for (int i = 0; i < count; i++) {
      long segment = segments + SegmentTable.HEADER_BYTES + (long) i * SegmentTable.ENTRY_BYTES;
      long from = input + AddressSpace.getLong(segment);
      long steps = AddressSpace.getLong(segment + Long.BYTES);
      for (int step = 0; step < steps; step++) {
        int x = AddressSpace.getInt(from + (long) step * ByteWeights.STEP);
        int w = AddressSpace.getInt(weight);
        sum += (x & 0xff) * (byte) w
            + (x >> 8 & 0xff) * (byte) (w >> 8)
            + (x >> 16 & 0xff) * (byte) (w >> 16)
            + (x >>> 24) * (w >> 24);
        weight += stepBytes;
      }
    }
    return sum;
  }

  private static int tapPairs(long input, long segments, long weights) {
    int sum = 0;
    long count = AddressSpace.getLong(segments);
    for (int i = 0; i < count; i++) {
      long segment = segments + SegmentTable.HEADER_BYTES + (long) i * SegmentTable.ENTRY_BYTES;
      long weight = weights + (long) i * ChannelBytes.BLOCK * 2 * Short.BYTES;
      int first = ChannelBytes.getByte(input + AddressSpace.getLong(segment)) & 0xff;
      int second = ChannelBytes.getByte(input + AddressSpace.getLong(segment + Long.BYTES)) & 0xff;
      sum += first * AddressSpace.getShort(weight) + second * AddressSpace.getShort(weight + Short.BYTES);
    }
    return sum;
  }

  private static byte round(float steps, long constants) {
    int zeroPoint = AddressSpace.getShort(constants + RoundingConstants.ZERO_POINTS);
    int lowest = ChannelBytes.getByte(constants + RoundingConstants.LOWEST) & 0xff;
    int highest = ChannelBytes.getByte(constants + RoundingConstants.HIGHEST) & 0xff;
    return (byte) (int) Math.clamp(Math.rint(steps) + zeroPoint, (double) lowest, (double) highest);
  }
}
