package dev.slipway.quantization;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.AveragePool;
import dev.slipway.operators.Conv;
import dev.slipway.operators.GlobalAveragePool;
import dev.slipway.operators.LeakyRelu;
import dev.slipway.operators.MaxPool;
import dev.slipway.operators.Relu;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Moves factors between two convolutions with nothing but positively homogeneous operators between them, such that each
 * channel has as wide weights in front as behind. Source: M. Nagel et al., Data-Free Quantization Through Weight
 * Equalization and Bias Correction, ICCV 2019.
 */
final class CrossLayerEqualization {
  private static final int SWEEPS = 10;
  private static final double LARGEST_FACTOR = 100;
  private static final double DONE = 1.01;

  private final Graph graph;
  private final EditedConstants constants;
  private final List<Pair> pairs = new ArrayList<>();

  private record Pair(Node first, Node second) {}

  private CrossLayerEqualization(QuantizationPlan plan) {
    this.graph = plan.graph();
    this.constants = new EditedConstants(graph);
    plan.layers().forEach(layer -> successor(layer.node()).ifPresent(next -> pairs.add(new Pair(layer.node(), next))));
  }

  /** The graph with equalised weights. */
  static EditedGraph apply(QuantizationPlan plan) {
    CrossLayerEqualization equalization = new CrossLayerEqualization(plan);
    double largest = Double.POSITIVE_INFINITY;
    for (int sweep = 0; sweep < SWEEPS && largest > DONE; sweep++) {
      largest = 1;
      for (Pair pair : equalization.pairs) {
        largest = Math.max(largest, equalization.balance(pair));
      }
    }
    Set<String> changed = new HashSet<>();
    equalization.pairs.forEach(pair -> changed.addAll(List.of(pair.first.name(), pair.second.name())));
    return new EditedGraph(equalization.constants.graph("equalised weights"), changed.size());
  }

  /** The convolution that alone reads the output of another, behind operators that factors may pass. */
  private Optional<Node> successor(Node first) {
    if (!(first.op() instanceof Conv) || !isOwn(first)) {
      return Optional.empty();
    }
    Optional<Node> reader = graph.soleConsumer(first.output());
    while (reader.isPresent() && isHomogeneous(reader.get())) {
      reader = graph.soleConsumer(reader.get().output());
    }
    return reader.filter(next -> next.op() instanceof Conv && isOwn(next) && channelsMatch(first, next));
  }

  private static boolean isHomogeneous(Node node) {
    return switch (node.op()) {
      case Relu _, LeakyRelu _, MaxPool _, AveragePool _, GlobalAveragePool _ -> node.outputs().size() == 1;
      default -> false;
    };
  }

  /** Whether the weights and the bias are constants that no other node reads. */
  private boolean isOwn(Node conv) {
    return conv.inputs().stream().skip(1).filter(ValueId::isPresent)
        .allMatch(id -> graph.constant(id).isPresent() && graph.consumers(id).size() == 1);
  }

  /** Depthwise, or without groups. */
  private boolean channelsMatch(Node first, Node next) {
    long channels = graph.constant(first.input(1)).orElseThrow().dim(0);
    Tensor weights = graph.constant(next.input(1)).orElseThrow();
    long group = ((Conv) next.op()).group();
    return group == 1 && weights.dim(1) == channels || group == channels && weights.dim(0) == channels;
  }

  /** The largest factor that was moved. */
  private double balance(Pair pair) {
    Tensor front = graph.constant(pair.first.input(1)).orElseThrow();
    Tensor back = graph.constant(pair.second.input(1)).orElseThrow();
    Channels before = new Channels(constants.of(pair.first.input(1)), (int) front.dim(0), inner(front, 0));
    int axis = ((Conv) pair.second.op()).group() == 1 ? 1 : 0;
    Channels after = new Channels(constants.of(pair.second.input(1)), (int) back.dim(axis), inner(back, axis));
    double largest = 1;
    for (int channel = 0; channel < before.count(); channel++) {
      double factor = factor(before.magnitude(channel), after.magnitude(channel));
      largest = Math.max(largest, Math.max(factor, 1 / factor));
      scale(before, channel, 1 / factor);
      scale(after, channel, factor);
      if (pair.first.hasInput(2)) {
        constants.of(pair.first.input(2))[channel] /= (float) factor;
      }
    }
    return largest;
  }

  private static double factor(double front, double back) {
    return front == 0 || back == 0
        ? 1
        : Math.clamp(Math.sqrt(front / back), 1 / LARGEST_FACTOR, LARGEST_FACTOR);
  }

  private static void scale(Channels weights, int channel, double factor) {
    weights.forEach(channel, index -> weights.values()[index] *= (float) factor);
  }

  private static int inner(Tensor tensor, int axis) {
    return (int) Shape.product(
        Arrays.copyOfRange(tensor.dims(), axis + 1, tensor.rank()));
  }
}
