package dev.slipway.backend.cuda;

import dev.slipway.operators.ConvTranspose;
import dev.slipway.operators.SpatialWindow;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Transposed convolutions: a thread gathers what a few output elements get from the input, along each axis from those
 * taps alone whose input position is whole.
 */
final class ConvTransposeTactic extends AnchoredElements {
  private static final double TAPS_PER_MICRO = 2e6;

  ConvTransposeTactic(CudaDevice device) {
    super("cuda.conv_transpose", 1, device);
  }

  @Override
  Result anchor(Operation operation) {
    if (!(operation.op() instanceof ConvTranspose op)) {
      return refused("operator " + operation.op().schema().name() + " (expected: ConvTranspose)");
    }
    TensorType input = operation.input(0);
    TensorType weights = operation.input(1);
    TensorType output = operation.output();
    if (!input.layout().equals(output.layout()) || weights.layout() != Layout.CONTIGUOUS) {
      return refused("layouts " + input.layout() + ", " + weights.layout() + " and " + output.layout()
          + " (expected: those of input and output the same, weights contiguous)");
    }
    long[] dims = weights.shape().known();
    SpatialWindow window =
        op.window().complete(IntStream.range(2, dims.length).mapToObj(axis -> dims[axis]).toList());
    Gathered gathered = new Gathered(input, window, op.padsAtBeginning(window, spatial(input), spatial(output)));
    Optional<Tensor> constant = operation.request().constant(operation.port(1));
    boolean packs = op.group() == 1 && input.layout() instanceof Layout.ChannelsLast && constant.isPresent();
    Optional<Stored> stored = packs ? Optional.of(Stored.of(input, output, gathered.taps())) : Optional.empty();
    TransposedAnchor anchor = new TransposedAnchor(
        gathered, weights, operation.has(2) ? Optional.of(operation.input(2)) : Optional.empty(), op.group(), stored);
    List<Integer> ports = new ArrayList<>(List.of(operation.port(0), operation.port(1)));
    if (operation.has(2)) {
      ports.add(operation.port(2));
    }
    double products = (double) output.shape().elementCount() * dims[0] / op.group() * gathered.taps() / gathered.steps();
    return new Result.Taken(new Anchored(
        anchor,
        ports,
        Requests.movementMicros(operation.request()) + products / TAPS_PER_MICRO,
        stored.map(form -> form.packing(operation.port(1), constant.orElseThrow()))));
  }

  private static long[] spatial(TensorType type) {
    long[] dims = type.shape().known();
    return Arrays.copyOfRange(dims, 2, dims.length);
  }

  /**
   * Weights as taps × input channels × output channels, with zeros for the channels that layouts add, so that a thread
   * reads those of its lanes at once.
   */
  private record Stored(long taps, long inputs, long outputs) {
    static Stored of(TensorType input, TensorType output, long taps) {
      Layout.ChannelsLast last = (Layout.ChannelsLast) input.layout();
      return new Stored(
          taps, last.storedChannels(input.shape().known()[1]), last.storedChannels(output.shape().known()[1]));
    }

    Packing packing(int port, Tensor weights) {
      int bytes = weights.dtype().bits() / 8;
      return new Packing(
          port, "taps-first-" + inputs + "x" + outputs, taps * inputs * outputs * bytes, to -> pack(weights, bytes, to));
    }

    private void pack(Tensor weights, int bytes, MemorySegment to) {
      to.fill((byte) 0);
      for (long c = 0; c < weights.dim(0); c++) {
        for (long m = 0; m < weights.dim(1); m++) {
          for (long tap = 0; tap < taps; tap++) {
            MemorySegment.copy(weights.data(), ((c * weights.dim(1) + m) * taps + tap) * bytes,
                to, ((tap * inputs + c) * outputs + m) * bytes, bytes);
          }
        }
      }
    }
  }

  /**
   * Loops over what an output position gathers.
   *
   * @param pads at the beginning of each spatial axis
   */
  private record Gathered(TensorType input, SpatialWindow window, long[] pads) {
    long taps() {
      return window.kernel().stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b);
    }

    /** Output positions for each input position. */
    long steps() {
      return window.strides().stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b);
    }

    /** The tap along an axis is {@code ki}, the position in the input {@code hi}. */
    String loops(List<String> axes, String body) {
      StringBuilder code = new StringBuilder();
      long[] dims = input.shape().known();
      for (int i = 0; i < pads.length; i++) {
        long stride = window.strides().get(i);
        long dilation = window.dilations().get(i);
        boolean finds = dilation == 1;
        code.append("  const int from%1$d = %2$s + %3$d;\n".formatted(i, axes.get(i + 2), pads[i]));
        code.append("  for (int k%1$d = %2$s; k%1$d < %3$d; k%1$d += %4$d) {\n".formatted(
            i, finds ? "from" + i + " % " + stride : "0", window.kernel().get(i), finds ? stride : 1));
        code.append("  const int at%1$d = from%1$d - k%1$d * %2$d, h%1$d = at%1$d / %3$d;\n".formatted(
            i, dilation, stride));
        code.append("  if (at%1$d >= 0 && h%1$d < %2$d%3$s) {\n".formatted(
            i, dims[i + 2], finds ? "" : " && at" + i + " % " + stride + " == 0"));
      }
      return code + body + "  }\n  }\n".repeat(pads.length);
    }

    /** Of an element of the input at the gathered position. */
    String offset(String batch, String channel) {
      return new WindowSource(input, window, pads).offset(batch, channel);
    }

    String tap() {
      return new WindowSource(input, window, pads).tap();
    }
  }

  private record TransposedAnchor(
      Gathered gathered, TensorType weights, Optional<TensorType> bias, long group, Optional<Stored> stored)
      implements ElementSource.Anchor {
    @Override
    public List<TensorType> inputs() {
      return bias.isPresent()
          ? List.of(gathered.input(), weights, bias.get())
          : List.of(gathered.input(), weights);
    }

    @Override
    public String one(List<String> axes) {
      String channel = "(" + axes.get(1) + ")";
      long channels = weights.shape().known()[0] / group;
      long outputs = weights.shape().known()[1];
      String first = group == 1 ? "c" : "(" + channel + " / " + outputs + " * " + channels + " + c)";
      String weight = stored
          .map(form -> "(%s * %dLL + c) * %d + %s".formatted(gathered.tap(), form.inputs(), form.outputs(), channel))
          .orElse("(%s * %dLL + %s %% %d) * %d + %s".formatted(
              first, outputs, channel, outputs, gathered.taps(), gathered.tap()));
      String body = "  for (int c = 0; c < " + channels + "; c++)\n    one += widen(a0[" + gathered.offset(axes.get(0), first)
          + "]) * widen(a1[" + weight + "]);\n";
      String end = bias.isPresent() ? "  one += widen(a2[" + channel + "]);\n" : "";
      return "  float one = 0.f;\n" + gathered.loops(axes, body) + end;
    }

    @Override
    public Optional<String> packed(List<String> axes, int lanes) {
      if (stored.isEmpty() || stored.get().inputs() % lanes != 0) {
        return Optional.empty();
      }
      String channel = "(" + axes.get(1) + ")";
      String each = "#pragma unroll\n  for (int lane = 0; lane < " + lanes + "; lane++) ";
      String body = """
            for (int c = 0; c < %1$d; c += %2$d) {
            const auto v = load<%2$d>(a0 + %3$s);
          #pragma unroll
            for (int j = 0; j < %2$d; j++) {
            const auto w = load<%2$d>(a1 + (%4$s * %1$dLL + c + j) * %5$d + %6$s);
          %7$sresult[lane] += widen(v.v[j]) * widen(w.v[lane]);
            }
            }
          """.formatted(stored.get().inputs(), lanes, gathered.offset(axes.get(0), "c"), gathered.tap(),
              stored.get().outputs(), channel, each);
      String end = bias
          .map(type -> each + "if (" + channel + " + lane < " + type.shape().known()[0] + ") result[lane] += widen(a2["
              + channel + " + lane]);\n")
          .orElse("");
      return Optional.of(each + "result[lane] = 0.f;\n" + gathered.loops(axes, body) + end);
    }
  }
}
