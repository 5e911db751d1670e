package dev.slipway.backend.cuda;

import dev.slipway.operators.SpatialWindow;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Writes loops over the elements of the input under the window of an output element, one for each spatial axis.
 *
 * @param window complete
 * @param pads at the beginning of each spatial axis, then at the end
 */
record WindowSource(TensorType input, SpatialWindow window, long[] pads) {

  static WindowSource of(TensorType input, SpatialWindow window) {
    long[] dims = input.shape().known();
    long[] spatial = Arrays.copyOfRange(dims, 2, dims.length);
    return new WindowSource(input, window, window.resolvePads(spatial));
  }

  int axes() {
    return window.kernel().size();
  }

  /**
   * Loops around a body, which finds the position in the input along spatial axis i as {@code hi}, that in the window as
   * {@code ki}; positions outside of the input are left out.
   *
   * @param axes names of the output's position along all axes
   */
  String loops(List<String> axes, String body) {
    StringBuilder code = new StringBuilder();
    long[] dims = input.shape().known();
    long taps = window.kernel().stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b);
    for (int i = 0; i < axes(); i++) {
      code.append(taps <= 25 ? "#pragma unroll\n" : "#pragma unroll 1\n");
      code.append("  for (int k%d = 0; k%d < %d; k%d++) {\n".formatted(i, i, window.kernel().get(i), i));
      code.append("  const int h%d = %s * %d + k%d * %d - %d;\n".formatted(
          i, axes.get(i + 2), window.strides().get(i), i, window.dilations().get(i), pads[i]));
      code.append("  if (h%d >= 0 && h%d < %d) {\n".formatted(i, i, dims[i + 2]));
    }
    code.append(body);
    code.append("  }\n  }\n".repeat(axes()));
    return code.toString();
  }

  /** The offset in the input of the element at a channel and the window's position. */
  String offset(String batch, String channel) {
    long[] strides = Strides.of(input);
    List<String> terms = new ArrayList<>();
    terms.add("(long long) (" + batch + ") * " + strides[0]);
    terms.add("(long long) (" + channel + ") * " + strides[1]);
    for (int i = 0; i < axes(); i++) {
      terms.add("h" + i + " * " + strides[i + 2] + "LL");
    }
    return String.join(" + ", terms);
  }

  /** The place of the window's position in weights that have the window as their last axes. */
  String tap() {
    String tap = "0";
    for (int i = 0; i < axes(); i++) {
      tap = "(" + tap + " * " + window.kernel().get(i) + " + k" + i + ")";
    }
    return tap;
  }

  /** How many elements of a window count where padding does: a product over the axes. */
  String coveredElements(List<String> axes) {
    long[] dims = input.shape().known();
    List<String> factors = new ArrayList<>();
    for (int i = 0; i < axes(); i++) {
      // Positions behind the padding at the end, which ceil_mode reaches, do not count.
      factors.add("min(%d, (%d - (%s * %d - %d) + %d) / %d)".formatted(
          window.kernel().get(i), dims[i + 2] + pads[i + axes()], axes.get(i + 2), window.strides().get(i), pads[i],
          window.dilations().get(i) - 1, window.dilations().get(i)));
    }
    return String.join(" * ", factors);
  }
}
