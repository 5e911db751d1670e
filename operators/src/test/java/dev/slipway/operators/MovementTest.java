package dev.slipway.operators;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.Interpreter;
import dev.slipway.graph.Op;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Values from the examples of the ONNX documentation, or short enough to check by eye. */
class MovementTest {
  private static final Attributes NONE = Attributes.NONE;
  private static final Tensor X = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);

  record Case(String operator, Attributes attributes, List<Tensor> inputs, Tensor expected) {
    Op op() {
      return Operators.get(operator).create(attributes);
    }

    @Override
    public String toString() {
      return operator + attributes.values() + " of " + inputs;
    }
  }

  private static Case of(String operator, Attributes attributes, Tensor expected, Tensor... inputs) {
    return new Case(operator, attributes, List.of(inputs), expected);
  }

  private static Tensor floats(long[] dims, float... values) {
    return Tensor.of(values, dims);
  }

  private static long[] dims(long... dims) {
    return dims;
  }

  private static Attributes with(String name, Object value) {
    return Attributes.of(name, value);
  }

  static Stream<Case> cases() {
    return Stream.of(
        of("CenterCropPad", NONE, floats(dims(1, 4), 0, 2, 0, 0), Tensor.of(new float[] {1, 2, 3}, 3, 1),
            Tensor.vector(1, 4)),
        of("Compress", with("axis", 1), floats(dims(2, 1), 2, 5), X, bools(0, 1)),
        of("Compress", NONE, floats(dims(2), 2, 5), X, bools(0, 1, 0, 0, 1)),
        of("Concat", with("axis", -1), floats(dims(2, 4), 1, 2, 3, 7, 4, 5, 6, 8), X, floats(dims(2, 1), 7, 8)),
        of("Constant", with("value_ints", List.of(3, 4)), Tensor.vector(3, 4)),
        of("ConstantOfShape", with("value", Tensor.vector(7)), Tensor.of(new long[] {7, 7}, 2, 1), Tensor.vector(2, 1)),
        of("DepthToSpace", with("blocksize", 2), floats(dims(1, 1, 2, 2), 1, 2, 3, 4),
            floats(dims(1, 4, 1, 1), 1, 2, 3, 4)),
        of("DepthToSpace", with("blocksize", 2).with("mode", "CRD"), floats(dims(1, 2, 2, 2), 1, 2, 3, 4, 5, 6, 7, 8),
            floats(dims(1, 8, 1, 1), 1, 2, 3, 4, 5, 6, 7, 8)),
        of("Expand", NONE, floats(dims(2, 2), 1, 1, 2, 2), floats(dims(2, 1), 1, 2), Tensor.vector(2)),
        of("Flatten", with("axis", 0), floats(dims(1, 6), 1, 2, 3, 4, 5, 6), X),
        of("Gather", with("axis", 1), floats(dims(2, 1, 2), 3, 1, 6, 4), X, Tensor.of(new long[] {-1, 0}, 1, 2)),
        of("GatherElements", with("axis", 1), floats(dims(2, 2), 1, 1, 5, 4), X,
            Tensor.of(new long[] {0, 0, 1, -3}, 2, 2)),
        of("GatherND", with("batch_dims", 1), floats(dims(2), 3, 4), X, Tensor.of(new long[] {2, 0}, 2, 1)),
        of("GatherND", NONE, floats(dims(1, 3), 4, 5, 6), X, Tensor.of(new long[] {1}, 1, 1)),
        of("Identity", NONE, X, X),
        of("NonZero", NONE, Tensor.of(new long[] {0, 1, 1, 0, 0, 1}, 2, 3), floats(dims(2, 2), 1, 0, 3, 4)),
        of("OneHot", with("axis", 0), floats(dims(3, 2), 5, 5, 5, 2, 2, 5), Tensor.vector(-1, 1), Tensor.scalar(3L),
            floats(dims(2), 5, 2)),
        of("Pad", NONE, floats(dims(2, 4), 0, 1, 2, 3, 0, 4, 5, 6), X, Tensor.vector(0, 1, 0, 0)),
        of("Pad", NONE, floats(dims(1, 4), 5, 6, 9, 9), X, Tensor.vector(-1, -1, 0, 2), Tensor.scalar(9f)),
        of("Pad", with("mode", "edge"), floats(dims(1, 4), 1, 1, 2, 2), floats(dims(1, 2), 1, 2),
            Tensor.vector(0, 1, 0, 1)),
        of("Pad", with("mode", "reflect"), floats(dims(7), 3, 2, 1, 2, 3, 2, 1), floats(dims(3), 1, 2, 3),
            Tensor.vector(2, 2)),
        of("Pad", with("mode", "wrap"), floats(dims(6), 2, 3, 1, 2, 3, 1), floats(dims(3), 1, 2, 3),
            Tensor.vector(2, 1)),
        of("Range", NONE, Tensor.vector(10, 7), Tensor.scalar(10L), Tensor.scalar(4L), Tensor.scalar(-3L)),
        of("Range", NONE, floats(dims(2), 1, 3), Tensor.scalar(1f), Tensor.scalar(5f), Tensor.scalar(2f)),
        of("Reshape", NONE, Tensor.allocate(DType.FLOAT32, 0, 6), Tensor.allocate(DType.FLOAT32, 0, 2, 3),
            Tensor.vector(0, -1)),
        of("ReverseSequence", with("batch_axis", 0).with("time_axis", 1), floats(dims(2, 3), 2, 1, 3, 6, 5, 4), X,
            Tensor.vector(2, 3)),
        of("ScatterElements", with("axis", 1), floats(dims(1, 5), 1, 1.1f, 3, 2.1f, 5),
            floats(dims(1, 5), 1, 2, 3, 4, 5), Tensor.of(new long[] {1, 3}, 1, 2), floats(dims(1, 2), 1.1f, 2.1f)),
        of("ScatterElements", with("axis", 1).with("reduction", "mul"), floats(dims(1, 3), 1, 24, 3),
            floats(dims(1, 3), 1, 2, 3), Tensor.of(new long[] {1, -2}, 1, 2), floats(dims(1, 2), 3, 4)),
        of("ScatterND", NONE, floats(dims(4), 1, 11, 3, 10), floats(dims(4), 1, 2, 3, 4),
            Tensor.of(new long[] {3, 1}, 2, 1), floats(dims(2), 10, 11)),
        of("ScatterND", with("reduction", "max"), floats(dims(2, 3), 1, 2, 3, 9, 5, 9), X,
            Tensor.of(new long[] {1}, 1, 1), floats(dims(1, 3), 9, 1, 9)),
        of("Shape", with("start", -1), Tensor.vector(3), X),
        of("Shape", with("end", -1), Tensor.vector(2), X),
        of("Size", NONE, Tensor.scalar(6L), X),
        of("Slice", NONE, floats(dims(1, 2), 4, 6), X, Tensor.vector(1, 0), Tensor.vector(2, 1000), Tensor.vector(0, 1),
            Tensor.vector(1, 2)),
        of("Slice", NONE, floats(dims(2, 2), 3, 2, 6, 5), X, Tensor.vector(20), Tensor.vector(0), Tensor.vector(-1),
            Tensor.vector(-1)),
        of("SpaceToDepth", with("blocksize", 2), floats(dims(1, 4, 1, 1), 1, 2, 3, 4),
            floats(dims(1, 1, 2, 2), 1, 2, 3, 4)),
        of("Split", with("axis", 1).with("num_outputs", 1), X, X),
        of("Squeeze", NONE, floats(dims(2), 1, 2), floats(dims(1, 2, 1), 1, 2)),
        of("Squeeze", NONE, floats(dims(1, 2), 1, 2), floats(dims(1, 2, 1), 1, 2), Tensor.vector(-1)),
        of("TensorScatter", with("axis", 1).with("mode", "circular"), floats(dims(2, 3), 8, 2, 7, 4, 9, 1), X,
            floats(dims(2, 2), 7, 8, 9, 1), Tensor.vector(2, 1)),
        of("Tile", NONE, floats(dims(2, 4), 1, 2, 1, 2, 1, 2, 1, 2), floats(dims(1, 2), 1, 2), Tensor.vector(2, 2)),
        of("Transpose", NONE, floats(dims(3, 2), 1, 4, 2, 5, 3, 6), X),
        of("Transpose", with("perm", List.of(1, 2, 0)), floats(dims(2, 3, 1), 1, 2, 3, 4, 5, 6), X.reshape(1, 2, 3)),
        of("Trilu", with("upper", 0), floats(dims(2, 3), 1, 2, 0, 4, 5, 6), X, Tensor.scalar(1L)),
        of("Trilu", NONE, floats(dims(2, 3), 1, 2, 3, 0, 5, 6), X),
        of("Unique", with("sorted", 0), floats(dims(4), 2, 1, 3, 4), floats(dims(6), 2, 1, 1, 3, 4, 3)),
        of("Unique", with("axis", 1), floats(dims(2, 2), 1, 2, 3, 4), floats(dims(2, 3), 2, 1, 2, 4, 3, 4)),
        of("Unsqueeze", NONE, X.reshape(1, 2, 3, 1), X, Tensor.vector(0, -1)));
  }

  private static Tensor bools(long... values) {
    Tensor tensor = Tensor.allocate(DType.BOOL, values.length);
    tensor.set(values);
    return tensor;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void computesTheExample(Case test) {
    Tensor y = new Interpreter().evaluate(test.op(), test.inputs().toArray(Tensor[]::new));

    assertThat(y.type()).isEqualTo(test.expected().type());
    assertThat(y.toDoubles()).containsExactly(test.expected().toDoubles());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void attributesMakeAnEqualOperator(Case test) {
    Op op = test.op();

    assertThat(Operators.get(test.operator()).create(op.attributes())).isEqualTo(op);
  }

  @ParameterizedTest
  @EnumSource(value = DType.class, mode = EnumSource.Mode.EXCLUDE, names = "STRING")
  void movesEveryElementType(DType dtype) {
    Tensor x = Tensor.allocate(dtype, 2, 4);
    byte[] bytes = new byte[(int) x.type().bytes()];
    new Random(1).nextBytes(bytes);
    x.data().copyFrom(MemorySegment.ofArray(bytes));
    Interpreter interpreter = new Interpreter();

    Tensor turned = interpreter.evaluate(op("Transpose"), interpreter.evaluate(op("Transpose"), x));
    Tensor padded = interpreter.evaluate(op("Pad"), x, Tensor.vector(1, 1, 0, 2));
    Tensor cut = interpreter.evaluate(op("Slice"), padded, Tensor.vector(1, 1), Tensor.vector(3, 5));
    Tensor gathered = interpreter.evaluate(op("Gather"), x, Tensor.vector(0, 1));
    Tensor joined = interpreter.evaluate(new Concat(0), gathered, x);
    Tensor half = interpreter.evaluate(op("Slice"), joined, Tensor.vector(2), Tensor.vector(4));

    assertThat(List.of(turned, cut, gathered, half)).allSatisfy(y -> {
      assertThat(y.type()).isEqualTo(x.type());
      assertThat(y.data().asSlice(0, bytes.length).toArray(ValueLayout.JAVA_BYTE)).isEqualTo(bytes);
    });
  }

  private static Op op(String operator) {
    return Operators.get(operator).create(NONE);
  }

  static Stream<Arguments> refusals() {
    return Stream.of(
        refusal("Concat", with("axis", 2), "axis: 2 (expected: -2 to 1)", X, X),
        refusal("Concat", with("axis", 0), "shapes: [[2, 3], [3, 2]] (expected: equal but for axis 0)", X,
            X.reshape(3, 2)),
        refusal("Gather", NONE, "index: 2 (expected: -2 to 1)", X, Tensor.vector(2)),
        refusal("Slice", NONE, "steps: 0 (expected: another number)", X, Tensor.vector(0), Tensor.vector(1),
            Tensor.vector(0), Tensor.vector(0)),
        refusal("Squeeze", NONE, "axis 1 of [2, 3]: size 3 (expected: 1, to be removed)", X, Tensor.vector(1)),
        refusal("Transpose", with("perm", List.of(0, 0)), "axes: 0 twice (expected: each axis once)", X),
        refusal("Tile", NONE, "output: float32[-2, 3] (expected: dimensions >= 0)", X, Tensor.vector(-1, 1)),
        refusal("Pad", NONE, "pads: [-2, 0, -1, 0] (expected: at least 0 elements left of [2, 3])", X,
            Tensor.vector(-2, 0, -1, 0)),
        refusal("Split", with("num_outputs", 5).with("axis", 1),
            "axis of 3 elements (expected: 5 parts of 1, the last one smaller)", X),
        refusal("Reshape", with("allowzero", 1), "shape: [0, -1] (expected: not both 0 and -1)", X,
            Tensor.vector(0, -1)),
        refusal("Reshape", NONE, "numbers of shape [1, 2] (expected: one axis)", X,
            Tensor.of(new long[] {3, 2}, 1, 2)),
        refusal("ReverseSequence", NONE, "sequence length: 4 (expected: 0 to 2)", X, Tensor.vector(1, 4, 1)),
        refusal("DepthToSpace", with("blocksize", 2), "channels: 3 (expected: a multiple of 4)", X.reshape(1, 3, 2, 1)),
        refusal("OneHot", NONE, "(expected: sizes that fit together;", Tensor.vector(1), Tensor.scalar(3L),
            Tensor.of(new float[] {1}, 1)));
  }

  private static Arguments refusal(
      String operator, Attributes attributes, String message, Tensor... inputs) {
    return Arguments.of(operator, attributes, message, inputs);
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void refuses(String operator, Attributes attributes, String message, Tensor[] inputs) {
    assertThatThrownBy(() -> new Interpreter().evaluate(Operators.get(operator).create(attributes), inputs))
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining(message);
  }
}
