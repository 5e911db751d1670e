package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.Cost;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleUnaryOperator;

/**
 * What the recurrent operators share. Inputs X, W, R, B, sequence_lens, initial_h and, with a second state, initial_c
 * and the peepholes P; outputs Y, Y_h and, with a second state, Y_c.
 *
 * @param hiddenSize 0 where the weights alone say it
 * @param activations their names, for one direction after the other
 * @param alpha values for those activations that take one, in their order; defaults where the list ends
 * @param beta the same
 * @param clip bound of the magnitude of what goes into an activation, infinite for none
 * @param layout 0 for X of sequence×batch×input, 1 for batch×sequence×input
 */
public record Recurrence(
    Direction direction,
    long hiddenSize,
    List<String> activations,
    List<Float> alpha,
    List<Float> beta,
    float clip,
    long layout) {

  /** Which way the sequence is walked. */
  public enum Direction {
    FORWARD,
    REVERSE,
    BIDIRECTIONAL;

    public int count() {
      return this == BIDIRECTIONAL ? 2 : 1;
    }
  }

  public Recurrence {
    activations = List.copyOf(activations);
    alpha = List.copyOf(alpha);
    beta = List.copyOf(beta);
    if (layout != 0 && layout != 1) {
      throw new InvalidGraphException("attribute layout: " + layout + " (expected: 0 or 1)");
    }
  }

  static OpSchema.Builder attributes(OpSchema.Builder schema) {
    return schema
        .attribute("activation_alpha", Kind.FLOATS)
        .attribute("activation_beta", Kind.FLOATS)
        .attribute("activations", Kind.STRINGS)
        .attribute("clip", Kind.FLOAT)
        .attribute("direction", "forward")
        .attribute("hidden_size", Kind.INT)
        .attribute("layout", 0);
  }

  /** Reads the attributes; the default activations are those of one direction. */
  static Recurrence of(Attributes attributes, List<String> defaultActivations) {
    Direction direction = direction(attributes.string("direction", "forward"));
    List<String> defaults = new ArrayList<>();
    for (int i = 0; i < direction.count(); i++) {
      defaults.addAll(defaultActivations);
    }
    List<String> activations = attributes.has("activations") ? attributes.strings("activations") : defaults;
    if (activations.size() != defaults.size()) {
      throw new InvalidGraphException(
          "attribute activations: " + activations + " (expected: " + defaults.size() + " names)");
    }
    Recurrence recurrence = new Recurrence(
        direction,
        attributes.integer("hidden_size", 0),
        activations,
        attributes.reals("activation_alpha", List.of()),
        attributes.reals("activation_beta", List.of()),
        attributes.real("clip", Float.POSITIVE_INFINITY),
        attributes.integer("layout", 0));
    recurrence.functions();
    return recurrence;
  }

  private static Direction direction(String text) {
    return switch (text) {
      case "forward" -> Direction.FORWARD;
      case "reverse" -> Direction.REVERSE;
      case "bidirectional" -> Direction.BIDIRECTIONAL;
      default -> throw new InvalidGraphException(
          "attribute direction: " + text + " (expected: forward, reverse or bidirectional)");
    };
  }

  Attributes attributes() {
    Attributes attributes = Attributes.of("activations", activations)
        .with("direction", direction.name().toLowerCase(Locale.ROOT))
        .with("layout", layout);
    attributes = alpha.isEmpty() ? attributes : attributes.with("activation_alpha", alpha);
    attributes = beta.isEmpty() ? attributes : attributes.with("activation_beta", beta);
    attributes = Float.isInfinite(clip) ? attributes : attributes.with("clip", clip);
    return hiddenSize == 0 ? attributes : attributes.with("hidden_size", hiddenSize);
  }

  /** The types of Y and of so many final states. */
  List<TensorType> inferTypes(InferenceContext in, int gates, int states) {
    Shape x = in.tensor(0).shape();
    Shape r = in.tensor(2).shape();
    DType dtype = in.tensor(0).dtype();
    List<TensorType> types = new ArrayList<>();
    if (!x.ranked() || !r.ranked()) {
      for (int i = 0; i <= states; i++) {
        types.add(TensorType.of(dtype, Shape.UNRANKED));
      }
      return types;
    }
    if (x.rank() != 3 || r.rank() != 3) {
      throw new InvalidGraphException("shapes: X " + x + ", R " + r + " (expected: rank 3)");
    }
    Dim hidden = r.dim(2);
    boolean wrongSize = hiddenSize != 0 && hidden instanceof Dim.Known && !hidden.is(hiddenSize);
    if (wrongSize || hidden instanceof Dim.Known(long h) && r.dim(1) instanceof Dim.Known && !r.dim(1).is(gates * h)
        || r.dim(0) instanceof Dim.Known && !r.dim(0).is(direction.count())) {
      throw new InvalidGraphException("shape of R: " + r + " (expected: [" + direction.count() + ", " + gates
          + " * hidden_size, hidden_size]" + (hiddenSize == 0 ? "" : " with hidden_size " + hiddenSize) + ")");
    }
    Dim directions = Dim.of(direction.count());
    Dim batch = x.dim(layout == 0 ? 1 : 0);
    Shape state = layout == 0 ? Shape.of(directions, batch, hidden) : Shape.of(batch, directions, hidden);
    ShapeCheck.require(in, 1, "W", Shape.of(directions, hidden.times(gates), x.dim(2)));
    ShapeCheck.require(in, 3, "B", Shape.of(directions, hidden.times(2L * gates)));
    ShapeCheck.require(in, 4, "sequence_lens", Shape.of(batch));
    ShapeCheck.require(in, 5, "initial_h", state);
    ShapeCheck.require(in, 6, "initial_c", state);
    ShapeCheck.require(in, 7, "P", Shape.of(directions, hidden.times(3)));
    types.add(TensorType.of(dtype, layout == 0
        ? Shape.of(x.dim(0), directions, batch, hidden)
        : Shape.of(batch, x.dim(1), directions, hidden)));
    for (int i = 0; i < states; i++) {
      types.add(TensorType.of(dtype, state));
    }
    return types;
  }

  /** One step of one sequence. */
  interface Cell {
    /**
     * Replaces the state.
     *
     * @param x the input of this step
     * @param state the hidden state h and, where there is a second one, the cell state c
     */
    void step(Weights weights, double[] x, double[][] state);
  }

  /** The weights and activations of one direction. */
  record Weights(
      int hidden,
      int gates,
      double[] w,
      double[] r,
      double[] b,
      double[] peepholes,
      List<DoubleUnaryOperator> functions,
      float clip) {

    /** What the input gives to a gate, its bias included: hidden numbers. */
    double[] ofInput(int gate, double[] x) {
      return product(w, gate, x, gate * hidden);
    }

    /** What the hidden state gives to a gate, its bias included: hidden numbers. */
    double[] ofState(int gate, double[] h) {
      return product(r, gate, h, (gates + gate) * hidden);
    }

    /** What goes into a gate's activation. */
    double[] gate(int gate, double[] x, double[] h) {
      double[] sum = ofInput(gate, x);
      double[] state = ofState(gate, h);
      for (int i = 0; i < hidden; i++) {
        sum[i] += state[i];
      }
      return sum;
    }

    double activate(int function, double value) {
      return functions.get(function).applyAsDouble(Math.clamp(value, -clip, clip));
    }

    private double[] product(double[] matrix, int gate, double[] vector, int bias) {
      double[] result = new double[hidden];
      for (int i = 0; i < hidden; i++) {
        int row = (gate * hidden + i) * vector.length;
        double sum = b[bias + i];
        for (int k = 0; k < vector.length; k++) {
          sum += matrix[row + k] * vector[k];
        }
        result[i] = sum;
      }
      return result;
    }
  }

  /** Walks all sequences; outputs 1 and on are the final states. */
  void evaluate(ReferenceContext ctx, int gates, int states, Cell cell) {
    Tensor x = ctx.input(0);
    int length = (int) x.dim(layout == 0 ? 0 : 1);
    int batch = (int) x.dim(layout == 0 ? 1 : 0);
    int inputs = (int) x.dim(2);
    int directions = direction.count();
    int hidden = (int) ctx.input(2).dim(2);
    double[] values = x.toDoubles();
    double[] y = new double[length * directions * batch * hidden];
    double[][] last = new double[states][directions * batch * hidden];
    for (int d = 0; d < directions; d++) {
      Weights weights = weights(ctx, d, gates, hidden);
      for (int n = 0; n < batch; n++) {
        int steps = ctx.has(4) ? Math.clamp(ctx.input(4).getLong(n), 0, length) : length;
        int at = (layout == 0 ? d * batch + n : n * directions + d) * hidden;
        double[][] state = new double[states][];
        for (int s = 0; s < states; s++) {
          state[s] = ctx.has(5 + s) ? slice(ctx.input(5 + s), at, hidden) : new double[hidden];
        }
        boolean backwards = direction == Direction.REVERSE || d == 1;
        for (int step = 0; step < steps; step++) {
          int t = backwards ? steps - 1 - step : step;
          int from = (layout == 0 ? t * batch + n : n * length + t) * inputs;
          cell.step(weights, Arrays.copyOfRange(values, from, from + inputs), state);
          int to = layout == 0 ? (t * directions + d) * batch + n : (n * length + t) * directions + d;
          System.arraycopy(state[0], 0, y, to * hidden, hidden);
        }
        for (int s = 0; s < states; s++) {
          System.arraycopy(state[s], 0, last[s], at, hidden);
        }
      }
    }
    put(ctx, 0, y);
    for (int s = 0; s < states; s++) {
      put(ctx, s + 1, last[s]);
    }
  }

  private Weights weights(ReferenceContext ctx, int d, int gates, int hidden) {
    int inputs = (int) ctx.input(1).dim(2);
    int perDirection = activations.size() / direction.count();
    return new Weights(
        hidden,
        gates,
        slice(ctx.input(1), d * gates * hidden * inputs, gates * hidden * inputs),
        slice(ctx.input(2), d * gates * hidden * hidden, gates * hidden * hidden),
        ctx.has(3) ? slice(ctx.input(3), d * 2 * gates * hidden, 2 * gates * hidden) : new double[2 * gates * hidden],
        ctx.has(7) ? slice(ctx.input(7), d * 3 * hidden, 3 * hidden) : new double[3 * hidden],
        functions().subList(d * perDirection, (d + 1) * perDirection),
        clip);
  }

  private static double[] slice(Tensor tensor, int from, int count) {
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = tensor.getDouble(from + i);
    }
    return values;
  }

  private static void put(ReferenceContext ctx, int port, double[] values) {
    if (ctx.wants(port)) {
      ctx.output(port).set(values);
    }
  }

  private List<DoubleUnaryOperator> functions() {
    List<DoubleUnaryOperator> functions = new ArrayList<>();
    List<Float> alphas = new ArrayList<>(alpha);
    List<Float> betas = new ArrayList<>(beta);
    for (String name : activations) {
      functions.add(switch (name.toLowerCase(Locale.ROOT)) {
        case "sigmoid" -> x -> 1 / (1 + Math.exp(-x));
        case "tanh" -> Math::tanh;
        case "relu" -> x -> Math.max(x, 0);
        case "softsign" -> x -> x / (1 + Math.abs(x));
        case "softplus" -> x -> Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
        case "leakyrelu" -> leakyRelu(next(alphas, 0.01f));
        case "thresholdedrelu" -> thresholdedRelu(next(alphas, 1));
        case "elu" -> elu(next(alphas, 1));
        case "affine" -> affine(next(alphas, 1), next(betas, 0));
        case "scaledtanh" -> scaledTanh(next(alphas, 1), next(betas, 1));
        case "hardsigmoid" -> hardSigmoid(next(alphas, 0.2f), next(betas, 0.5f));
        default -> throw new InvalidGraphException("attribute activations: " + name + " (expected: Affine, Elu, "
            + "HardSigmoid, LeakyRelu, Relu, ScaledTanh, Sigmoid, Softplus, Softsign, Tanh or ThresholdedRelu)");
      });
    }
    return functions;
  }

  private static float next(List<Float> values, float otherwise) {
    return values.isEmpty() ? otherwise : values.removeFirst();
  }

  private static DoubleUnaryOperator leakyRelu(float alpha) {
    return x -> x < 0 ? alpha * x : x;
  }

  private static DoubleUnaryOperator thresholdedRelu(float alpha) {
    return x -> x > alpha ? x : 0;
  }

  private static DoubleUnaryOperator elu(float alpha) {
    return x -> x < 0 ? alpha * Math.expm1(x) : x;
  }

  private static DoubleUnaryOperator affine(float alpha, float beta) {
    return x -> alpha * x + beta;
  }

  private static DoubleUnaryOperator scaledTanh(float alpha, float beta) {
    return x -> alpha * Math.tanh(beta * x);
  }

  private static DoubleUnaryOperator hardSigmoid(float alpha, float beta) {
    return x -> Math.clamp(alpha * x + beta, 0, 1);
  }

  /**
   * For each step, sequence and direction: two operations for each multiply-add of the matrices, two for each gate's
   * bias and activation, and so many more for each hidden element.
   */
  Cost cost(int gates, int perHidden, List<TensorType> in, List<TensorType> out) {
    Shape x = in.getFirst().shape();
    Shape r = in.get(2).shape();
    if (!x.ranked() || !r.ranked()) {
      return Cost.of(Dim.ZERO, in, out);
    }
    Dim hidden = r.dim(2);
    Dim steps = x.dim(0).times(x.dim(1)).times(direction.count()).times(hidden);
    return Cost.products(
        steps.times(x.dim(2).plus(hidden).times(gates)), steps.times(2L * gates + perHidden), in, out);
  }

  AxisFlow axisFlow() {
    return layout == 0
        ? AxisFlow.links(AxisFlow.Link.of(0, 0, 0, 0), AxisFlow.Link.of(0, 1, 0, 2))
        : AxisFlow.links(AxisFlow.Link.of(0, 0, 0, 0), AxisFlow.Link.of(0, 1, 0, 1));
  }
}
