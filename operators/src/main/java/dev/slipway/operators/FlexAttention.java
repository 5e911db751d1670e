package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.Cost;
import dev.slipway.graph.Graph;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.Tolerance;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Attention whose scores and probabilities subgraphs modify: softmax of score_mod(scale · Q · Kᵀ), prob_mod of that,
 * times V. Q is batch×heads×length×size; K and V may have fewer heads. Each subgraph takes one tensor of
 * batch×heads×query length×key length and the captures, which are the inputs behind V.
 *
 * @param scale 0 for 1 / sqrt(size)
 * @param softmaxPrecision number of the type of the scores, 0 for float32, or float64 where the inputs have that
 * @param scoreMod none or one
 * @param probMod none or one
 */
public record FlexAttention(float scale, long softmaxPrecision, List<Graph> scoreMod, List<Graph> probMod)
    implements Op {
  private static final TypeConstraint T1 = TypeConstraint.of("T1", DType.FLOATS);
  private static final TypeConstraint T2 = TypeConstraint.of("T2", DType.FLOATS);
  static final OpDefinition DEFINITION = OpSchema.named("ai.onnx.preview", "FlexAttention")
      .since(1)
      .input("Q", T1)
      .input("K", T1)
      .input("V", T2)
      .heterogeneousInput("captures")
      .output("Y", T1)
      .attribute("prob_mod", Kind.GRAPH)
      .attribute("scale", Kind.FLOAT)
      .attribute("score_mod", Kind.GRAPH)
      .attribute("softmax_precision", Kind.INT)
      .create(attributes -> new FlexAttention(
          attributes.real("scale", 0),
          attributes.integer("softmax_precision", 0),
          attributes.find("score_mod", Graph.class).map(List::of).orElse(List.of()),
          attributes.find("prob_mod", Graph.class).map(List::of).orElse(List.of())));

  public FlexAttention {
    scoreMod = List.copyOf(scoreMod);
    probMod = List.copyOf(probMod);
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    Attributes attributes = scale == 0 ? Attributes.NONE : Attributes.of("scale", scale);
    attributes = softmaxPrecision == 0 ? attributes : attributes.with("softmax_precision", softmaxPrecision);
    return attributes.with("score_mod", scoreMod.stream().findFirst()).with("prob_mod", probMod.stream().findFirst());
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape q = in.tensor(0).shape();
    Shape k = in.tensor(1).shape();
    Shape v = in.tensor(2).shape();
    if (!q.ranked() || !k.ranked() || !v.ranked()) {
      return List.of(in.tensor(0).withShape(Shape.UNRANKED));
    }
    boolean grouped = q.rank() == 4 && k.rank() == 4 && v.rank() == 4
        && !(q.dim(1) instanceof Dim.Known(long heads) && k.dim(1) instanceof Dim.Known(long own) && heads % own != 0);
    if (!grouped) {
      throw new InvalidGraphException("shapes: Q " + q + ", K " + k + ", V " + v
          + " (expected: rank 4, the heads of Q a multiple of those of K and V)");
    }
    ShapeCheck.require(in, 1, "K", Shape.of(q.dim(0), k.dim(1), k.dim(2), q.dim(3)));
    ShapeCheck.require(in, 2, "V", Shape.of(q.dim(0), k.dim(1), k.dim(2), v.dim(3)));
    return List.of(in.tensor(0).withShape(Shape.of(q.dim(0), q.dim(1), q.dim(2), v.dim(3))));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    ScaledDotProduct.Heads q = ScaledDotProduct.Heads.of(ctx.input(0), 0);
    ScaledDotProduct.Heads k = ScaledDotProduct.Heads.of(ctx.input(1), 0);
    ScaledDotProduct.Heads v = ScaledDotProduct.Heads.of(ctx.input(2), 0);
    double[] scores = ScaledDotProduct.scores(q, k, scale == 0 ? 1 / Math.sqrt(q.size()) : scale);
    long[] dims = {q.batch(), q.count(), q.length(), k.length()};
    scores = modify(ctx, scoreMod, scores, dims);
    ScaledDotProduct.softmax(scores, k.length());
    scores = modify(ctx, probMod, scores, dims);
    ctx.output(0).set(ScaledDotProduct.weighted(scores, q, v).values());
  }

  private double[] modify(ReferenceContext ctx, List<Graph> graph, double[] values, long[] dims) {
    if (graph.isEmpty()) {
      return values;
    }
    Tensor tensor = Tensor.allocate(precision(ctx.input(0).dtype()), dims);
    tensor.set(values);
    List<Datum> inputs = new ArrayList<>(List.of(tensor));
    inputs.addAll(ctx.inputs(3));
    return ((Tensor) ctx.run(graph.getFirst(), inputs).getFirst()).toDoubles();
  }

  private DType precision(DType inputs) {
    if (softmaxPrecision != 0) {
      return attributes().dtype("softmax_precision");
    }
    return inputs == DType.FLOAT64 ? DType.FLOAT64 : DType.FLOAT32;
  }

  /** Both products, and for each score one operation to scale it and five for the softmax; and the subgraphs. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    Shape q = in.getFirst().shape();
    Shape v = in.get(2).shape();
    if (!q.ranked() || !v.ranked()) {
      return Cost.of(Dim.ZERO, in, out);
    }
    Dim scores = q.slice(0, 3).elements().times(v.dim(2));
    Cost cost = ScaledDotProduct.cost(scores, q.dim(3), v.dim(3), 6, in, out);
    for (Graph graph : subgraphs()) {
      cost = cost.plusFlops(Subgraphs.cost(graph).flops());
    }
    return cost;
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return AxisFlow.links(AxisFlow.Link.of(0, 0, 0, 0), AxisFlow.Link.of(0, 2, 0, 2), AxisFlow.Link.of(2, 3, 0, 3));
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.KeepFloat("its softmax needs the range of floating point");
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return Tolerance.accumulated(4096);
  }

  @Override
  public List<Graph> subgraphs() {
    return Stream.of(scoreMod, probMod).flatMap(List::stream).toList();
  }

  @Override
  public Op withSubgraphs(List<Graph> subgraphs) {
    return new FlexAttention(
        scale,
        softmaxPrecision,
        subgraphs.subList(0, scoreMod.size()),
        subgraphs.subList(scoreMod.size(), subgraphs.size()));
  }
}
