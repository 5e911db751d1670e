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
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.Tolerance;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * The Einstein summation of numpy: for each input the labels of its axes, behind {@code ->} those of the output; labels
 * that the output lacks are summed over. Without {@code ->} the output has the labels that occur once, in the order of
 * the alphabet. {@code ...} stands for further axes, which broadcast.
 */
public record Einsum(String equation) implements Op {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.NUMBERS);
  static final OpDefinition DEFINITION = OpSchema.named("Einsum")
      .since(12)
      .variadicInput("Inputs", T)
      .output("Output", T)
      .requiredAttribute("equation", Kind.STRING)
      .create(attributes -> new Einsum(attributes.string("equation")));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("equation", equation);
  }

  /** The labels of each input and of the output, and the size that each label has. */
  private record Terms(List<String> inputs, String output, Map<Character, Dim> sizes) {
    static Terms of(String equation, List<Shape> shapes) {
      String text = equation.replace(" ", "");
      int arrow = text.indexOf("->");
      String[] terms = (arrow < 0 ? text : text.substring(0, arrow)).split(",", -1);
      if (terms.length != shapes.size()) {
        throw new InvalidGraphException(
            "inputs: " + shapes.size() + " (expected: " + terms.length + " for " + equation + ")");
      }
      int ellipsis = 0;
      for (int i = 0; i < terms.length; i++) {
        ellipsis = Math.max(ellipsis, ellipsisRank(terms[i], shapes.get(i), equation));
      }
      List<String> inputs = new ArrayList<>();
      Map<Character, Dim> sizes = new TreeMap<>();
      for (int i = 0; i < terms.length; i++) {
        inputs.add(expand(terms[i], ellipsisRank(terms[i], shapes.get(i), equation)));
        collect(sizes, inputs.get(i), shapes.get(i), equation);
      }
      String output = arrow < 0 ? expand("...", ellipsis) + once(inputs) : expand(text.substring(arrow + 2), ellipsis);
      if (!output.chars().allMatch(label -> sizes.containsKey((char) label))
          || output.chars().distinct().count() != output.length()) {
        throw new InvalidGraphException(
            "attribute equation: " + equation + " (expected: labels of the inputs, each once, behind ->)");
      }
      return new Terms(inputs, output, sizes);
    }

    private static int ellipsisRank(String term, Shape shape, String equation) {
      String letters = term.replace("...", "");
      boolean open = letters.length() != term.length();
      boolean fits = open ? shape.rank() >= letters.length() : shape.rank() == letters.length();
      if (!letters.chars().allMatch(Character::isLetter) || !fits) {
        throw new InvalidGraphException("attribute equation: " + equation + " (expected: in " + term
            + " one letter for each axis of " + shape + ")");
      }
      return shape.rank() - letters.length();
    }

    /** Digits are the labels of the axes under an ellipsis, 0 for the last one. */
    private static String expand(String term, int ellipsis) {
      StringBuilder digits = new StringBuilder();
      for (int i = ellipsis - 1; i >= 0; i--) {
        digits.append((char) ('0' + i));
      }
      return term.replace("...", digits);
    }

    private static void collect(Map<Character, Dim> sizes, String labels, Shape shape, String equation) {
      for (int axis = 0; axis < labels.length(); axis++) {
        Dim size = shape.dim(axis);
        Dim known = sizes.getOrDefault(labels.charAt(axis), Dim.ONE);
        boolean numbers = size instanceof Dim.Known && known instanceof Dim.Known;
        if (numbers && !size.is(1) && !known.is(1) && !size.equals(known)) {
          throw new InvalidGraphException("axis " + labels.charAt(axis) + " of equation " + equation + ": " + size
              + " (expected: " + known + ", as before)");
        }
        boolean better = known.is(1) || size instanceof Dim.Known && !size.is(1);
        sizes.put(labels.charAt(axis), better ? size : known);
      }
    }

    private static String once(List<String> inputs) {
      String all = String.join("", inputs);
      StringBuilder once = new StringBuilder();
      all.chars()
          .filter(Character::isLetter)
          .filter(label -> all.indexOf(label) == all.lastIndexOf(label))
          .sorted()
          .forEach(label -> once.append((char) label));
      return once.toString();
    }

    /** All labels, those of the output first. */
    String labels() {
      StringBuilder labels = new StringBuilder(output);
      sizes.keySet().stream().filter(label -> output.indexOf(label) < 0).forEach(labels::append);
      return labels.toString();
    }
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    List<Shape> shapes = in.tensors().stream().map(TensorType::shape).toList();
    if (shapes.stream().anyMatch(shape -> !shape.ranked())) {
      return List.of(in.tensor(0).withShape(Shape.UNRANKED));
    }
    Terms terms = Terms.of(equation, shapes);
    List<Dim> dims = terms.output().chars().mapToObj(label -> terms.sizes().get((char) label)).toList();
    return List.of(TensorType.of(in.tensor(0).dtype(), Shape.of(dims)));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    int count = ctx.inputCount();
    List<Shape> shapes = IntStream.range(0, count).mapToObj(ctx::shape).toList();
    Terms terms = Terms.of(equation, shapes);
    String labels = terms.labels();
    long[] sizes = labels.chars().mapToLong(label -> terms.sizes().get((char) label).known().orElseThrow()).toArray();
    long[][] strides = new long[count][];
    for (int i = 0; i < count; i++) {
      strides[i] = strides(terms.inputs().get(i), shapes.get(i).known(), labels);
    }
    Tensor y = ctx.output(0);
    int outputs = Math.toIntExact(y.elementCount());
    List<Tensor> inputs = IntStream.range(0, count).mapToObj(ctx::input).toList();
    if (y.dtype().isInteger()) {
      y.set(sumLongs(inputs.stream().map(Tensor::toLongs).toList(), strides, sizes, outputs));
    } else {
      y.set(sum(inputs.stream().map(Tensor::toDoubles).toList(), strides, sizes, outputs));
    }
  }

  /** How far one step along each label goes in an input; a label that occurs twice walks a diagonal. */
  private static long[] strides(String term, long[] dims, String labels) {
    long[] own = Shape.strides(dims);
    long[] strides = new long[labels.length()];
    for (int axis = 0; axis < dims.length; axis++) {
      strides[labels.indexOf(term.charAt(axis))] += dims[axis] == 1 ? 0 : own[axis];
    }
    return strides;
  }

  private static double[] sum(List<double[]> inputs, long[][] strides, long[] sizes, int outputs) {
    Walk walk = new Walk(strides, sizes);
    double[] y = new double[outputs];
    long terms = walk.count / Math.max(1, outputs);
    for (long step = 0; step < walk.count; step++) {
      double product = 1;
      for (int i = 0; i < strides.length; i++) {
        product *= inputs.get(i)[walk.at[i]];
      }
      y[(int) (step / terms)] += product;
      walk.advance();
    }
    return y;
  }

  private static long[] sumLongs(List<long[]> inputs, long[][] strides, long[] sizes, int outputs) {
    Walk walk = new Walk(strides, sizes);
    long[] y = new long[outputs];
    long terms = walk.count / Math.max(1, outputs);
    for (long step = 0; step < walk.count; step++) {
      long product = 1;
      for (int i = 0; i < strides.length; i++) {
        product *= inputs.get(i)[walk.at[i]];
      }
      y[(int) (step / terms)] += product;
      walk.advance();
    }
    return y;
  }

  /** Visits all combinations of labels, the last label fastest. */
  private static final class Walk {
    private final long[][] strides;
    private final long[] sizes;
    private final long[] position;
    private final long count;
    private final int[] at;

    Walk(long[][] strides, long[] sizes) {
      this.strides = strides;
      this.sizes = sizes;
      this.position = new long[sizes.length];
      this.count = Shape.product(sizes);
      this.at = new int[strides.length];
    }

    void advance() {
      for (int label = sizes.length - 1; label >= 0; label--) {
        boolean wraps = ++position[label] == sizes[label];
        for (int i = 0; i < at.length; i++) {
          at[i] += (int) (wraps ? -(sizes[label] - 1) * strides[i][label] : strides[i][label]);
        }
        if (!wraps) {
          return;
        }
        position[label] = 0;
      }
    }
  }

  /** For each combination of labels one operation for each input but the first, and one more where it adds to a sum. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    List<Shape> shapes = in.stream().map(TensorType::shape).toList();
    if (shapes.stream().anyMatch(shape -> !shape.ranked())) {
      return Cost.of(Dim.ZERO, in, out);
    }
    Terms terms = Terms.of(equation, shapes);
    Dim combinations = terms.sizes().values().stream().reduce(Dim.ONE, Dim::times);
    boolean sums = terms.sizes().size() > terms.output().length();
    return in.size() == 2 && sums
        ? Cost.products(combinations, Dim.ZERO, in, out)
        : Cost.of(combinations.times(in.size() - 1L + (sums ? 1 : 0)), in, out);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    List<Shape> shapes = in.stream().map(TensorType::shape).toList();
    if (shapes.stream().anyMatch(shape -> !shape.ranked())) {
      return new AxisFlow.Opaque("a rank is not known");
    }
    Terms terms = Terms.of(equation, shapes);
    List<AxisFlow.Link> links = new ArrayList<>();
    for (int i = 0; i < shapes.size(); i++) {
      String labels = terms.inputs().get(i);
      for (int axis = 0; axis < labels.length(); axis++) {
        int to = terms.output().indexOf(labels.charAt(axis));
        if (to >= 0 && !shapes.get(i).dim(axis).is(1)) {
          links.add(AxisFlow.Link.of(i, axis, 0, to));
        }
      }
    }
    return new AxisFlow.Links(links);
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return dtype.isFloat() ? Tolerance.accumulated(4096) : Tolerance.EXACT;
  }
}
