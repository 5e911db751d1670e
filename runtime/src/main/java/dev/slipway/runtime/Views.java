package dev.slipway.runtime;

import dev.slipway.graph.Op;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.TensorType;
import java.util.List;
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
