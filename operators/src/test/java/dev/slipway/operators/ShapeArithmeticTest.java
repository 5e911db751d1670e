package dev.slipway.operators;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.GraphBuilder;
import dev.slipway.graph.ValueId;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShapeArithmeticTest {
  private static final Dim N = Dim.symbol("N");
  private static final Dim H = Dim.symbol("H");
  private final GraphBuilder graph = new GraphBuilder("test");
  private final ValueId x = graph.input("x", TensorType.of(DType.FLOAT32, Shape.of(N, Dim.of(8), H, Dim.of(6))));

  private ValueId add(String operator, Attributes attributes, ValueId... inputs) {
    return graph.add(Operators.get(operator).create(attributes), inputs);
  }

  private ValueId add(String operator, ValueId... inputs) {
    return add(operator, Attributes.NONE, inputs);
  }

  private ValueId vector(long... values) {
    return graph.constant("c", Tensor.vector(values));
  }

  private String shape(ValueId id) {
    return ((TensorType) graph.type(id)).shape().toString();
  }

  @Test
  void gatheredAndJoinedDimensionsStaySymbolic() {
    ValueId batch = add("Gather", add("Shape", x), graph.constant("zero", Tensor.scalar(0L)));
    ValueId shape = add("Concat", Attributes.of("axis", 0), add("Unsqueeze", batch, vector(0)), vector(-1));

    assertThat(shape(add("Reshape", x, shape))).isEqualTo("[N, 48*H]");
  }

  @Test
  void dimensionsSurviveSlicesSplitsAndCasts() {
    ValueId spatial = add("Slice", add("Shape", x), vector(2), vector(4));
    ValueId doubled = add("Tile", spatial, vector(2));
    ValueId identity = add("Identity", add("Squeeze", add("Slice", doubled, vector(-2), vector(-1))));

    assertThat(shape(add("ConstantOfShape", spatial))).isEqualTo("[H, 6]");
    assertThat(shape(add("ConstantOfShape", doubled))).isEqualTo("[H, 6, H, 6]");
    ValueId start = graph.constant("start", Tensor.scalar(0L));
    ValueId delta = graph.constant("delta", Tensor.scalar(2L));
    assertThat(shape(add("Range", start, identity, delta))).isEqualTo("[floor(H+1, 2)]");
  }

  @Test
  void expandTakesShapesThatAreComputed() {
    ValueId shape = add("Shape", x);
    ValueId ones = add("Expand", graph.constant("one", Tensor.vector(1)), vector(4));

    assertThat(shape(add("Expand", graph.constant("s", Tensor.scalar(1f)), shape))).isEqualTo("[N, 8, H, 6]");
    assertThat(shape(add("ConstantOfShape", ones))).isEqualTo("[1, 1, 1, 1]");
    assertThat(shape(add("Reshape", add("Size", x), vector(1)))).isEqualTo("[1]");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      0  | 9223372036854775807  | 2  | floor(H+1, 2)
      1  | 9223372036854775807  | 2  | floor(H, 2)
      0  | 5                    | 1  | min(5, H)
      2  | -1                   | 1  | H-3
      -1 | 9223372036854775807  | 1  | 1
      -1 | -9223372036854775807 | -1 | H
      """)
  void slicesOfASymbolicAxis(long start, long end, long step, String expected) {
    ValueId y = add("Slice", x, vector(start), vector(end), vector(2), vector(step));

    assertThat(((TensorType) graph.type(y)).shape().dim(2)).hasToString(expected);
  }

  @Test
  void resizeScalesSymbolicSizes() {
    ValueId scales = graph.constant("scales", Tensor.of(new float[] {1, 1, 2, 1.5f}, 4));

    assertThat(shape(add("Resize", x, ValueId.ABSENT, scales))).isEqualTo("[N, 8, 2*H, 9]");
  }

  @Test
  void movementOnSymbolicAxes() {
    assertThat(shape(add("Transpose", x))).isEqualTo("[6, H, 8, N]");
    assertThat(shape(add("Flatten", x))).isEqualTo("[N, 48*H]");
    assertThat(shape(add("Pad", x, vector(0, 0, 1, 0, 0, 0, 2, 0)))).isEqualTo("[N, 8, H+3, 6]");
    assertThat(shape(add("Concat", Attributes.of("axis", 2), x, x))).isEqualTo("[N, 8, 2*H, 6]");
    assertThat(shape(add("DepthToSpace", Attributes.of("blocksize", 2), x))).isEqualTo("[N, 2, 2*H, 12]");
    assertThat(shape(add("Unsqueeze", x, vector(-1)))).isEqualTo("[N, 8, H, 6, 1]");
    assertThat(shape(add("Tile", x, vector(1, 2, 3, 1)))).isEqualTo("[N, 16, 3*H, 6]");
  }

  @Test
  void dimensionsThatDependOnDataAreFresh() {
    ValueId found = add("NonZero", x);

    assertThat(shape(found)).isEqualTo("[4, ?NonZero_0.count]");
    assertThat(shape(add("Transpose", found))).isEqualTo("[?NonZero_0.count, 4]");
  }

  @Test
  void unknownShapesGiveUnknownRanks() {
    ValueId shape = graph.input("shape", TensorType.of(DType.INT64, Shape.of(N)));
    ValueId three = graph.input("three", TensorType.of(DType.INT64, 3));

    assertThat(shape(add("ConstantOfShape", shape))).isEqualTo("[*]");
    assertThat(shape(add("ConstantOfShape", three))).isEqualTo("[?ConstantOfShape_1.d0, ?ConstantOfShape_1.d1, "
        + "?ConstantOfShape_1.d2]");
  }
}
