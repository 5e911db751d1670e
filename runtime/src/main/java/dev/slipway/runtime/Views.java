package dev.slipway.runtime;

import dev.slipway.graph.DimVector;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.IntStream;

/** Outputs that are their input's memory, or parts of it, under another type, so that nothing needs to be computed. */
final class Views {
  private static final Set<String> SAME_ELEMENTS = Set.of("Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity");

  private Views() {}

  /**
   * The outputs of a node as views of its first input; empty where they need memory of their own.
   *
   * @param types of the outputs, of known shapes
   * @param dims what is known of the elements of a view of the whole
   */
  static Optional<List<Known>> of(
      Node node, List<Optional<Known>> inputs, List<TensorType> types, Optional<DimVector> dims) {
    if (inputs.isEmpty() || !(inputs.getFirst().orElse(null) instanceof Known.Placed from)) {
      return Optional.empty();
    }
    if (sameElements(node.op(), from.type(), types.getFirst())) {
      return Optional.of(List.of(new Known.Placed(types.getFirst(), from.root(), from.offset(), dims)));
    }
    return switch (node.op().schema().qualifiedName()) {
      case "Split" -> parts(from, types, axis(node, types.getFirst()));
      case "Slice" -> slice(from, inputs, types.getFirst());
      default -> Optional.empty();
    };
  }

  /** The axis that a node names, counted from the start. */
  static int axis(Node node, TensorType type) {
    long axis = node.op().attributes().integer("axis", 0);
    return (int) (axis < 0 ? axis + type.shape().rank() : axis);
  }

  private static Optional<List<Known>> parts(Known.Placed from, List<TensorType> types, int axis) {
    if (!partsAreAdjacent(from.type(), types, axis)) {
      return Optional.empty();
    }
    List<Known> parts = new ArrayList<>();
    long offset = from.offset();
    for (TensorType type : types) {
      parts.add(new Known.Placed(type, from.root(), offset, Optional.empty()));
      offset += type.bytes();
    }
    return Optional.of(parts);
  }

  /** A slice with step 1 along one axis is a part, as an output of a split is. */
  private static Optional<List<Known>> slice(Known.Placed from, List<Optional<Known>> inputs, TensorType type) {
    if (!stepsByOne(inputs)) {
      return Optional.empty();
    }
    long[] whole = from.type().shape().known();
    int[] cut = cutAxes(whole, type.shape().known());
    if (cut.length == 0) {
      return Optional.of(List.of(new Known.Placed(type, from.root(), from.offset(), Optional.empty())));
    }
    if (cut.length > 1 || !partsAreAdjacent(from.type(), List.of(type), cut[0])) {
      return Optional.empty();
    }
    OptionalLong start = start(inputs, whole, cut[0]);
    if (start.isEmpty()
        || from.type().layout() instanceof Layout.Blocked(int block) && start.getAsLong() % block != 0) {
      return Optional.empty();
    }
    long step = Shape.product(Arrays.copyOfRange(whole, cut[0] + 1, whole.length));
    long offset = from.offset() + from.type().dtype().bytes(start.getAsLong() * step);
    return Optional.of(List.of(new Known.Placed(type, from.root(), offset, Optional.empty())));
  }

  /**
   * Whether the slice is known to take each element of its range, forwards: a reversed one has the input's shape too.
   */
  private static boolean stepsByOne(List<Optional<Known>> inputs) {
    return inputs.size() <= 4 || inputs.get(4).isEmpty()
        || integers(inputs, 4).filter(steps -> Arrays.stream(steps).allMatch(step -> step == 1)).isPresent();
  }

  private static int[] cutAxes(long[] whole, long[] part) {
    return IntStream.range(0, whole.length).filter(i -> whole[i] != part[i]).toArray();
  }

  /** Where a slice along one axis starts; empty where that is not known yet. */
  private static OptionalLong start(List<Optional<Known>> inputs, long[] whole, int axis) {
    Optional<long[]> starts = integers(inputs, 1);
    Optional<long[]> axes = inputs.size() > 3 ? integers(inputs, 3) : Optional.empty();
    if (starts.isEmpty() || inputs.size() > 3 && axes.isEmpty()) {
      return OptionalLong.empty();
    }
    long start = 0;
    for (int i = 0; i < starts.get().length; i++) {
      long sliced = axes.isPresent() ? axes.get()[i] : i;
      if ((sliced < 0 ? sliced + whole.length : sliced) == axis) {
        start = starts.get()[i] < 0 ? starts.get()[i] + whole[axis] : starts.get()[i];
        start = Math.clamp(start, 0, whole[axis]);
      }
    }
    return OptionalLong.of(start);
  }

  private static Optional<long[]> integers(List<Optional<Known>> inputs, int port) {
    return inputs.get(port).isPresent() && inputs.get(port).get() instanceof Known.Constant(Tensor tensor)
        ? Optional.of(tensor.toLongs())
        : Optional.empty();
  }

  /** Whether the output has the input's elements in the input's order. */
  static boolean sameElements(Op op, TensorType in, TensorType out) {
    return op.schema().domain().isEmpty()
        && SAME_ELEMENTS.contains(op.schema().name())
        && (in.layout() == Layout.CONTIGUOUS || in.equals(out))
        && in.layout().equals(out.layout());
  }

  /**
   * Whether tensors of one layout that are joined along an axis lie behind each other in memory: all axes before it
   * have size 1, and parts end at a whole block, but for one at the very end.
   */
  static boolean partsAreAdjacent(TensorType whole, List<TensorType> parts, int axis) {
    long[] dims = whole.shape().known();
    for (int i = 0; i < axis; i++) {
      if (dims[i] != 1) {
        return false;
      }
    }
    for (int i = 0; i < parts.size(); i++) {
      TensorType part = parts.get(i);
      boolean atEnd = i > 0 && i == parts.size() - 1;
      if (!part.layout().equals(whole.layout())
          || part.layout() instanceof Layout.ChannelsLast
          || part.layout() instanceof Layout.Blocked(int block)
              && (axis != 1 || !atEnd && part.shape().known()[1] % block != 0)) {
        return false;
      }
    }
    return whole.dtype().bits() >= 8;
  }
}
