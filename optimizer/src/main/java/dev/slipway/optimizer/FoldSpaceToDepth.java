package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Concat;
import dev.slipway.operators.Conv;
import dev.slipway.operators.Slice;
import dev.slipway.operators.SpatialWindow;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A convolution of pixels that were regrouped into channels, as the Focus layer of YOLO does by strided slices and a
 * concatenation, becomes one of the pixels as they lie: kernel, strides and pads are so many times larger.
 */
public final class FoldSpaceToDepth implements RewriteRule<Conv> {
  private static final int CHANNEL_AXIS = 1;

  @Override
  public Class<Conv> anchor() {
    return Conv.class;
  }

  /**
   * A value that has one phase of another's pixels: one of every step × step.
   *
   * @param offsets of its first pixel, for each spatial axis
   * @param steps for each spatial axis
   */
  private record Pixels(ValueId source, List<Long> offsets, List<Long> steps) {}

  @Override
  public Optional<GraphPatch> rewrite(PassContext context, Graph graph, Node node, Conv conv) {
    Optional<Node> concat = Patterns.producer(graph, node.input(0), Concat.class);
    Optional<Tensor> weights = Patterns.constant(graph, node, 1);
    if (concat.isEmpty() || weights.isEmpty() || conv.group() != 1
        || Patterns.producer(graph, concat.get().input(0), Slice.class).isEmpty()) {
      return Optional.empty();
    }
    SpatialWindow window = conv.window(weights.get().shape());
    if (window.dilations().stream().anyMatch(dilation -> dilation != 1)
        || window.autoPad() != SpatialWindow.AutoPad.NOTSET) {
      return context.refuse(node, "dilated, or padded by rule");
    }
    Optional<List<Pixels>> parts = parts(graph, concat.get());
    if (parts.isEmpty()) {
      return context.refuse(node, concat.get().name() + " does not join all pixels of one value, phase by phase");
    }
    List<Long> steps = parts.get().getFirst().steps();
    Conv folded = new Conv(scaled(window, steps), 1);
    GraphPatch.Builder patch = GraphPatch.on(
        graph, "folded " + concat.get().name() + " into " + node.name() + ": it regroups pixels").reuseName(node);
    List<ValueId> inputs = new ArrayList<>(node.inputs());
    inputs.set(0, parts.get().getFirst().source());
    inputs.set(1, patch.constant(node.name() + ".weights", spread(weights.get(), parts.get())));
    List<ValueId> outputs = patch.add(node.name(), folded, inputs, 1);
    return Optional.of(patch.replace(node.output(), outputs.getFirst()).build());
  }

  /** The inputs of a concatenation of channels, where they are all phases of one value. */
  private static Optional<List<Pixels>> parts(Graph graph, Node concat) {
    int rank = graph.shape(concat.output()).ranked() ? graph.shape(concat.output()).rank() : 0;
    if (rank < 3 || Math.floorMod(((Concat) concat.op()).axis(), (long) rank) != CHANNEL_AXIS) {
      return Optional.empty();
    }
    List<Pixels> parts = new ArrayList<>();
    for (ValueId input : concat.inputs()) {
      Optional<Pixels> pixels = pixels(graph, input, rank);
      if (pixels.isEmpty()) {
        return Optional.empty();
      }
      parts.add(pixels.get());
    }
    return arePhases(parts) && dividesShape(graph, parts.getFirst()) ? Optional.of(parts) : Optional.empty();
  }

  /** Follows slices of spatial axes back to where they start. */
  private static Optional<Pixels> pixels(Graph graph, ValueId id, int rank) {
    long[] offsets = new long[rank - 2];
    long[] steps = new long[rank - 2];
    Arrays.fill(steps, 1);
    ValueId source = id;
    Optional<Node> slice = Patterns.producer(graph, source, Slice.class);
    while (slice.isPresent()) {
      if (!follow(graph, slice.get(), offsets, steps)) {
        return Optional.empty();
      }
      source = slice.get().input(0);
      slice = Patterns.producer(graph, source, Slice.class);
    }
    return Optional.of(new Pixels(source, boxed(offsets), boxed(steps)));
  }

  private static List<Long> boxed(long[] numbers) {
    return Arrays.stream(numbers).boxed().toList();
  }

  /** Adds a slice that goes to the end of each axis it takes; each axis may be sliced once. */
  private static boolean follow(Graph graph, Node slice, long[] offsets, long[] steps) {
    Optional<long[]> starts = Patterns.integers(graph, slice, 1);
    Optional<long[]> ends = Patterns.integers(graph, slice, 2);
    Optional<long[]> axes = Patterns.integers(graph, slice, 3);
    Optional<long[]> strides = Patterns.integers(graph, slice, 4);
    Shape shape = graph.shape(slice.input(0));
    if (starts.isEmpty() || ends.isEmpty() || axes.isEmpty() || strides.isEmpty() || !shape.ranked()) {
      return false;
    }
    for (int i = 0; i < axes.get().length; i++) {
      int axis = Math.floorMod((int) axes.get()[i], shape.rank()) - 2;
      long step = strides.get()[i];
      boolean toEnd = axis >= 0 && shape.dim(axis + 2) instanceof Dim.Known(long size) && ends.get()[i] >= size;
      if (!toEnd || steps[axis] != 1 || step < 1 || starts.get()[i] < 0 || starts.get()[i] >= step) {
        return false;
      }
      offsets[axis] = starts.get()[i];
      steps[axis] = step;
    }
    return true;
  }

  /** Whether each phase of one value's pixels is there once. */
  private static boolean arePhases(List<Pixels> parts) {
    Pixels first = parts.getFirst();
    long phases = first.steps().stream().reduce(1L, Math::multiplyExact);
    Set<List<Long>> offsets = new HashSet<>();
    return phases > 1
        && phases == parts.size()
        && parts.stream().allMatch(part -> part.source().equals(first.source())
            && part.steps().equals(first.steps())
            && offsets.add(part.offsets()));
  }

  private static boolean dividesShape(Graph graph, Pixels pixels) {
    Shape shape = graph.shape(pixels.source());
    return IntStream.range(0, pixels.steps().size())
            .allMatch(i -> shape.dim(i + 2) instanceof Dim.Known(long size) && size % pixels.steps().get(i) == 0)
        && shape.dim(CHANNEL_AXIS) instanceof Dim.Known;
  }

  private static SpatialWindow scaled(SpatialWindow window, List<Long> steps) {
    return new SpatialWindow(
        SpatialWindow.AutoPad.NOTSET,
        times(window.kernel(), steps),
        times(window.strides(), steps),
        window.dilations(),
        times(window.pads(), steps),
        window.ceilMode());
  }

  private static List<Long> times(List<Long> numbers, List<Long> steps) {
    return IntStream.range(0, numbers.size())
        .mapToObj(i -> numbers.get(i) * steps.get(i % steps.size()))
        .collect(Collectors.toUnmodifiableList());
  }

  /** Weights [o, part · C + c, u, v] become [o, c, u · step + offset, v · step + offset]. */
  private static Tensor spread(Tensor weights, List<Pixels> parts) {
    List<Long> steps = parts.getFirst().steps();
    long[] from = weights.dims();
    long[] to = from.clone();
    to[CHANNEL_AXIS] /= parts.size();
    for (int i = 2; i < to.length; i++) {
      to[i] *= steps.get(i - 2);
    }
    Tensor spread = Tensor.allocate(weights.dtype(), to);
    long[] index = new long[from.length];
    for (long i = 0; i < weights.elementCount(); i++) {
      unravel(i, from, index);
      Pixels part = parts.get((int) (index[CHANNEL_AXIS] / to[CHANNEL_AXIS]));
      index[CHANNEL_AXIS] %= to[CHANNEL_AXIS];
      for (int axis = 2; axis < to.length; axis++) {
        index[axis] = index[axis] * steps.get(axis - 2) + part.offsets().get(axis - 2);
      }
      spread.setDouble(ravel(index, to), weights.getDouble(i));
    }
    return spread;
  }

  private static void unravel(long position, long[] dims, long[] index) {
    long rest = position;
    for (int axis = dims.length - 1; axis >= 0; axis--) {
      index[axis] = rest % dims[axis];
      rest /= dims[axis];
    }
  }

  private static long ravel(long[] index, long[] dims) {
    long position = 0;
    for (int axis = 0; axis < dims.length; axis++) {
      position = position * dims[axis] + index[axis];
    }
    return position;
  }
}
