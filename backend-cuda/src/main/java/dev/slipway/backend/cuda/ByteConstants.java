package dev.slipway.backend.cuda;

import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.operators.QuantizedConv;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The constants of a product of bytes as kernels on tensor cores read them: weights with a row for each output channel,
 * and a table with what is added to the sums of each channel and its factor. The zero point of the activations is in
 * the former, times the sum of the weights; so what stands for padding is bytes of the zero point.
 */
record ByteConstants(KernelRequest request, QuantizedGroup group) {
  /** What integers of 23 bits lie behind in a float: it is added to them, and taken away again. */
  private static final float MIDDLE = 3 << 22;

  /** Sums up to here become floats by an addition. */
  private static final long SMALL = 1 << 22;

  private static final long TABLE_ENTRY_BYTES = 8;

  /** Bytes that a kernel loads at once, of which rows and channels are multiples. */
  static final int MULTIPLE = 16;

  /** Output channels whose weights are exchanged with each other. */
  static final int GROUP = 64;

  private static final long LARGEST_BYTE = 255;

  /** Puts weights into rows; {@code to} is zeros. */
  interface Rows {
    void pack(Tensor weights, MemorySegment to);
  }

  /** Elements filled up to a multiple of what is loaded at once. */
  static long padded(long elements) {
    return Math.ceilDiv(elements, MULTIPLE) * MULTIPLE;
  }

  private Tensor constant(int anchorInput) {
    return request.constant(group.port(anchorInput)).orElseThrow();
  }

  long channels() {
    return constant(QuantizedGroup.START).elementCount();
  }

  /** Whether a channel has one that is not zero. */
  boolean hasOffset() {
    return Arrays.stream(constant(QuantizedGroup.OFFSET).toDoubles()).anyMatch(offset -> offset != 0);
  }

  /** Whether sums are small enough to become floats by an addition, with these weights and any activations. */
  boolean hasSmallSums() {
    return Arrays.stream(largestSums(sums())).allMatch(sum -> sum < SMALL);
  }

  /** How far from zero a result can come before anything is applied to it. */
  double largestResult() {
    long[] sums = largestSums(sums());
    Tensor scale = constant(QuantizedGroup.SCALE);
    Tensor offset = constant(QuantizedGroup.OFFSET);
    double largest = 0;
    for (int i = 0; i < sums.length; i++) {
      largest = Math.max(largest, sums[i] * Math.abs(scale.getDouble(i)) + Math.abs(offset.getDouble(i)));
    }
    return largest;
  }

  /** How far from zero the sum of each channel can come, on the way to its end too. */
  private long[] largestSums(Sums sums) {
    Tensor start = constant(QuantizedGroup.START);
    long[] largest = new long[sums.positive().length];
    for (int i = 0; i < largest.length; i++) {
      long first = start.getLong(i) - (long) group.xZeroPoint() * (sums.positive()[i] - sums.negative()[i]);
      largest[i] = Math.abs(first) + LARGEST_BYTE * Math.max(sums.positive()[i], sums.negative()[i]);
    }
    return largest;
  }

  /**
   * The kernel's parameters: weights, the table of the channels, and their offsets where there are any.
   *
   * @param factor by which scales are multiplied
   * @param form names how the rows lie
   * @param bytes of all rows
   */
  List<Launch.Parameter> pack(PackedConstants constants, double factor, String form, long bytes, Rows rows) {
    List<Launch.Parameter> parameters = new ArrayList<>();
    Tensor weights = constant(QuantizedGroup.WEIGHTS);
    parameters.add(new Launch.Parameter.Packed(constants.onDevice(
        group.port(QuantizedGroup.WEIGHTS), form, bytes, to -> rows.pack(weights, to))));
    parameters.add(new Launch.Parameter.Packed(constants.onDevice(
        group.port(QuantizedGroup.START), "table-" + group.xZeroPoint() + "-" + factor,
        rows(channels()) * TABLE_ENTRY_BYTES, to -> packTable(factor, to))));
    if (hasOffset()) {
      Tensor offset = constant(QuantizedGroup.OFFSET);
      parameters.add(new Launch.Parameter.Packed(constants.onDevice(
          group.port(QuantizedGroup.OFFSET), "padded", padded(channels()) * Float.BYTES,
          to -> MemorySegment.copy(offset.data(), 0, to, 0, offset.type().bytes()))));
    }
    return parameters;
  }

  /** What stands for padding: as many bytes as are loaded at once. */
  Launch.Parameter padding(PackedConstants constants) {
    return new Launch.Parameter.Packed(constants.onDevice(
        group.port(QuantizedGroup.START), "padding-" + group.xZeroPoint(), MULTIPLE,
        to -> to.fill((byte) group.xZeroPoint())));
  }

  /**
   * For each four neighbouring channels first what is added to their sums, as floats where these are small, then their
   * factors; in a group those at once that four neighbouring threads read.
   */
  private void packTable(double factor, MemorySegment to) {
    Sums sums = sums();
    boolean areSmall = hasSmallSums();
    Tensor start = constant(QuantizedGroup.START);
    Tensor scale = constant(QuantizedGroup.SCALE);
    for (int i = 0; i < sums.positive().length; i++) {
      int first = (int) start.getLong(i) - group.xZeroPoint() * (int) (sums.positive()[i] - sums.negative()[i]);
      int in = i % GROUP;
      long entry = 2L * (i - in) + in % 16 / 4 * 32 + in / 16 * 4 + in % 4;
      to.setAtIndex(ValueLayout.JAVA_INT_UNALIGNED, entry, areSmall ? Float.floatToRawIntBits(first - MIDDLE) : first);
      to.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, entry + 16, (float) (scale.getDouble(i) * factor));
    }
  }

  /** For each channel the sum of its positive weights, and that of its negative ones without the sign. */
  private record Sums(long[] positive, long[] negative) {}

  private Sums sums() {
    MemorySegment weights = constant(QuantizedGroup.WEIGHTS).data();
    int channels = Math.toIntExact(channels());
    long depth = constant(QuantizedGroup.WEIGHTS).elementCount() / channels;
    boolean areRows = group.anchor() instanceof QuantizedConv;
    Sums sums = new Sums(new long[channels], new long[channels]);
    for (int channel = 0; channel < channels; channel++) {
      for (long i = 0; i < depth; i++) {
        byte weight = weights.get(ValueLayout.JAVA_BYTE, areRows ? channel * depth + i : i * channels + channel);
        (weight > 0 ? sums.positive() : sums.negative())[channel] += Math.abs(weight);
      }
    }
    return sums;
  }

  /** Rows of weights for so many output channels. */
  static long rows(long channels) {
    return Math.ceilDiv(channels, GROUP) * GROUP;
  }

  /**
   * The row of the weights of an output channel: such that the results which a thread has, two for each eight rows, are
   * those of neighbouring channels.
   */
  static long row(long channel) {
    long in = channel % GROUP;
    return channel - in + in % 16 / 2 * 8 + in / 16 * 2 + in % 2;
  }

  /** The same for results that stay floats: four neighbouring channels for each sixteen rows. */
  static long rowOfFloats(long channel) {
    long in = channel % 16;
    return channel - in + in % 4 / 2 * 8 + in / 4 * 2 + in % 2;
  }

  private long weightRow(long channel) {
    return group.rounding().isPresent() ? row(channel) : rowOfFloats(channel);
  }

  /** For each row the place in the window, then the input channel; input channels filled up. */
  void packWindows(Tensor weights, MemorySegment to) {
    long[] dims = weights.dims();
    long taps = dims[2] * dims[3];
    long stored = padded(dims[1]);
    for (long k = 0; k < dims[0]; k++) {
      for (long c = 0; c < dims[1]; c++) {
        for (long tap = 0; tap < taps; tap++) {
          byte value = weights.data().get(ValueLayout.JAVA_BYTE, (k * dims[1] + c) * taps + tap);
          to.set(ValueLayout.JAVA_BYTE, (weightRow(k) * taps + tap) * stored + c, value);
        }
      }
    }
  }

  /** The columns of a matrix K×N as rows. */
  void packColumns(Tensor weights, MemorySegment to) {
    long[] dims = weights.dims();
    for (long k = 0; k < dims[0]; k++) {
      for (long n = 0; n < dims[1]; n++) {
        byte value = weights.data().get(ValueLayout.JAVA_BYTE, k * dims[1] + n);
        to.set(ValueLayout.JAVA_BYTE, weightRow(n) * dims[0] + k, value);
      }
    }
  }
}
