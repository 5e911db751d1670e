package dev.slipway.graph;

import dev.slipway.tensor.Dim;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * Writes graphs as text that {@link GraphParser} reads: one line for each input, constant, node and output.
 *
 * <pre>{@code
 * graph tiny {
 *   meta "producer" = "pytorch"
 *   input x: float32[N, 3, 8, 8]
 *   constant w: float32[4, 3, 1, 1] = {0.5, ...}
 *   constant big: float32[512, 512] = @0
 *   y: float32[N, 4, 4, 4] = Conv(x, w, _) {strides = [2, 2]} "Conv_0"
 *   output "y" = y
 * }
 * }</pre>
 *
 * <p>{@code @0} is a constant that is kept elsewhere, {@code _} an input or output that is not there; names that are
 * no identifiers are quoted; attributes that have their default are left out.
 */
public final class GraphPrinter {
  /** Longer tensors are written in base64: shorter, and quick to read. */
  private static final long LONGEST_LIST = 256;

  private static final long LONGEST_IN_SUMMARY = 8;
  private static final int NAN32 = Float.floatToRawIntBits(Float.NaN);
  private static final long NAN64 = Double.doubleToRawLongBits(Double.NaN);

  /** A text, and the constants that it refers to by number. */
  public record Portable(String text, List<Tensor> constants) {
    public Portable {
      constants = List.copyOf(constants);
    }
  }

  private final StringBuilder text = new StringBuilder();
  private final Function<Tensor, Optional<String>> elsewhere;
  private UnaryOperator<String> symbols = UnaryOperator.identity();
  private int depth;

  private GraphPrinter(Function<Tensor, Optional<String>> elsewhere) {
    this.elsewhere = elsewhere;
  }

  /** The whole graph, every constant exact. */
  public static String print(Graph graph) {
    return new GraphPrinter(tensor -> Optional.empty()).graph(graph).text.append('\n').toString();
  }

  /** The whole graph; tensors of more than so many elements are kept apart. */
  public static Portable portable(Graph graph, long longestInline) {
    List<Tensor> constants = new ArrayList<>();
    GraphPrinter printer = new GraphPrinter(tensor -> {
      if (tensor.elementCount() <= longestInline) {
        return Optional.empty();
      }
      constants.add(tensor);
      return Optional.of("@" + (constants.size() - 1));
    });
    return new Portable(printer.graph(graph).text.append('\n').toString(), constants);
  }

  /** For people: long constants are cut short, so no parser reads it. */
  public static String summary(Graph graph) {
    return new GraphPrinter(tensor ->
            tensor.elementCount() <= LONGEST_IN_SUMMARY ? Optional.empty() : Optional.of("{...}"))
        .graph(graph).text.append('\n').toString();
  }

  /**
   * A text that is equal for graphs that are equal but for their name, the names of their values and nodes, the order
   * of their nodes, and their metadata.
   */
  public static String canonical(Graph graph) {
    GraphPrinter printer = new GraphPrinter(tensor -> Optional.empty());
    Map<String, String> fresh = new HashMap<>();
    printer.symbols =
        name -> name.startsWith("?") ? fresh.computeIfAbsent(name, key -> "?" + fresh.size()) : name;
    return printer.canonicalGraph(graph).text.append('\n').toString();
  }

  /** A type as this text form writes it. */
  public static String type(ValueType type) {
    GraphPrinter printer = new GraphPrinter(tensor -> Optional.empty());
    return printer.typeText(type);
  }

  private GraphPrinter graph(Graph graph) {
    begin(graph.name());
    graph.metadata().forEach((key, value) -> line("meta " + quote(key) + " = " + quote(value)));
    Function<ValueId, String> names = id -> id.isPresent() ? name(graph.value(id).name()) : "_";
    for (ValueId id : graph.inputs()) {
      line("input " + names.apply(id) + ": " + typeText(graph.type(id)));
    }
    graph.constants().forEach((id, tensor) -> constant(names.apply(id), tensor));
    for (Node node : graph.nodes()) {
      node(graph, node, names);
      text.append(' ').append(quote(node.name()));
    }
    graph.outputs().forEach((output, id) -> line("output " + quote(output) + " = " + names.apply(id)));
    return end();
  }

  private GraphPrinter canonicalGraph(Graph graph) {
    begin("_");
    Map<ValueId, String> numbers = new HashMap<>();
    numbers.put(ValueId.ABSENT, "_");
    for (ValueId id : graph.inputs()) {
      numbers.put(id, name(graph.value(id).name()));
      line("input " + numbers.get(id) + ": " + typeText(graph.type(id)));
    }
    Function<ValueId, String> number = id -> numbers.computeIfAbsent(id, key -> "%" + (numbers.size() - 1));
    for (Node node : depthFirst(graph)) {
      for (ValueId id : node.inputs()) {
        if (!numbers.containsKey(id)) {
          graph.constant(id).ifPresent(tensor -> constant(number.apply(id), tensor));
        }
      }
      node(graph, node, number);
    }
    for (ValueId id : graph.outputs().values()) {
      if (!numbers.containsKey(id)) {
        graph.constant(id).ifPresent(tensor -> constant(number.apply(id), tensor));
      }
    }
    graph.outputs().forEach((output, id) -> line("output " + quote(output) + " = " + number.apply(id)));
    return end();
  }

  /** The nodes that the outputs need, each behind those it reads, in the order of the outputs and ports. */
  private static List<Node> depthFirst(Graph graph) {
    List<Node> order = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    Deque<ValueId> open = new ArrayDeque<>(graph.outputs().values());
    while (!open.isEmpty()) {
      Node node = graph.producer(open.peek()).orElse(null);
      if (node == null || seen.contains(node.name())) {
        open.pop();
        continue;
      }
      Optional<ValueId> missing = node.inputs().stream()
          .filter(id -> graph.producer(id).filter(producer -> !seen.contains(producer.name())).isPresent())
          .findFirst();
      if (missing.isPresent()) {
        open.push(missing.get());
      } else {
        open.pop();
        seen.add(node.name());
        order.add(node);
      }
    }
    return order;
  }

  private void begin(String name) {
    text.append("graph ").append(name(name)).append(" {");
    depth++;
  }

  private GraphPrinter end() {
    depth--;
    line("}");
    return this;
  }

  private void line(String content) {
    text.append('\n').append("  ".repeat(depth)).append(content);
  }

  private void constant(String name, Tensor tensor) {
    line("constant " + name + ": " + typeText(tensor.type()) + " = " + data(tensor));
  }

  private void node(Graph graph, Node node, Function<ValueId, String> names) {
    line(node.outputs().stream()
        .map(id -> id.isPresent() ? names.apply(id) + ": " + typeText(graph.type(id)) : "_")
        .collect(Collectors.joining(", ")));
    text.append(" = ").append(node.op().schema().qualifiedName());
    text.append(node.inputs().stream().map(names).collect(Collectors.joining(", ", "(", ")")));
    attributes(node.op());
  }

  private void attributes(Op op) {
    Map<String, Object> shown = new LinkedHashMap<>();
    op.attributes().values().forEach((name, value) -> {
      if (!op.schema().attribute(name).flatMap(AttributeSpec::defaultValue).equals(Optional.of(value))) {
        shown.put(name, value);
      }
    });
    if (shown.isEmpty()) {
      return;
    }
    String separator = " {";
    for (Map.Entry<String, Object> entry : shown.entrySet()) {
      text.append(separator).append(name(entry.getKey())).append(" = ");
      attribute(entry.getValue());
      separator = ", ";
    }
    text.append('}');
  }

  private void attribute(Object value) {
    switch (value) {
      case Long number -> text.append(number.longValue());
      case Float number -> text.append(real(number));
      case String string -> text.append(quote(string));
      case Tensor tensor -> text.append("tensor ").append(typeText(tensor.type())).append(" = ").append(data(tensor));
      case ValueType type -> text.append("type ").append(typeText(type));
      case Graph graph -> subgraph(graph);
      case List<?> list -> {
        String separator = "[";
        for (Object element : list) {
          text.append(separator);
          attribute(element);
          separator = ", ";
        }
        text.append(list.isEmpty() ? "[]" : "]");
      }
      default -> throw new IllegalStateException("attribute value: " + value.getClass());
    }
  }

  private void subgraph(Graph graph) {
    depth++;
    graph(graph);
    depth--;
  }

  private String data(Tensor tensor) {
    return elsewhere.apply(tensor).orElseGet(() ->
        tensor.elementCount() <= LONGEST_LIST && hasPlainElements(tensor) ? list(tensor) : bytes(tensor));
  }

  /** Whether every element survives its decimal form. */
  private static boolean hasPlainElements(Tensor tensor) {
    if (!tensor.type().layout().equals(Layout.CONTIGUOUS)) {
      return false;
    }
    return switch (tensor.dtype()) {
      case FLOAT32, FLOAT64 -> plainNaNs(tensor);
      case FLOAT16, BFLOAT16 -> noNaNs(tensor);
      case BOOL -> true;
      default -> tensor.dtype().isInteger();
    };
  }

  private static boolean plainNaNs(Tensor tensor) {
    for (long i = 0; i < tensor.elementCount(); i++) {
      boolean plain = tensor.dtype() == DType.FLOAT32
          ? !Float.isNaN((float) tensor.getDouble(i))
              || tensor.data().get(ValueLayout.JAVA_INT_UNALIGNED, i * 4) == NAN32
          : !Double.isNaN(tensor.getDouble(i))
              || tensor.data().get(ValueLayout.JAVA_LONG_UNALIGNED, i * 8) == NAN64;
      if (!plain) {
        return false;
      }
    }
    return true;
  }

  private static boolean noNaNs(Tensor tensor) {
    for (long i = 0; i < tensor.elementCount(); i++) {
      if (Double.isNaN(tensor.getDouble(i))) {
        return false;
      }
    }
    return true;
  }

  private static String list(Tensor tensor) {
    StringBuilder list = new StringBuilder("{");
    for (long i = 0; i < tensor.elementCount(); i++) {
      list.append(i == 0 ? "" : ", ");
      switch (tensor.dtype()) {
        case FLOAT64 -> list.append(real(tensor.getDouble(i)));
        case FLOAT32, FLOAT16, BFLOAT16 -> list.append(real((float) tensor.getDouble(i)));
        case UINT64 -> list.append(Long.toUnsignedString(tensor.getLong(i)));
        default -> list.append(tensor.getLong(i));
      }
    }
    return list.append('}').toString();
  }

  private static String bytes(Tensor tensor) {
    byte[] raw = tensor.data().asSlice(0, tensor.type().bytes()).toArray(ValueLayout.JAVA_BYTE);
    return "base64 \"" + Base64.getEncoder().encodeToString(raw) + "\"";
  }

  private static String real(float value) {
    return Float.isNaN(value) ? "nan" : Float.isInfinite(value) ? (value > 0 ? "inf" : "-inf") : Float.toString(value);
  }

  private static String real(double value) {
    return Double.isNaN(value)
        ? "nan"
        : Double.isInfinite(value) ? (value > 0 ? "inf" : "-inf") : Double.toString(value);
  }

  private String typeText(ValueType type) {
    return switch (type) {
      case TensorType tensor -> tensor.dtype() + shape(tensor.shape()) + layout(tensor.layout());
      case ValueType.SequenceType(ValueType element) -> "seq(" + typeText(element) + ")";
      case ValueType.OptionalType(ValueType element) -> "optional(" + typeText(element) + ")";
    };
  }

  private String shape(Shape shape) {
    return shape.ranked() ? shape.dims().stream().map(this::dim).collect(Collectors.joining(", ", "[", "]")) : "[*]";
  }

  private static String layout(Layout layout) {
    return switch (layout) {
      case Layout.Contiguous contiguous -> "";
      case Layout.Blocked blocked -> "@" + blocked;
      case Layout.ChannelsLast last -> "@" + last;
    };
  }

  private String dim(Dim dim) {
    return switch (dim) {
      case Dim.Known(long size) -> Long.toString(size);
      case Dim.Symbol(String name) -> name(symbols.apply(name));
      case Dim.FloorDiv(Dim a, Dim b) -> "floor(" + dim(a) + ", " + dim(b) + ")";
      case Dim.Max(Dim a, Dim b) -> "max(" + dim(a) + ", " + dim(b) + ")";
      case Dim.Min(Dim a, Dim b) -> "min(" + dim(a) + ", " + dim(b) + ")";
      case Dim.Polynomial(List<Dim.Term> terms) -> polynomial(terms);
    };
  }

  private String polynomial(List<Dim.Term> terms) {
    StringBuilder sum = new StringBuilder();
    for (Dim.Term term : terms) {
      sum.append(sum.isEmpty() || term.coefficient() < 0 ? "" : "+").append(term.coefficient());
      term.atoms().forEach(atom -> sum.append('*').append(dim(atom)));
    }
    return sum.toString();
  }

  private static String name(String name) {
    return GraphScanner.isIdentifier(name) ? name : quote(name);
  }

  private static String quote(String string) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < string.length(); i++) {
      char c = string.charAt(i);
      switch (c) {
        case '"' -> quoted.append("\\\"");
        case '\\' -> quoted.append("\\\\");
        case '\n' -> quoted.append("\\n");
        case '\r' -> quoted.append("\\r");
        case '\t' -> quoted.append("\\t");
        default -> {
          if (c < ' ' || Character.isSurrogate(c)) {
            quoted.append(String.format("\\u%04x", (int) c));
          } else {
            quoted.append(c);
          }
        }
      }
    }
    return quoted.append('"').toString();
  }
}
