package dev.slipway.backend.cuda;

import dev.slipway.backend.DeviceBuffer;
import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.TuningChoice;
import dev.slipway.backend.FusedGroup;
import dev.slipway.operators.Expression;
import dev.slipway.operators.Resize;
import dev.slipway.operators.ResizedAxis;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Resizing by tables of the elements that make each position of an axis. */
final class ResizeTactic extends CudaTactic {

  ResizeTactic(CudaDevice device) {
    super("cuda.resize", 1, device);
  }

  @Override
  public Support supports(KernelRequest request) {
    if (!(request.op() instanceof Resize)) {
      return Requests.operator(request, "Resize");
    }
    boolean areConstant = IntStream.range(1, request.inputs().size())
        .allMatch(port -> !request.has(port) || request.constant(port).isPresent());
    if (!areConstant || !isTaken(request)
        || !request.input(0).layout().equals(request.output().layout()) || request.output().bytes() == 0) {
      return Requests.unsupported(
          "input " + request.input(0) + " (expected: floats, or bytes by the nearest; constant sizes, one layout)");
    }
    if (((Resize) request.op()).coordinates() == Resize.Coordinates.TF_CROP_AND_RESIZE) {
      return Requests.unsupported("coordinates outside of the input (expected: none)");
    }
    return new Support.Supported(Requests.movementMicros(request));
  }

  /** A float32 holds every byte. */
  private static boolean isTaken(KernelRequest request) {
    DType type = request.output().dtype();
    boolean isByte = type == DType.UINT8 || type == DType.INT8;
    return CudaTypes.REALS.contains(type) || isByte && ((Resize) request.op()).mode() == Resize.Mode.NEAREST;
  }

  /** The tables of an axis that changes: for each position the elements, and how much each counts. */
  private record Table(int axis, int taps, DeviceBuffer indices, DeviceBuffer weights) {}

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    Resize resize = (Resize) request.op();
    List<ResizedAxis> axes =
        resize.axes(request.input(0).shape().known(), request.output().shape().known(), request::constant);
    List<Table> tables = new ArrayList<>();
    for (int axis = 0; axis < axes.size(); axis++) {
      if (!axes.get(axis).isIdentity(resize)) {
        tables.add(table(axis, axes.get(axis).taps(resize), constants));
      }
    }
    List<Launch.Parameter> pointers = new ArrayList<>();
    pointers.add(new Launch.Parameter.Input(0));
    for (Table table : tables) {
      pointers.add(new Launch.Parameter.Packed(table.indices()));
      pointers.add(new Launch.Parameter.Packed(table.weights()));
    }
    return device.kernel(
        new ElementSource("resize", request, Optional.of(new ResizeAnchor(request.input(0), tables)),
            Expression.input(FusedGroup.RESULT)),
        pointers);
  }

  private static Table table(int axis, List<Optional<ResizedAxis.Taps>> positions, PackedConstants constants) {
    int taps = positions.getFirst().orElseThrow().indices().length;
    long bytes = (long) positions.size() * taps * Integer.BYTES;
    DeviceBuffer indices = constants.onDevice(0, "resize-indices-" + axis, bytes, to -> fill(to, positions, taps, false));
    DeviceBuffer weights = constants.onDevice(0, "resize-weights-" + axis, bytes, to -> fill(to, positions, taps, true));
    return new Table(axis, taps, indices, weights);
  }

  private static void fill(MemorySegment to, List<Optional<ResizedAxis.Taps>> positions, int taps, boolean weights) {
    for (int position = 0; position < positions.size(); position++) {
      ResizedAxis.Taps own = positions.get(position).orElseThrow();
      for (int tap = 0; tap < taps; tap++) {
        int at = position * taps + tap;
        if (weights) {
          to.setAtIndex(ValueLayout.JAVA_FLOAT, at, (float) own.weights()[tap]);
        } else {
          to.setAtIndex(ValueLayout.JAVA_INT, at, own.indices()[tap]);
        }
      }
    }
  }

  private record ResizeAnchor(TensorType input, List<Table> tables) implements ElementSource.Anchor {
    @Override
    public List<TensorType> inputs() {
      List<TensorType> inputs = new ArrayList<>();
      inputs.add(input);
      for (int i = 0; i < tables.size(); i++) {
        inputs.add(TensorType.of(DType.INT32, 1));
        inputs.add(TensorType.of(DType.FLOAT32, 1));
      }
      return inputs;
    }

    @Override
    public String one(List<String> axes) {
      return "  float one = 0.f;\n" + loops(axes, "  one += widen(a0[offset]) * weight;\n");
    }

    @Override
    public Optional<String> packed(List<String> axes, int lanes) {
      String each = "#pragma unroll\n  for (int lane = 0; lane < " + lanes + "; lane++) ";
      return Optional.of(each + "result[lane] = 0.f;\n" + loops(axes, "  const auto v = load<" + lanes + ">(a0 + offset);\n"
          + each + "result[lane] += widen(v.v[lane]) * weight;\n"));
    }

    private String loops(List<String> axes, String body) {
      long[] strides = Strides.of(input);
      List<String> offsets = new ArrayList<>();
      List<String> weights = new ArrayList<>();
      StringBuilder code = new StringBuilder();
      for (int axis = 0; axis < strides.length; axis++) {
        int own = axis;
        int table = IntStream.range(0, tables.size()).filter(i -> tables.get(i).axis() == own).findFirst().orElse(-1);
        if (table < 0) {
          offsets.add("(long long) (" + axes.get(axis) + ") * " + strides[axis]);
          continue;
        }
        int taps = tables.get(table).taps();
        code.append("  for (int k%1$d = 0; k%1$d < %2$d; k%1$d++) {\n".formatted(axis, taps));
        code.append("  const int at%1$d = (%2$s) * %3$d + k%1$d;\n".formatted(axis, axes.get(axis), taps));
        offsets.add("(long long) a%d[at%d] * %d".formatted(1 + 2 * table, axis, strides[axis]));
        weights.add("a%d[at%d]".formatted(2 + 2 * table, axis));
      }
      code.append("  const long long offset = ").append(String.join(" + ", offsets)).append(";\n");
      code.append("  const float weight = ").append(weights.isEmpty() ? "1.f" : String.join(" * ", weights)).append(";\n");
      return code + body + "  }\n".repeat(tables.size());
    }
  }
}
