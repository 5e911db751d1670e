package dev.slipway.backend.cuda;

import dev.slipway.backend.FusedGroup;
import dev.slipway.backend.KernelRequest;
import dev.slipway.operators.Expression;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * Writes kernels in which a thread makes a few neighbouring elements of the output: what an anchor computes for them,
 * or nothing, and an expression of that and of operands that are broadcast to the output.
 */
final class ElementSource {
  private static final int INDENT = 4;

  private final String kernel;
  private final TensorType output;
  private final Optional<Anchor> anchor;
  private final List<Integer> ports;
  private final List<TensorType> sides;
  private final Expression expression;
  private final LoopNest nest;
  private final int lanes;
  private final StringBuilder code = new StringBuilder(CudaTypes.PRELUDE);

  /** What is computed for each element before the expression. */
  interface Anchor {
    /** The inputs that it reads, which are the kernel's parameters {@code a0}, {@code a1}, ... */
    List<TensorType> inputs();

    /**
     * Statements that set {@code float one} to what is computed for one element.
     *
     * @param axes the names of variables with the position in the output along each axis
     */
    String one(List<String> axes);

    /**
     * Statements that set {@code float result[]} for lanes along the channels, where that is faster than one by one.
     *
     * @param axes the position of the first lane
     */
    default Optional<String> packed(List<String> axes, int lanes) {
      return Optional.empty();
    }
  }

  /** A kernel whose sides have the types of the request's inputs. */
  ElementSource(String kernel, KernelRequest request, Optional<Anchor> anchor, Expression expression) {
    this(kernel, request.output(), anchor, expression, request::input);
  }

  /**
   * @param expression over inputs of the request, and {@code Input(RESULT)}: what the anchor gives, or, without an
   *     anchor, what the output holds already
   * @param types those of the inputs of the request, broadcast to the output's
   */
  ElementSource(
      String kernel,
      TensorType output,
      Optional<Anchor> anchor,
      Expression expression,
      IntFunction<TensorType> types) {
    this.kernel = kernel;
    this.output = output;
    this.anchor = anchor;
    this.ports = anchor.isPresent()
        ? Expressions.inputs(expression).stream().filter(port -> port != FusedGroup.RESULT).toList()
        : Expressions.inputs(expression);
    this.sides = ports.stream().map(port -> port == FusedGroup.RESULT ? output : types.apply(port)).toList();
    this.expression = expression;
    LoopNest all = LoopNest.of(output, sides);
    this.nest = anchor.isPresent() ? all : all.collapsed();
    this.lanes = nest.lanes(output.dtype().bits() / 8);
  }

  Grid grid() {
    return Grid.covering(nest.elements() / lanes);
  }

  KernelCompiler.Source write() {
    code.append("extern \"C\" __global__ void __launch_bounds__(256) ").append(kernel).append("(\n");
    List<String> parameters = new ArrayList<>();
    for (int i = 0; anchor.isPresent() && i < anchor.get().inputs().size(); i++) {
      parameters.add("    const " + CudaTypes.name(anchor.get().inputs().get(i).dtype()) + "* a" + i);
    }
    for (int i = 0; i < sides.size(); i++) {
      parameters.add("    const " + CudaTypes.name(sides.get(i).dtype()) + "* s" + i);
    }
    parameters.add("    " + CudaTypes.name(output.dtype()) + "* out) {\n");
    code.append(String.join(",\n", parameters));
    decode();
    loadSides();
    anchor.ifPresent(this::results);
    lanes();
    code.append("}\n");
    return new KernelCompiler.Source(kernel, code.toString(), output.dtype().bits() == 16);
  }

  /** Sets the loops' positions x0, x1, ..., outermost first, from the thread's number. */
  private void decode() {
    String type = nest.elements() < Integer.MAX_VALUE ? "unsigned" : "unsigned long long";
    line("const " + type + " thread = blockIdx.x * (" + type + ") 256 + threadIdx.x;");
    line("if (thread >= " + nest.elements() / lanes + "u) return;");
    line(type + " rest = thread;");
    for (int i = nest.loops().size() - 1; i >= 0; i--) {
      boolean innermost = i == nest.loops().size() - 1;
      long steps = nest.loops().get(i).size() / (innermost ? lanes : 1);
      String position = i == 0 ? "rest" : "rest % " + steps + "u";
      line("const " + type + " x" + i + " = " + (innermost && lanes > 1 ? "(" + position + ") * " + lanes : position)
          + ";");
      if (i > 0) {
        line("rest /= " + steps + "u;");
      }
    }
  }

  /** The name of the position along each axis of the output. */
  private List<String> axisNames() {
    String[] names = new String[nest.loops().size()];
    for (int i = 0; i < names.length; i++) {
      names[nest.loops().get(i).axis()] = "(int) x" + i;
    }
    return List.of(names);
  }

  private void results(Anchor own) {
    line("float result[" + lanes + "];");
    boolean alongChannels = lanes > 1 && nest.loops().getLast().axis() == 1 && output.shape().rank() > 2;
    Optional<String> packed = alongChannels ? own.packed(axisNames(), lanes) : Optional.empty();
    if (packed.isPresent()) {
      code.append(packed.get());
      return;
    }
    List<String> axes = new ArrayList<>(axisNames());
    if (lanes > 1) {
      int last = nest.loops().getLast().axis();
      axes.set(last, "(" + axes.get(last) + " + lane)");
    }
    code.append("#pragma unroll\n");
    line("for (int lane = 0; lane < " + lanes + "; lane++) {");
    padding().ifPresent(isPadding -> line("if (" + isPadding + ") continue;"));
    code.append(own.one(axes));
    line("result[lane] = one;");
    line("}");
  }

  private String offset(int operand) {
    List<String> terms = new ArrayList<>();
    for (int i = 0; i < nest.loops().size(); i++) {
      long stride = nest.loops().get(i).strides().get(operand);
      if (stride != 0) {
        terms.add("(long long) x" + i + (stride == 1 ? "" : " * " + stride));
      }
    }
    return terms.isEmpty() ? "0" : String.join(" + ", terms);
  }

  private void loadSides() {
    for (int i = 0; i < sides.size(); i++) {
      String type = CudaTypes.name(sides.get(i).dtype());
      line("const " + type + "* p" + i + " = s" + i + " + (" + offset(i + 1) + ");");
      if (nest.isPacked(i + 1, lanes)) {
        line("const Pack<" + type + ", " + lanes + "> v" + i + " = load<" + lanes + ">(p" + i + ");");
      }
    }
  }

  private String side(int port) {
    int side = ports.indexOf(port);
    if (nest.isPacked(side + 1, lanes)) {
      return "widen(v" + side + ".v[lane])";
    }
    long stride = nest.isUniform(side + 1) ? 0 : nest.loops().getLast().strides().get(side + 1);
    return "widen(p" + side + "[" + (stride == 0 || lanes == 1 ? "0" : "lane * " + stride + "LL") + "])";
  }

  /** What the parameters behind the anchor's point to. */
  List<Launch.Parameter> sidesAndOutput() {
    List<Launch.Parameter> pointers = new ArrayList<>();
    ports.forEach(port -> pointers.add(
        port == FusedGroup.RESULT ? new Launch.Parameter.Output(0) : new Launch.Parameter.Input(port)));
    pointers.add(new Launch.Parameter.Output(0));
    return pointers;
  }

  private void lanes() {
    String type = CudaTypes.name(output.dtype());
    line("Pack<" + type + ", " + lanes + "> y;");
    code.append("#pragma unroll\n");
    line("for (int lane = 0; lane < " + lanes + "; lane++) {");
    Optional<String> padding = padding();
    padding.ifPresent(isPadding -> {
      code.append(" ".repeat(INDENT)).append("if (").append(isPadding).append(") {\n");
      code.append(" ".repeat(INDENT)).append("  y.v[lane] = narrow<").append(type).append(">(0.f);\n");
      code.append(" ".repeat(INDENT)).append("  continue;\n").append(" ".repeat(INDENT)).append("}\n");
    });
    ExpressionSource source = new ExpressionSource(
        code, " ".repeat(INDENT), port -> ports.contains(port) ? side(port) : "result[lane]");
    String value = source.write(expression);
    code.append(" ".repeat(INDENT)).append("y.v[lane] = narrow<").append(type).append(">(").append(value)
        .append(");\n");
    line("}");
    line("store<" + lanes + ">(out + (" + offset(0) + "), y);");
  }

  /** Whether a lane is of the zeros that fill up the channels; empty where there are none. */
  private Optional<String> padding() {
    for (int i = 0; i < nest.loops().size(); i++) {
      LoopNest.Loop loop = nest.loops().get(i);
      if (loop.valid() < loop.size()) {
        boolean innermost = i == nest.loops().size() - 1;
        return Optional.of("x" + i + (innermost ? " + lane" : "") + " >= " + loop.valid() + "u");
      }
    }
    return Optional.empty();
  }

  private void line(String text) {
    code.append("  ").append(text).append('\n');
  }

  /** Whether kernels compute on a type. */
  static boolean takes(DType type) {
    return CudaTypes.REALS.contains(type) || type == DType.BOOL;
  }
}
