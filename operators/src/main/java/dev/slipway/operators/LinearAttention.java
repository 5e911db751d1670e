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
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Attention without softmax, as a recurrence over the sequence: for each key-value head a state S of size_k×size_v
 * takes k ⊗ v of each step, and the output is scale · q · S. Gated rules first multiply S by exp(decay); delta rules
 * write beta · (v - k · S) in place of v. Query, key and value are batch×sequence×(heads·size).
 */
public record LinearAttention(long queryHeads, long keyValueHeads, UpdateRule rule, float scale, long chunkSize)
    implements Op {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16);
  private static final TypeConstraint S = TypeConstraint.of("S", DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16);
  static final OpDefinition DEFINITION = OpSchema.named("LinearAttention")
      .since(27)
      .input("query", T)
      .input("key", T)
      .input("value", T)
      .optionalInput("past_state", S)
      .optionalInput("decay", T)
      .optionalInput("beta", T)
      .output("output", T)
      .optionalOutput("present_state", S)
      .attribute("chunk_size", 64)
      .requiredAttribute("kv_num_heads", Kind.INT)
      .requiredAttribute("q_num_heads", Kind.INT)
      .attribute("scale", 0f)
      .attribute("update_rule", "gated_delta")
      .create(attributes -> new LinearAttention(
          attributes.integer("q_num_heads"),
          attributes.integer("kv_num_heads"),
          UpdateRule.of(attributes.string("update_rule", "gated_delta")),
          attributes.real("scale", 0),
          attributes.integer("chunk_size", 64)));

  /** How a step changes the state. */
  public enum UpdateRule {
    LINEAR(false, false),
    GATED(true, false),
    DELTA(false, true),
    GATED_DELTA(true, true);

    private final boolean gated;
    private final boolean delta;

    UpdateRule(boolean gated, boolean delta) {
      this.gated = gated;
      this.delta = delta;
    }

    static UpdateRule of(String text) {
      for (UpdateRule rule : values()) {
        if (rule.text().equals(text)) {
          return rule;
        }
      }
      throw new InvalidGraphException(
          "attribute update_rule: " + text + " (expected: linear, gated, delta or gated_delta)");
    }

    String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public LinearAttention {
    if (keyValueHeads < 1 || queryHeads < 1 || queryHeads % keyValueHeads != 0) {
      throw new InvalidGraphException("attributes q_num_heads " + queryHeads + ", kv_num_heads " + keyValueHeads
          + " (expected: positive, the first a multiple of the second)");
    }
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("chunk_size", chunkSize)
        .with("kv_num_heads", keyValueHeads)
        .with("q_num_heads", queryHeads)
        .with("scale", scale)
        .with("update_rule", rule.text());
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    requirePresence("decay", in.has(4), rule.gated);
    requirePresence("beta", in.has(5), rule.delta);
    TensorType query = in.tensor(0);
    Shape q = query.shape();
    Shape v = in.tensor(2).shape();
    DType state = in.has(3) ? in.tensor(3).dtype() : query.dtype();
    if (!q.ranked() || !v.ranked()) {
      return List.of(query.withShape(Shape.UNRANKED), TensorType.of(state, Shape.UNRANKED));
    }
    if (q.rank() != 3 || v.rank() != 3) {
      throw new InvalidGraphException("shapes: query " + q + ", value " + v + " (expected: rank 3)");
    }
    Dim keySize = q.dim(2).floorDiv(queryHeads);
    Dim valueSize = v.dim(2).floorDiv(keyValueHeads);
    Dim heads = Dim.of(keyValueHeads);
    Dim packedKey = keySize.times(keyValueHeads);
    ShapeCheck.require(in, 1, "key", Shape.of(q.dim(0), q.dim(1), packedKey));
    ShapeCheck.require(in, 2, "value", Shape.of(q.dim(0), q.dim(1), valueSize.times(keyValueHeads)));
    ShapeCheck.require(in, 3, "past_state", Shape.of(q.dim(0), heads, keySize, valueSize));
    ShapeCheck.require(
        in, 4, "decay", Shape.of(q.dim(0), q.dim(1), heads), Shape.of(q.dim(0), q.dim(1), packedKey));
    ShapeCheck.require(in, 5, "beta", Shape.of(q.dim(0), q.dim(1), heads), Shape.of(q.dim(0), q.dim(1), Dim.ONE));
    return List.of(
        query.withShape(Shape.of(q.dim(0), q.dim(1), valueSize.times(queryHeads))),
        TensorType.of(state, Shape.of(q.dim(0), heads, keySize, valueSize)));
  }

  private void requirePresence(String input, boolean present, boolean expected) {
    if (present != expected) {
      throw new InvalidGraphException("input " + input + ": " + (present ? "present" : "missing") + " (expected: "
          + (expected ? "present" : "missing") + " with update_rule " + rule.text() + ")");
    }
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    int batch = (int) ctx.input(0).dim(0);
    int keySize = (int) (ctx.input(0).dim(2) / queryHeads);
    int valueSize = (int) (ctx.input(2).dim(2) / keyValueHeads);
    double[] states = new double[(int) (batch * keyValueHeads * keySize * valueSize)];
    if (ctx.has(3)) {
      System.arraycopy(ctx.input(3).toDoubles(), 0, states, 0, states.length);
    }
    Tensor output = ctx.output(0);
    for (int n = 0; n < batch; n++) {
      for (int head = 0; head < keyValueHeads; head++) {
        int from = (int) (n * keyValueHeads + head) * keySize * valueSize;
        double[][] state = new double[keySize][];
        for (int i = 0; i < keySize; i++) {
          state[i] = Arrays.copyOfRange(states, from + i * valueSize, from + (i + 1) * valueSize);
        }
        walk(ctx, n, head, state, output);
        for (int i = 0; i < keySize; i++) {
          System.arraycopy(state[i], 0, states, from + i * valueSize, valueSize);
        }
      }
    }
    if (ctx.wants(1)) {
      ctx.output(1).set(states);
    }
  }

  private void walk(ReferenceContext ctx, int n, int head, double[][] state, Tensor output) {
    int length = (int) ctx.input(0).dim(1);
    int keySize = state.length;
    int valueSize = (int) (ctx.input(2).dim(2) / keyValueHeads);
    int group = (int) (queryHeads / keyValueHeads);
    double factor = scale == 0 ? 1 / Math.sqrt(keySize) : scale;
    for (int t = 0; t < length; t++) {
      int token = n * length + t;
      double[] key = head(ctx.input(1), token, head, keySize);
      double[] value = head(ctx.input(2), token, head, valueSize);
      if (rule.gated) {
        decay(ctx.input(4), token, head, state);
      }
      if (rule.delta) {
        double[] known = product(key, state, valueSize);
        double beta = ctx.input(5).getDouble(ctx.input(5).dim(2) == 1 ? token : token * keyValueHeads + head);
        for (int j = 0; j < valueSize; j++) {
          value[j] = beta * (value[j] - known[j]);
        }
      }
      for (int i = 0; i < keySize; i++) {
        for (int j = 0; j < valueSize; j++) {
          state[i][j] += key[i] * value[j];
        }
      }
      for (int q = head * group; q < (head + 1) * group; q++) {
        double[] read = product(head(ctx.input(0), token, q, keySize), state, valueSize);
        for (int j = 0; j < valueSize; j++) {
          output.setDouble((token * queryHeads + q) * valueSize + j, factor * read[j]);
        }
      }
    }
  }

  /** Multiplies the state by exp(decay), one number for the head or one for each element of the key. */
  private void decay(Tensor decay, int token, int head, double[][] state) {
    boolean perHead = decay.dim(2) == keyValueHeads;
    for (int i = 0; i < state.length; i++) {
      long index = token * keyValueHeads + head;
      double kept = Math.exp(decay.getDouble(perHead ? index : index * state.length + i));
      for (int j = 0; j < state[i].length; j++) {
        state[i][j] *= kept;
      }
    }
  }

  private static double[] head(Tensor packed, int token, int head, int size) {
    double[] values = new double[size];
    long start = token * packed.dim(2) + (long) head * size;
    for (int i = 0; i < size; i++) {
      values[i] = packed.getDouble(start + i);
    }
    return values;
  }

  private static double[] product(double[] row, double[][] matrix, int columns) {
    double[] result = new double[columns];
    for (int i = 0; i < row.length; i++) {
      for (int j = 0; j < columns; j++) {
        result[j] += row[i] * matrix[i][j];
      }
    }
    return result;
  }

  /**
   * For each token and element of a head's state: two operations to write, one to decay, two to read what the key
   * knows; and two for each query head that reads.
   */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    Shape q = in.getFirst().shape();
    Shape v = in.get(2).shape();
    if (!q.ranked() || !v.ranked()) {
      return Cost.of(Dim.ZERO, in, out);
    }
    long perElement = keyValueHeads * (2 + (rule.gated ? 1 : 0) + (rule.delta ? 2 : 0)) + 2 * queryHeads;
    Dim state = q.dim(2).floorDiv(queryHeads).times(v.dim(2).floorDiv(keyValueHeads));
    return Cost.of(q.dim(0).times(q.dim(1)).times(state).times(perElement), in, out);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return AxisFlow.links(AxisFlow.Link.of(0, 0, 0, 0), AxisFlow.Link.of(0, 1, 0, 1));
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.KeepFloat("its state feeds back, so that errors add up over the sequence");
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return Tolerance.accumulated(4096);
  }
}
