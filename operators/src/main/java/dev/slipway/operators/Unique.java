package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * The different elements of a flat tensor, or the different slices of an axis, and where they occur.
 *
 * @param sorted whether they come in ascending order, else in that of their first occurrence
 */
public record Unique(OptionalLong axis, boolean sorted) implements DataMovement {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.NUMBERS);
  private static final TypeConstraint INT64 = TypeConstraint.of("indices", DType.INT64);
  static final OpDefinition DEFINITION = OpSchema.named("Unique")
      .since(11)
      .input("X", T)
      .output("Y", T)
      .optionalOutput("indices", INT64)
      .optionalOutput("inverse_indices", INT64)
      .optionalOutput("counts", INT64)
      .attribute("axis", Kind.INT)
      .attribute("sorted", 1)
      .create(attributes -> new Unique(
          attributes.has("axis") ? OptionalLong.of(attributes.integer("axis")) : OptionalLong.empty(),
          attributes.integer("sorted", 1) != 0));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    Attributes attributes = Attributes.of("sorted", sorted);
    return axis.isPresent() ? attributes.with("axis", axis.getAsLong()) : attributes;
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape x = in.tensor(0).shape();
    Dim count = in.freshDim("count");
    TensorType counts = TensorType.of(DType.INT64, Shape.of(count));
    if (axis.isEmpty()) {
      TensorType inverse = TensorType.of(
          DType.INT64, Shape.of(x.ranked() ? x.elements() : in.freshDim("elements")));
      return List.of(TensorType.of(in.tensor(0).dtype(), Shape.of(count)), counts, inverse, counts);
    }
    if (!x.ranked()) {
      TensorType inverse = TensorType.of(DType.INT64, Shape.of(in.freshDim("elements")));
      return List.of(in.tensor(0), counts, inverse, counts);
    }
    int along = Axes.normalize(axis.getAsLong(), x.rank());
    TensorType inverse = TensorType.of(DType.INT64, Shape.of(x.dim(along)));
    return List.of(TensorType.of(in.tensor(0).dtype(), x.with(along, count)), counts, inverse, counts);
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    long[] dims = axis.isPresent() ? x.dims() : new long[] {x.elementCount()};
    int along = axis.isPresent() ? Axes.normalize(axis.getAsLong(), x.rank()) : 0;
    Tensor rows = rows(x, dims, along);
    int size = Math.toIntExact(rows.dim(1));
    int count = Math.toIntExact(rows.dim(0));
    Comparator<Integer> byValue = (a, b) -> compare(rows, (long) a * size, (long) b * size, size);
    Map<Integer, List<Integer>> groups = new TreeMap<>(byValue);
    for (int row = 0; row < count; row++) {
      groups.computeIfAbsent(row, first -> new ArrayList<>()).add(row);
    }
    List<List<Integer>> ordered = new ArrayList<>(groups.values());
    if (!sorted) {
      ordered.sort(Comparator.comparing(List::getFirst));
    }
    dims[along] = ordered.size();
    StridedView to = StridedView.of(ctx.output(0, dims));
    StridedView from = StridedView.of(x, axis.isPresent() ? x.dims() : new long[] {x.elementCount()});
    long[] inverse = new long[count];
    for (int i = 0; i < ordered.size(); i++) {
      from.slice(along, ordered.get(i).getFirst(), 1, 1).copyTo(to.slice(along, i, 1, 1));
      for (int row : ordered.get(i)) {
        inverse[row] = i;
      }
    }
    ctx.set(1, Tensor.vector(ordered.stream().mapToLong(List::getFirst).toArray()));
    ctx.set(2, Tensor.vector(inverse));
    ctx.set(3, Tensor.vector(ordered.stream().mapToLong(List::size).toArray()));
  }

  /** The slices of an axis, one after the other. */
  private static Tensor rows(Tensor x, long[] dims, int along) {
    int[] order = new int[dims.length];
    long[] turned = new long[dims.length];
    for (int i = 0; i < dims.length; i++) {
      order[i] = i == 0 ? along : i <= along ? i - 1 : i;
      turned[i] = dims[order[i]];
    }
    Tensor rows = Tensor.allocate(x.dtype(), turned);
    StridedView.of(x, dims).transpose(order).copyTo(StridedView.of(rows));
    return rows.reshape(turned[0], Shape.product(Arrays.copyOfRange(turned, 1, turned.length)));
  }

  private static int compare(Tensor rows, long a, long b, int size) {
    for (int i = 0; i < size; i++) {
      int order = rows.dtype().isFloat()
          ? Double.compare(rows.getDouble(a + i) + 0.0, rows.getDouble(b + i) + 0.0)
          : rows.dtype().isUnsigned()
              ? Long.compareUnsigned(rows.getLong(a + i), rows.getLong(b + i))
              : Long.compare(rows.getLong(a + i), rows.getLong(b + i));
      if (order != 0) {
        return order;
      }
    }
    return 0;
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.KeepFloat("the output's size depends on values");
  }
}
