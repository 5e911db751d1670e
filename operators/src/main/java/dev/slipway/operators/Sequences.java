package dev.slipway.operators;

import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.List;
import java.util.stream.IntStream;

/** Types and positions of sequences. */
final class Sequences {
  static final TypeConstraint S = new TypeConstraint("S", DType.ALL, false);
  static final TypeConstraint T = TypeConstraint.of("T", DType.ALL);
  static final TypeConstraint I = TypeConstraint.of("I", DType.INDICES);

  private Sequences() {}

  /** The type of an input that must be a sequence. */
  static ValueType.SequenceType type(InferenceContext in, int port) {
    if (in.type(port) instanceof ValueType.SequenceType sequence) {
      return sequence;
    }
    throw new InvalidGraphException("input " + port + ": " + in.type(port) + " (expected: a sequence)");
  }

  /** The element type of an input that must be a sequence of tensors. */
  static TensorType elementType(InferenceContext in, int port) {
    if (type(in, port).element() instanceof TensorType tensor) {
      return tensor;
    }
    throw new InvalidGraphException("input " + port + ": " + in.type(port) + " (expected: a sequence of tensors)");
  }

  /** The shape of one element: symbols in a sequence's type may differ between elements, so that they are fresh. */
  static Shape elementShape(InferenceContext in, Shape shape) {
    if (!shape.ranked()) {
      return shape;
    }
    int[] symbolic = IntStream.range(0, shape.rank())
        .filter(axis -> !(shape.dim(axis) instanceof Dim.Known))
        .toArray();
    return ShapeInput.fresh(in, shape, symbolic);
  }

  /** The value of an input that must be a sequence. */
  static Datum.Sequence input(ReferenceContext ctx, int port) {
    if (ctx.inputDatum(port) instanceof Datum.Sequence sequence) {
      return sequence;
    }
    throw new SlipwayException("input " + port + ": " + ctx.inputDatum(port).type() + " (expected: a sequence)");
  }

  /** The tensors of an input that must be a sequence of tensors. */
  static List<Tensor> tensors(ReferenceContext ctx, int port) {
    return input(ctx, port).elements().stream().map(Sequences::tensor).toList();
  }

  static Tensor tensor(Datum datum) {
    if (datum instanceof Tensor tensor) {
      return tensor;
    }
    throw new SlipwayException("value: " + datum.type() + " (expected: a tensor)");
  }

  /** A sequence whose type says what its elements have in common. */
  static Datum.Sequence of(List<? extends Datum> elements) {
    if (elements.isEmpty()) {
      throw new SlipwayException("sequence: no elements (expected: at least one)");
    }
    ValueType common = elements.getFirst().type();
    for (Datum element : elements) {
      common = common(common, element.type());
    }
    return new Datum.Sequence(new ValueType.SequenceType(common), List.copyOf(elements));
  }

  private static ValueType common(ValueType a, ValueType b) {
    if (a.equals(b)) {
      return a;
    }
    if (a instanceof TensorType left && b instanceof TensorType right && left.dtype() == right.dtype()) {
      return TensorType.of(left.dtype(), Shape.UNRANKED);
    }
    throw new SlipwayException("elements of a sequence: " + a + " and " + b + " (expected: one element type)");
  }

  /** The position that an optional input names; {@code otherwise} where it is absent. */
  static int position(ReferenceContext ctx, int port, int size, int otherwise) {
    return ctx.has(port) ? (int) Indices.normalize(ctx.input(port).getLong(0), size) : otherwise;
  }
}
