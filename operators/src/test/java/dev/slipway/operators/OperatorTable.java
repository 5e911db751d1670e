package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.Interpreter;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Operators and tensors as text, for tables of examples: {@code Elu alpha=2}, {@code float32[2, 2] 1 2 3 4}; a tensor
 * without dimensions is a vector, {@code -} one that is absent.
 */
final class OperatorTable {
  private OperatorTable() {}

  static Op op(String text) {
    String[] words = text.trim().split(" +");
    OpDefinition definition = Operators.get(words[0]);
    Attributes attributes = Attributes.NONE;
    for (int i = 1; i < words.length; i++) {
      String[] pair = words[i].split("=");
      AttributeSpec spec = definition.schema().attribute(pair[0]).orElseThrow();
      attributes = attributes.with(pair[0], value(spec.kind(), pair[1]));
    }
    return definition.create(attributes);
  }

  private static Object value(AttributeSpec.Kind kind, String text) {
    return switch (kind) {
      case INT -> DType.ofLabel(text).<Object>map(type -> type).orElseGet(() -> Long.valueOf(text));
      case FLOAT -> Float.valueOf(text);
      case INTS -> Arrays.stream(text.split(",")).map(Long::valueOf).toList();
      case FLOATS -> Arrays.stream(text.split(",")).map(Float::valueOf).toList();
      case STRINGS -> List.of(text.split(","));
      default -> text;
    };
  }

  /** Tensors between semicolons. */
  static List<Optional<Tensor>> tensors(String text) {
    return Arrays.stream(text.split(";")).map(String::trim).map(OperatorTable::tensor).toList();
  }

  private static Optional<Tensor> tensor(String text) {
    if (text.equals("-")) {
      return Optional.empty();
    }
    boolean shaped = text.contains("[");
    String type = text.substring(0, shaped ? text.indexOf('[') : (text + " ").indexOf(' '));
    String dims = shaped ? text.substring(text.indexOf('[') + 1, text.indexOf(']')).trim() : "";
    String rest = text.substring(shaped ? text.indexOf(']') + 1 : type.length()).trim();
    String[] values = rest.isEmpty() ? new String[0] : rest.split(" +");
    long[] sizes = !shaped ? new long[] {values.length}
        : dims.isEmpty() ? new long[0] : Arrays.stream(dims.split(" *, *")).mapToLong(Long::parseLong).toArray();
    Tensor tensor = Tensor.allocate(DType.ofLabel(type).orElseThrow(), sizes);
    if (values.length != Shape.product(sizes)) {
      throw new IllegalArgumentException("tensor: " + text + " (expected: as many values as the shape has)");
    }
    for (int i = 0; i < values.length; i++) {
      if (tensor.dtype().isFloat()) {
        tensor.setDouble(i, Double.parseDouble(values[i]));
      } else {
        tensor.setLong(i, values[i].startsWith("-") ? Long.parseLong(values[i]) : Long.parseUnsignedLong(values[i]));
      }
    }
    return Optional.of(tensor);
  }

  /** What an operator makes of these inputs, all outputs. */
  static List<Tensor> evaluate(Op op, List<Optional<Tensor>> inputs, int outputs) {
    List<Optional<Datum>> arguments = new ArrayList<>();
    inputs.forEach(input -> arguments.add(input.map(tensor -> tensor)));
    return new Interpreter()
        .evaluate(op.schema().name(), op, arguments, Collections.nCopies(outputs, true)).stream()
        .map(output -> (Tensor) output.orElseThrow())
        .toList();
  }
}
