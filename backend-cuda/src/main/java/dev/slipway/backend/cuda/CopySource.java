package dev.slipway.backend.cuda;

import dev.slipway.tensor.DType;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes kernels that put elements elsewhere: a thread takes a few neighbouring ones of the target.
 *
 * @param from where the element at the target's origin comes from, in elements
 * @param to where it goes
 * @param bounds for each axis the positions of the target that have a source; others get the fill value
 */
record CopySource(
    String kernel, String sourceType, String targetType, int targetBytes, LoopNest nest, long from, long to,
    List<Bounds> bounds, String value, String fill) {

  /** Positions of an axis from {@code first} to before {@code end}. */
  record Bounds(int axis, long first, long end) {}

  /** Elements as they are. */
  static CopySource moving(DType type, LoopNest nest, long from, long to) {
    String bits = CudaTypes.bits(type);
    return new CopySource("move", bits, bits, type.bits() / 8, nest.collapsed(), from, to, List.of(), "x", "0");
  }

  /** The same with a value where there is no source. */
  static CopySource filling(DType type, LoopNest nest, long from, List<Bounds> bounds, String fill) {
    String bits = CudaTypes.bits(type);
    return new CopySource("move", bits, bits, type.bits() / 8, nest, from, 0, bounds, "x", fill);
  }

  /** Elements of one type as another. */
  static CopySource converting(TensorType from, TensorType to, LoopNest nest, String value) {
    return new CopySource("convert", CudaTypes.name(from.dtype()), CudaTypes.name(to.dtype()), to.dtype().bits() / 8,
        nest.collapsed(), 0, 0, List.of(), value, "{}");
  }

  private int lanes() {
    int lanes = to % (16 / targetBytes) == 0 ? nest.lanes(targetBytes) : 1;
    return Math.min(lanes, 8);
  }

  Grid grid() {
    return Grid.covering(nest.elements() / lanes());
  }

  KernelCompiler.Source write() {
    int lanes = lanes();
    StringBuilder code = new StringBuilder(CudaTypes.PRELUDE);
    code.append("extern \"C\" __global__ void __launch_bounds__(256) ").append(kernel).append("(const ");
    code.append(sourceType).append("* in, ").append(targetType).append("* out) {\n");
    code.append("  const unsigned long long thread = blockIdx.x * 256ull + threadIdx.x;\n");
    code.append("  if (thread >= ").append(nest.elements() / lanes).append("ull) return;\n");
    code.append(nest.elements() < Integer.MAX_VALUE ? "  unsigned rest = (unsigned) thread;\n"
        : "  unsigned long long rest = thread;\n");
    int last = nest.loops().size() - 1;
    for (int i = last; i >= 0; i--) {
      long steps = nest.loops().get(i).size() / (i == last ? lanes : 1);
      String factor = i == last && lanes > 1 ? " * " + lanes : "";
      code.append("  const long long x%d = (long long) (rest %% %du)%s;\n  rest /= %du;\n".formatted(
          i, steps, factor, steps));
    }
    code.append("  Pack<").append(targetType).append(", ").append(lanes).append("> y;\n");
    code.append(values(lanes));
    code.append("  store<").append(lanes).append(">(out + (").append(offset(0, to)).append("), y);\n}\n");
    return new KernelCompiler.Source(kernel, code.toString(), false);
  }

  private String values(int lanes) {
    String each = "#pragma unroll\n  for (int lane = 0; lane < " + lanes + "; lane++) {\n";
    String source = "in + (" + offset(1, from) + ")";
    if (bounds.isEmpty() && !hasPadding() && nest.isPacked(1, lanes) && from % lanes == 0) {
      return "  const auto v = load<" + lanes + ">(" + source + ");\n" + each + "    const " + sourceType
          + " x = v.v[lane];\n    y.v[lane] = " + value + ";\n  }\n";
    }
    long stride = nest.loops().isEmpty() ? 0 : nest.loops().getLast().strides().get(1);
    String read = "    const " + sourceType + " x = (" + source + ")[lane * " + stride + "LL];\n    y.v[lane] = " + value
        + ";\n";
    String inside = inside();
    return inside.isEmpty()
        ? each + read + "  }\n"
        : each + "    y.v[lane] = " + fill + ";\n    if (" + inside + ") {\n" + read + "    }\n  }\n";
  }

  private boolean hasPadding() {
    return nest.loops().stream().anyMatch(loop -> loop.valid() < loop.size());
  }

  private String inside() {
    List<String> conditions = new ArrayList<>();
    for (int i = 0; i < nest.loops().size(); i++) {
      LoopNest.Loop loop = nest.loops().get(i);
      String position = "x" + i + (i == nest.loops().size() - 1 ? " + lane" : "");
      if (loop.valid() < loop.size()) {
        conditions.add(position + " < " + loop.valid());
      }
      bounds.stream().filter(bound -> bound.axis() == loop.axis()).forEach(bound ->
          conditions.add(position + " >= " + bound.first() + " && " + position + " < " + bound.end()));
    }
    return String.join(" && ", conditions);
  }

  private String offset(int operand, long start) {
    List<String> terms = new ArrayList<>();
    for (int i = 0; i < nest.loops().size(); i++) {
      long stride = nest.loops().get(i).strides().get(operand);
      if (stride != 0) {
        terms.add("x" + i + (stride == 1 ? "" : " * " + stride));
      }
    }
    if (start != 0 || terms.isEmpty()) {
      terms.add(start + "ll");
    }
    return String.join(" + ", terms);
  }
}
