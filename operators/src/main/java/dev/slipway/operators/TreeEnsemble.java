package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.Cost;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.Arrays;
import java.util.List;

/**
 * The sums, means or extremes of the leaves that decision trees reach, for inputs batch×features; the result is
 * batch×targets. The encoding of the trees is that of the attributes.
 */
public record TreeEnsemble(Attributes attributes) implements Op {
  private static final TypeConstraint T =
      TypeConstraint.of("T", DType.FLOAT16, DType.FLOAT32, DType.FLOAT64);
  static final OpDefinition DEFINITION = OpSchema.named("ai.onnx.ml", "TreeEnsemble")
      .since(5)
      .input("X", T)
      .output("Y", T)
      .attribute("aggregate_function", 1)
      .requiredAttribute("leaf_targetids", Kind.INTS)
      .requiredAttribute("leaf_weights", Kind.TENSOR)
      .attribute("membership_values", Kind.TENSOR)
      .attribute("n_targets", Kind.INT)
      .requiredAttribute("nodes_falseleafs", Kind.INTS)
      .requiredAttribute("nodes_falsenodeids", Kind.INTS)
      .requiredAttribute("nodes_featureids", Kind.INTS)
      .attribute("nodes_hitrates", Kind.TENSOR)
      .attribute("nodes_missing_value_tracks_true", Kind.INTS)
      .requiredAttribute("nodes_modes", Kind.TENSOR)
      .requiredAttribute("nodes_splits", Kind.TENSOR)
      .requiredAttribute("nodes_trueleafs", Kind.INTS)
      .requiredAttribute("nodes_truenodeids", Kind.INTS)
      .attribute("post_transform", 0)
      .requiredAttribute("tree_roots", Kind.INTS)
      .create(TreeEnsemble::new);

  public TreeEnsemble {
    new Trees(attributes).check();
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape x = in.tensor(0).shape();
    if (x.ranked() && x.rank() != 2) {
      throw new InvalidGraphException("X: " + x + " (expected: batch and features)");
    }
    Trees trees = new Trees(attributes);
    if (x.ranked() && x.dim(1) instanceof Dim.Known(long features) && trees.features() > features) {
      throw new InvalidGraphException("X: " + features + " features (expected: at least " + trees.features() + ")");
    }
    Dim batch = x.ranked() ? x.dim(0) : in.freshDim("batch");
    return List.of(in.tensor(0).withShape(Shape.of(batch, Dim.of(trees.targets()))));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor y = ctx.output(0);
    Trees trees = new Trees(attributes);
    int features = Math.toIntExact(x.dim(1));
    int targets = Math.toIntExact(y.dim(1));
    double[] all = x.toDoubles();
    for (int n = 0; n < x.dim(0); n++) {
      double[] scores = trees.scores(Arrays.copyOfRange(all, n * features, (n + 1) * features));
      for (int target = 0; target < targets; target++) {
        y.setDouble((long) n * targets + target, scores[target]);
      }
    }
  }

  /** A comparison for each tree and level, of which there may be some eight. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    Shape x = in.getFirst().shape();
    Dim batch = x.ranked() ? x.dim(0) : Dim.ZERO;
    return Cost.of(batch.times(8L * attributes.integers("tree_roots").size()), in, out);
  }
}
