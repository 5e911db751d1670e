package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.Cost;
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
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Scaled dot-product attention: softmax(softcap(scale · Q · Kᵀ) + mask) · V. Q, K and V are batch×heads×length×size
 * or batch×length×(heads·size); a head of K and V may serve a group of heads of Q. Keys and values of the past stand
 * before the new ones. A row that the mask leaves nothing of gives zeros.
 *
 * @param causal whether a query sees no key behind its own place, counted from the end of the past or of what is no
 *     padding
 * @param queryHeads of a three-dimensional Q, else 0
 * @param keyValueHeads of three-dimensional K and V, else 0
 * @param qkOutput what the output qk_matmul_output is: the scores, those after softcap, after the mask, after softmax
 * @param scale 0 for 1 / sqrt(size)
 * @param softcap bound of the scores, by tanh; 0 for none
 * @param softmaxPrecision number of the type that the specification asks for, 0 for none; this evaluation is in double
 */
public record Attention(
    boolean causal,
    long queryHeads,
    long keyValueHeads,
    long qkOutput,
    float scale,
    float softcap,
    long softmaxPrecision)
    implements Op {
  private static final TypeConstraint T1 = TypeConstraint.of("T1", DType.FLOATS);
  private static final TypeConstraint T2 = TypeConstraint.of("T2", DType.FLOATS);
  private static final TypeConstraint U = TypeConstraint.of("U", masks());
  private static final TypeConstraint LENGTH = TypeConstraint.of("length", DType.INT64);
  static final OpDefinition DEFINITION = OpSchema.named("Attention")
      .since(24)
      .input("Q", T1)
      .input("K", T1)
      .input("V", T2)
      .optionalInput("attn_mask", U)
      .optionalInput("past_key", T1)
      .optionalInput("past_value", T2)
      .optionalInput("nonpad_kv_seqlen", LENGTH)
      .output("Y", T1)
      .optionalOutput("present_key", T1)
      .optionalOutput("present_value", T2)
      .optionalOutput("qk_matmul_output", T1)
      .attribute("is_causal", 0)
      .attribute("kv_num_heads", Kind.INT)
      .attribute("q_num_heads", Kind.INT)
      .attribute("qk_matmul_output_mode", 0)
      .attribute("scale", Kind.FLOAT)
      .attribute("softcap", 0f)
      .attribute("softmax_precision", Kind.INT)
      .create(attributes -> new Attention(
          attributes.flag("is_causal"),
          attributes.integer("q_num_heads", 0),
          attributes.integer("kv_num_heads", 0),
          attributes.integer("qk_matmul_output_mode", 0),
          attributes.real("scale", 0),
          attributes.real("softcap", 0),
          attributes.integer("softmax_precision", 0)));

  private static Set<DType> masks() {
    Set<DType> masks = EnumSet.copyOf(DType.NUMBERS);
    masks.add(DType.BOOL);
    return masks;
  }

  public Attention {
    if (qkOutput < 0 || qkOutput > 3) {
      throw new InvalidGraphException("attribute qk_matmul_output_mode: " + qkOutput + " (expected: 0 to 3)");
    }
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    Attributes attributes = Attributes.of("is_causal", causal)
        .with("qk_matmul_output_mode", qkOutput)
        .with("softcap", softcap);
    attributes = queryHeads == 0 ? attributes : attributes.with("q_num_heads", queryHeads);
    attributes = keyValueHeads == 0 ? attributes : attributes.with("kv_num_heads", keyValueHeads);
    attributes = scale == 0 ? attributes : attributes.with("scale", scale);
    return softmaxPrecision == 0 ? attributes : attributes.with("softmax_precision", softmaxPrecision);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    DType key = in.tensor(0).dtype();
    DType value = in.tensor(2).dtype();
    List<Shape> shapes = List.of(in.tensor(0).shape(), in.tensor(1).shape(), in.tensor(2).shape());
    if (shapes.stream().anyMatch(shape -> !shape.ranked()) || in.has(4) && !in.tensor(4).shape().ranked()) {
      return List.of(
          TensorType.of(key, Shape.UNRANKED),
          TensorType.of(key, Shape.UNRANKED),
          TensorType.of(value, Shape.UNRANKED),
          TensorType.of(key, Shape.UNRANKED));
    }
    Shape q = heads("Q", shapes.get(0), queryHeads);
    Shape k = heads("K", shapes.get(1), keyValueHeads);
    Shape v = heads("V", shapes.get(2), keyValueHeads);
    if (q.dim(1) instanceof Dim.Known(long a) && k.dim(1) instanceof Dim.Known(long b) && a % b != 0) {
      throw new InvalidGraphException("heads of Q: " + a + " (expected: a multiple of the " + b + " heads of K)");
    }
    Dim past = in.has(4) ? in.tensor(4).shape().dim(2) : Dim.ZERO;
    checkInputs(in, q, k, v, past);
    Dim total = in.has(4) ? k.dim(2).plus(past) : k.dim(2);
    Shape y = shapes.getFirst().rank() == 4
        ? Shape.of(q.dim(0), q.dim(1), q.dim(2), v.dim(3))
        : Shape.of(q.dim(0), q.dim(2), v.dim(3).times(q.dim(1)));
    return List.of(
        TensorType.of(key, y),
        TensorType.of(key, k.with(2, total)),
        TensorType.of(value, v.with(2, total)),
        TensorType.of(key, Shape.of(q.dim(0), q.dim(1), q.dim(2), total)));
  }

  private static void checkInputs(InferenceContext in, Shape q, Shape k, Shape v, Dim past) {
    ShapeCheck.require("K", k, Shape.of(q.dim(0), k.dim(1), k.dim(2), q.dim(3)));
    ShapeCheck.require("V", v, Shape.of(q.dim(0), k.dim(1), k.dim(2), v.dim(3)));
    ShapeCheck.require(in, 4, "past_key", Shape.of(q.dim(0), k.dim(1), past, k.dim(3)));
    ShapeCheck.require(in, 5, "past_value", Shape.of(q.dim(0), k.dim(1), past, v.dim(3)));
    ShapeCheck.require(in, 6, "nonpad_kv_seqlen", Shape.of(q.dim(0)));
    if (in.has(4) != in.has(5)) {
      throw new InvalidGraphException("past_key and past_value: one of them (expected: both or none)");
    }
    Shape mask = in.has(3) ? in.tensor(3).shape() : Shape.UNRANKED;
    if (mask.ranked() && mask.rank() > 0) {
      Shape target = Shape.of(q.dim(0), q.dim(1), q.dim(2), mask.dim(-1));
      ShapeCheck.requireBroadcast(in, 3, "attn_mask", target);
    }
  }

  /** The shape as batch×heads×length×size. */
  private static Shape heads(String port, Shape shape, long heads) {
    if (shape.rank() == 4) {
      return shape;
    }
    if (shape.rank() != 3 || heads < 1) {
      throw new InvalidGraphException("shape of " + port + ": " + shape
          + " (expected: rank 4, or rank 3 with q_num_heads and kv_num_heads)");
    }
    return Shape.of(shape.dim(0), Dim.of(heads), shape.dim(1), shape.dim(2).floorDiv(heads));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    ScaledDotProduct.Heads q = ScaledDotProduct.Heads.of(ctx.input(0), queryHeads);
    ScaledDotProduct.Heads k = withPast(ctx, 1, 4);
    ScaledDotProduct.Heads v = withPast(ctx, 2, 5);
    double[] scores = ScaledDotProduct.scores(q, k, scale == 0 ? 1 / Math.sqrt(q.size()) : scale);
    putScores(ctx, 0, scores);
    for (int i = 0; softcap > 0 && i < scores.length; i++) {
      scores[i] = softcap * Math.tanh(scores[i] / softcap);
    }
    putScores(ctx, 1, scores);
    mask(ctx, scores, q, k);
    putScores(ctx, 2, scores);
    ScaledDotProduct.softmax(scores, k.length());
    putScores(ctx, 3, scores);
    ScaledDotProduct.Heads y = ScaledDotProduct.weighted(scores, q, v);
    ctx.output(0).set(ctx.input(0).rank() == 4 ? y.values() : y.packed());
    put(ctx, 1, k.values());
    put(ctx, 2, v.values());
  }

  private ScaledDotProduct.Heads withPast(ReferenceContext ctx, int port, int past) {
    ScaledDotProduct.Heads heads = ScaledDotProduct.Heads.of(ctx.input(port), keyValueHeads);
    return ctx.has(past) ? heads.after(ScaledDotProduct.Heads.of(ctx.input(past), keyValueHeads)) : heads;
  }

  private void putScores(ReferenceContext ctx, int stage, double[] scores) {
    if (qkOutput == stage) {
      put(ctx, 3, scores);
    }
  }

  private static void put(ReferenceContext ctx, int port, double[] values) {
    if (ctx.wants(port)) {
      ctx.output(port).set(values);
    }
  }

  private void mask(ReferenceContext ctx, double[] scores, ScaledDotProduct.Heads q, ScaledDotProduct.Heads k) {
    int total = k.length();
    for (int row = 0; total > 0 && row < scores.length / total; row++) {
      int i = row % q.length();
      int head = row / q.length() % q.count();
      int n = row / q.length() / q.count();
      long valid = ctx.has(6) ? ctx.input(6).getLong(n) : total;
      long before = ctx.has(4) ? ctx.input(4).dim(2) : ctx.has(6) ? valid - q.length() : 0;
      for (int j = 0; j < total; j++) {
        boolean hidden = j >= valid || causal && j > i + before;
        double added = ctx.has(3) ? mask(ctx.input(3), n, head, i, j) : 0;
        scores[row * total + j] = hidden ? Double.NEGATIVE_INFINITY : scores[row * total + j] + added;
      }
    }
  }

  /** What the mask adds to one score; its axes broadcast, and it hides the keys behind its end. */
  private static double mask(Tensor mask, int... position) {
    int offset = position.length - mask.rank();
    long index = 0;
    for (int axis = 0; axis < mask.rank(); axis++) {
      long size = mask.dim(axis);
      int at = position[axis + offset];
      if (axis == mask.rank() - 1 && at >= size) {
        return Double.NEGATIVE_INFINITY;
      }
      index = index * size + (size == 1 ? 0 : at);
    }
    if (mask.dtype() == DType.BOOL) {
      return mask.getBoolean(index) ? 0 : Double.NEGATIVE_INFINITY;
    }
    return mask.getDouble(index);
  }

  /** Both products, and for each score: one to scale, three for softcap, one for the mask, five for the softmax. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    Shape v = in.get(2).shape();
    if (!in.getFirst().shape().ranked() || !v.ranked() || !in.get(1).shape().ranked()) {
      return Cost.of(Dim.ZERO, in, out);
    }
    Shape q = heads("Q", in.getFirst().shape(), queryHeads);
    Dim total = out.size() > 1 && out.get(1).shape().ranked()
        ? out.get(1).shape().dim(2)
        : heads("K", in.get(1).shape(), keyValueHeads).dim(2);
    int perScore = 6 + (softcap > 0 ? 3 : 0) + (in.size() > 3 ? 1 : 0);
    Dim valueSize = heads("V", v, keyValueHeads).dim(3);
    return ScaledDotProduct.cost(q.slice(0, 3).elements().times(total), q.dim(3), valueSize, perScore, in, out);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    Shape q = in.getFirst().shape();
    if (!q.ranked()) {
      return new AxisFlow.Opaque("the rank is not known");
    }
    return q.rank() == 4
        ? AxisFlow.links(AxisFlow.Link.of(0, 0, 0, 0), AxisFlow.Link.of(0, 2, 0, 2), AxisFlow.Link.of(2, 3, 0, 3))
        : AxisFlow.links(AxisFlow.Link.of(0, 0, 0, 0), AxisFlow.Link.of(0, 1, 0, 1));
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.KeepFloat("its softmax needs the range of floating point");
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return Tolerance.accumulated(4096);
  }
}
