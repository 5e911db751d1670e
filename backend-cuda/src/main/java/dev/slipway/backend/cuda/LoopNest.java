package dev.slipway.backend.cuda;

import dev.slipway.tensor.Layout;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * Loops over the elements of an output in the order in which they lie in memory, the innermost last, and how far each
 * operand goes with a step of each loop.
 *
 * @param operands the output first
 */
record LoopNest(List<Loop> loops, int operands) {

  /**
   * @param axis of the output that it runs over; of several that run as one, the last
   * @param size how often it runs
   * @param valid elements that there are; behind them the layout has zeros
   * @param strides in elements, one for each operand
   */
  record Loop(int axis, long size, long valid, List<Long> strides) {}

  LoopNest {
    loops = List.copyOf(loops);
  }

  /** The loops over an output and what is broadcast to it. */
  static LoopNest of(TensorType output, List<TensorType> inputs) {
    long[] dims = output.shape().known();
    List<long[]> strides = new ArrayList<>();
    strides.add(Strides.of(output));
    inputs.forEach(input -> strides.add(Strides.broadcast(input, dims.length)));
    return of(output.layout(), dims, strides);
  }

  /** @param strides of each operand along each axis, the output's first */
  static LoopNest of(Layout layout, long[] dims, List<long[]> strides) {
    List<Loop> loops = new ArrayList<>();
    for (int axis : memoryOrder(layout, dims.length)) {
      long size = layout instanceof Layout.ChannelsLast last && axis == 1 ? last.storedChannels(dims[1]) : dims[axis];
      loops.add(new Loop(axis, size, dims[axis], strides.stream().map(own -> own[axis]).toList()));
    }
    return new LoopNest(loops, strides.size());
  }

  private static int[] memoryOrder(Layout layout, int rank) {
    int[] order = new int[rank];
    for (int i = 0; i < rank; i++) {
      order[i] = i;
    }
    if (layout instanceof Layout.ChannelsLast) {
      for (int i = 1; i < rank - 1; i++) {
        order[i] = i + 1;
      }
      order[rank - 1] = 1;
    }
    return order;
  }

  /** Fewer loops: those of one step go, and neighbours that run as one for all operands become one. */
  LoopNest collapsed() {
    List<Loop> kept = new ArrayList<>();
    for (Loop loop : loops) {
      if (loop.size() == 1) {
        continue;
      }
      if (!kept.isEmpty() && isOne(kept.getLast(), loop)) {
        Loop outer = kept.removeLast();
        kept.add(new Loop(loop.axis(), outer.size() * loop.size(), outer.size() * loop.size(), loop.strides()));
      } else {
        kept.add(loop);
      }
    }
    return new LoopNest(kept, operands);
  }

  private static boolean isOne(Loop outer, Loop inner) {
    if (outer.size() != outer.valid() || inner.size() != inner.valid()) {
      return false;
    }
    for (int i = 0; i < outer.strides().size(); i++) {
      if (outer.strides().get(i) != inner.strides().get(i) * inner.size()) {
        return false;
      }
    }
    return true;
  }

  long elements() {
    return loops.stream().mapToLong(Loop::size).reduce(1, Math::multiplyExact);
  }

  /** Neighbouring elements that one thread makes with one store of at most 16 bytes. */
  int lanes(int bytesOfElement) {
    if (loops.isEmpty() || loops.getLast().strides().getFirst() != 1) {
      return 1;
    }
    int lanes = 16 / bytesOfElement;
    while (loops.getLast().size() % lanes != 0 || !isAligned(0, lanes)) {
      lanes /= 2;
    }
    return lanes;
  }

  /** Whether an operand's lanes lie side by side and start at a multiple of their number. */
  boolean isPacked(int operand, int lanes) {
    return !loops.isEmpty() && loops.getLast().strides().get(operand) == 1 && isAligned(operand, lanes);
  }

  /** Whether an operand has one element for all lanes. */
  boolean isUniform(int operand) {
    return loops.isEmpty() || loops.getLast().strides().get(operand) == 0;
  }

  private boolean isAligned(int operand, int lanes) {
    return loops.subList(0, loops.size() - 1).stream().allMatch(loop -> loop.strides().get(operand) % lanes == 0);
  }
}
