package dev.slipway.runtime;

import dev.slipway.graph.Op;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.TensorType;
import java.util.Set;

/** Which operators give their input's memory, or parts of it, under another type. */
final class Views {
  private static final Set<String> SAME_ELEMENTS = Set.of("Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity");

  private Views() {}

  /** Whether the output has the input's elements in the input's order. */
  static boolean sameElements(Op op, TensorType in, TensorType out) {
    return op.schema().domain().isEmpty()
        && SAME_ELEMENTS.contains(op.schema().name())
        && (in.layout() == Layout.CONTIGUOUS || in.equals(out))
        && in.layout().equals(out.layout());
  }

  /**
   * Whether tensors of one layout that are joined along an axis lie behind each other in memory: all axes before it
   * have size 1, and parts end at a whole block.
   */
  static boolean partsAreAdjacent(TensorType whole, Iterable<TensorType> parts, int axis) {
    long[] dims = whole.shape().known();
    for (int i = 0; i < axis; i++) {
      if (dims[i] != 1) {
        return false;
      }
    }
    for (TensorType part : parts) {
      if (!part.layout().equals(whole.layout())) {
        return false;
      }
      if (part.layout() instanceof Layout.Blocked(int block)
          && (axis != 1 || Shape.product(part.shape().known()[1]) % block != 0)) {
        return false;
      }
    }
    return whole.dtype().bits() >= 8;
  }
}
