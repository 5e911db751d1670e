package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.graph.ValueId;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** Questions that rewrite rules ask of a graph. */
final class Patterns {
  /** The two inputs of a commutative node, of which one is a constant. */
  record ConstantOperand(ValueId value, ValueId constantId, Tensor constant) {}

  private Patterns() {}

  /** The node that makes a value, where its operator is of this class. */
  static Optional<Node> producer(Graph graph, ValueId id, Class<? extends Op> op) {
    return graph.producer(id).filter(node -> op.isInstance(node.op()));
  }

  /** The same, where nobody else reads the value. */
  static Optional<Node> soleProducer(Graph graph, ValueId id, Class<? extends Op> op) {
    return producer(graph, id, op).filter(node -> readOnce(graph, id));
  }

  /** Whether a value is read by one node, once or several times, and is no output. */
  static boolean readOnce(Graph graph, ValueId id) {
    return graph.soleConsumer(id).isPresent();
  }

  /** Whether an output is there and somebody needs it. */
  static boolean isRead(Graph graph, Node node, int output) {
    return output < node.outputs().size()
        && node.output(output).isPresent()
        && (graph.isOutput(node.output(output)) || !graph.consumers(node.output(output)).isEmpty());
  }

  /** The constant behind an input, empty where it is absent or no constant. */
  static Optional<Tensor> constant(Graph graph, Node node, int port) {
    return node.hasInput(port) ? graph.constant(node.input(port)) : Optional.empty();
  }

  /** The numbers of an input that is an integer constant or known as dimensions. */
  static Optional<long[]> integers(Graph graph, Node node, int port) {
    if (!node.hasInput(port)) {
      return Optional.empty();
    }
    Optional<Tensor> constant = graph.constant(node.input(port));
    return constant.isPresent()
        ? constant.map(Tensor::toLongs)
        : graph.dims(node.input(port)).flatMap(vector -> vector.known());
  }

  /** The number that every element of a constant has; complex and empty tensors have none. */
  static OptionalDouble uniform(Tensor tensor) {
    long count = tensor.elementCount();
    if (count == 0 || tensor.dtype().isComplex()) {
      return OptionalDouble.empty();
    }
    double first = tensor.getDouble(0);
    for (long i = 1; i < count; i++) {
      if (tensor.getDouble(i) != first) {
        return OptionalDouble.empty();
      }
    }
    return OptionalDouble.of(first);
  }

  /** The number that every element of a value has, where it is a constant. */
  static OptionalDouble uniform(Graph graph, ValueId id) {
    Optional<Tensor> constant = graph.constant(id);
    return constant.isPresent() ? uniform(constant.get()) : OptionalDouble.empty();
  }

  /** Whether a value is a constant all of whose elements are this number, as its element type rounds it. */
  static boolean isUniform(Graph graph, ValueId id, double number) {
    OptionalDouble uniform = uniform(graph, id);
    return uniform.isPresent() && isNear(uniform.getAsDouble(), number, graph.tensorType(id).dtype());
  }

  /** Whether a number is another one but for the roundings of an element type. */
  static boolean isNear(double number, double expected, DType dtype) {
    return Math.abs(number - expected) <= 2 * Math.max(dtype.epsilon(), 0x1p-23) * Math.abs(expected)
        || number == expected;
  }

  /** The operands of a node with two inputs of which exactly one is a constant, in either order. */
  static Optional<ConstantOperand> constantOperand(Graph graph, Node node) {
    if (node.inputs().size() != 2) {
      return Optional.empty();
    }
    Optional<Tensor> left = graph.constant(node.input(0));
    Optional<Tensor> right = graph.constant(node.input(1));
    if (left.isPresent() == right.isPresent()) {
      return Optional.empty();
    }
    return right.isPresent()
        ? Optional.of(new ConstantOperand(node.input(0), node.input(1), right.get()))
        : Optional.of(new ConstantOperand(node.input(1), node.input(0), left.get()));
  }

  /** The other input of a node with two inputs. */
  static Optional<ValueId> other(Node node, ValueId one) {
    if (node.inputs().size() != 2) {
      return Optional.empty();
    }
    return node.input(0).equals(one)
        ? Optional.of(node.input(1))
        : node.input(1).equals(one) ? Optional.of(node.input(0)) : Optional.empty();
  }

  /** Whether two values have one type, with every dimension known or the same expression. */
  static boolean sameType(Graph graph, ValueId a, ValueId b) {
    return graph.type(a) instanceof TensorType left
        && graph.type(b) instanceof TensorType right
        && left.shape().ranked()
        && left.equals(right);
  }

  /** The element at each channel of a constant that broadcasts along an axis of a shape of this rank, else empty. */
  static Optional<double[]> perChannel(Tensor constant, int rank, int axis, long channels) {
    long[] dims = constant.dims();
    if (dims.length > rank) {
      return Optional.empty();
    }
    for (int i = 0; i < dims.length; i++) {
      int at = rank - dims.length + i;
      if (dims[i] != 1 && (at != axis || dims[i] != channels)) {
        return Optional.empty();
      }
    }
    double[] values = new double[Math.toIntExact(channels)];
    boolean single = constant.elementCount() == 1;
    for (int i = 0; i < values.length; i++) {
      values[i] = constant.getDouble(single ? 0 : i);
    }
    return Optional.of(values);
  }

  /** A tensor of these numbers in an element type. */
  static Tensor tensor(DType dtype, double[] values, long... dims) {
    Tensor tensor = Tensor.allocate(dtype, dims);
    tensor.set(values);
    return tensor;
  }

  /**
   * The shape input of a Reshape that makes one shape of another, with 0 for a dimension that stays and -1 for at most
   * one that is symbolic; empty where more are.
   */
  static Optional<long[]> reshapeTarget(Shape from, Shape to) {
    if (!from.ranked() || !to.ranked()) {
      return Optional.empty();
    }
    if (to.isKnown()) {
      return Optional.of(to.known());
    }
    long[] target = new long[to.rank()];
    List<Integer> open = new ArrayList<>();
    for (int i = 0; i < target.length; i++) {
      Dim dim = to.dim(i);
      if (dim instanceof Dim.Known(long size)) {
        if (size == 0) {
          return Optional.empty();
        }
        target[i] = size;
      } else {
        open.add(i);
      }
    }
    if (open.size() > 1) {
      open.removeIf(i -> i < from.rank() && from.dim(i).equals(to.dim(i)));
    }
    if (open.size() > 1) {
      return Optional.empty();
    }
    open.forEach(i -> target[i] = -1);
    return Optional.of(target);
  }
}
