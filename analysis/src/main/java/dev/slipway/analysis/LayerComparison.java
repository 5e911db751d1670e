package dev.slipway.analysis;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Two runs of a model, compared value by value. Values are aligned by name. The local difference of a value is measured
 * against the reference evaluation of the layers between it and the values aligned before, on what the run itself had
 * there: rounding does not add up on the way, and every layer is looked at on its own however early the first one
 * differs. All aligned values together cover the whole model, so that what no layer shows is in none.
 *
 * @param layers in the order of the expected model
 * @param unaligned values of the expected model that the run does not show: inner values of fused kernels, and what its
 *     builder folded
 */
public record LayerComparison(List<LayerDifference> layers, int unaligned) {
  /** Operators whose results are no function of their inputs. */
  private static final Set<String> RANDOM =
      Set.of("RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli", "Multinomial");

  public LayerComparison {
    layers = List.copyOf(layers);
  }

  /**
   * Compares.
   *
   * @param actual the run in question
   * @param expected the run to compare with
   * @param model the graph of the expected run
   * @param inputs of both runs
   */
  public static LayerComparison of(
      Trace actual, Trace expected, Graph model, Map<String, Tensor> inputs, Threshold threshold) {
    Pass pass = new Pass(actual, expected, model, threshold);
    new ReferenceRun(model).run(inputs, pass::computed);
    return new LayerComparison(pass.layers, pass.unaligned);
  }

  /** The first layer that computes something else. */
  public Optional<LayerDifference> firstDivergence() {
    return layers.stream().filter(LayerDifference::diverged).findFirst();
  }

  /** One pass over the model. */
  private static final class Pass {
    private final Trace actual;
    private final Trace expected;
    private final Graph model;
    private final Threshold threshold;
    private final Map<ValueId, String> outputNames = new HashMap<>();
    private final List<LayerDifference> layers = new ArrayList<>();
    private int unaligned;

    Pass(Trace actual, Trace expected, Graph model, Threshold threshold) {
      this.actual = actual;
      this.expected = expected;
      this.model = model;
      this.threshold = threshold;
      model.outputs().forEach((name, id) -> outputNames.put(id, name));
    }

    Datum computed(Node node, ValueId id, Datum result) {
      if (!(result instanceof Tensor local) || RANDOM.contains(node.op().schema().name())) {
        return result;
      }
      Optional<Tensor> aligned = aligned(id, local);
      if (aligned.isEmpty()) {
        unaligned++;
        return result;
      }
      Difference here = Difference.between(aligned.get(), local);
      Difference total = find(expected, id)
          .filter(tensor -> Arrays.equals(tensor.dims(), local.dims()))
          .map(tensor -> Difference.between(aligned.get(), tensor))
          .orElse(here);
      layers.add(new LayerDifference(name(id), node.name(), node.op().schema().name(), here, total,
          threshold.isExceededBy(here)));
      return aligned.get().dtype() == local.dtype() ? aligned.get() : converted(aligned.get(), local.type());
    }

    private static Tensor converted(Tensor tensor, TensorType type) {
      Tensor converted = Tensor.allocate(type);
      converted.set(tensor.toDoubles());
      return converted;
    }

    private String name(ValueId id) {
      return model.value(id).name();
    }

    /** The value of the run, where it has it in the same shape and as the same kind of number. */
    private Optional<Tensor> aligned(ValueId id, Tensor local) {
      return find(actual, id).filter(tensor -> Arrays.equals(tensor.dims(), local.dims())
          && (tensor.dtype() == local.dtype() || tensor.dtype().isFloat() && local.dtype().isFloat())
          && !tensor.dtype().isComplex());
    }

    private Optional<Tensor> find(Trace trace, ValueId id) {
      return Optional.ofNullable(trace.values().get(name(id)))
          .or(() -> Optional.ofNullable(outputNames.get(id)).map(trace.values()::get));
    }
  }
}
