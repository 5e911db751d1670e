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
 * and for each channel where its sums start and its scale. The zero point of the activations is in the
 * starts, times the sum of the weights; so what stands for padding is bytes of the zero point.
 */
record ByteConstants(KernelRequest request, QuantizedGroup group) {
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

  /** How far from zero a channel's sum can come with these weights, on the way to its end too. */
  long largestSum() {
    Sums sums = sums();
    Tensor start = constant(QuantizedGroup.START);
    long largest = 0;
    for (int i = 0; i < sums.positive().length; i++) {
      long first = start.getLong(i) - (long) group.xZeroPoint() * (sums.positive()[i] - sums.negative()[i]);
      largest = Math.max(largest, Math.abs(first) + LARGEST_BYTE * Math.max(sums.positive()[i], sums.negative()[i]));
    }
    return largest;
  }

  /**
   * The kernel's parameters: weights, for each channel its start and its scale, and its offset where there are any.
   *
   * @param form names how the rows lie
   * @param bytes of all rows
   */
  List<Launch.Parameter> pack(PackedConstants constants, String form, long bytes, Rows rows) {
    List<Launch.Parameter> parameters = new ArrayList<>();
    Tensor weights = constant(QuantizedGroup.WEIGHTS);
    parameters.add(new Launch.Parameter.Packed(constants.onDevice(
        group.port(QuantizedGroup.WEIGHTS), form, bytes, to -> rows.pack(weights, to))));
    parameters.add(new Launch.Parameter.Packed(constants.onDevice(
        group.port(QuantizedGroup.START), "factors-" + group.xZeroPoint(), padded(channels()) * Long.BYTES,
        this::packFactors)));
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

  private void packFactors(MemorySegment to) {
    Sums sums = sums();
    Tensor start = constant(QuantizedGroup.START);
    Tensor scale = constant(QuantizedGroup.SCALE);
    for (int i = 0; i < sums.positive().length; i++) {
      int sum = (int) (sums.positive()[i] - sums.negative()[i]);
      to.setAtIndex(ValueLayout.JAVA_INT_UNALIGNED, 2L * i, (int) start.getLong(i) - group.xZeroPoint() * sum);
      to.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, 2L * i + 1, (float) scale.getDouble(i));
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
