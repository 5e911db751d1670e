package dev.slipway.backend.cpu;

import static dev.slipway.operators.Expression.constant;
import static dev.slipway.operators.Expression.input;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.backend.Artifacts;
import dev.slipway.operators.Expression;
import dev.slipway.operators.Expression.Function;
import dev.slipway.operators.Expression.Operation;
import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class GeneratedCodeTest {
  private static final byte[] RETURN = {(byte) 0xC3};

  private static final Epilogue SCALED = new Epilogue(input(-1).times(input(0)), List.of(Side.CHANNEL));

  private static byte[] unwanted() {
    throw new AssertionError("generated although it is known");
  }

  @Test
  void takesOverWhatAPlanHas() {
    Artifacts first = new Artifacts();
    Artifacts second = new Artifacts();
    try (Artifacts.Recording plan = first.record()) {
      GeneratedCode codes = new GeneratedCode(first);
      codes.get("return", () -> RETURN);
      assertThat(codes.answer("yes", () -> true)).isTrue();
      assertThat(codes.answer("no", () -> false)).isFalse();
      second.addAll(plan.used());
    }
    GeneratedCode codes = new GeneratedCode(second);
    assertThat(codes.get("return", GeneratedCodeTest::unwanted)).isSameAs(codes.get("return", GeneratedCodeTest::unwanted));
    assertThat(codes.answer("yes", () -> false)).isTrue();
    assertThat(codes.answer("no", () -> true)).isFalse();
    assertThat(second.made()).isZero();
  }

  @Test
  void leavesCodeOfOtherVersions() {
    Artifacts artifacts = new Artifacts();
    try (Artifacts.Recording plan = artifacts.record()) {
      artifacts.get("0123456789abcdef return", () -> new byte[] {0});
      Artifacts others = new Artifacts();
      others.addAll(plan.used());
      new GeneratedCode(others).get("return", () -> RETURN);
      assertThat(others.made()).isOne();
    }
  }

  @Test
  void namesTellEverythingThatSpecificationsHave() {
    namesTellAll(new TileShape(1, 2, 3), 7, 7, 7);
    namesTellAll(new TileSpec.Strides(1, 2, 3), 7, 7, 7);
    namesTellAll(
        new TileSpec(256, new TileShape(1, 2, 3), strides(1), strides(2), 4, SCALED, 5, false, 0),
        512, new TileShape(2, 2, 3), strides(3), strides(3), 5, Epilogue.NONE, 6, true, 1);
    namesTellAll(SCALED, input(-1).times(input(1)), List.of(Side.FULL));
    Object[] extents = new Object[ConvShape.class.getRecordComponents().length];
    Arrays.fill(extents, 7);
    ConvShape shape = new ConvShape(1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5);
    namesTellAll(shape, extents);
    namesTellAll(
        new WindowSpec(shape, WindowSpec.Reduction.MEAN, false, SCALED, 8),
        ConvShape.of(3, 3, 3, 3, 1, 1, 1), WindowSpec.Reduction.MAX, true, Epilogue.NONE, 16);
    namesTellAll(
        new WinogradSpec(256, Winograd.F2, 1, 2, 3, constant(1)), 512, Winograd.F4, 7, 7, 7, constant(2));
    namesTellAll(
        new PointwiseSpec(256, constant(1), List.of(PointwiseSpec.Motion.SCALAR)),
        512, constant(2), List.of(PointwiseSpec.Motion.VECTOR));
    namesTellAll(new SoftmaxSpec(false), true);
    namesTellAll(new NormalizationSpec(3, false, false, 1e-5f), 4, true, true, 1e-6f);
    ByteEpilogue.Side side = new ByteEpilogue.Side(true, 0.5f, 3);
    namesTellAll(side, false, 0.25f, 4);
    ByteEpilogue beside = new ByteEpilogue(input(-1).plus(input(0)), Optional.of(side));
    namesTellAll(beside, input(-1).times(input(0)), Optional.empty());
    namesTellAll(
        new ByteTileSpec(ByteTileSpec.Sums.DENSE, 1, 2, 3, 4, 5, 6, 7, 8, Optional.of(ByteRange.ANY),
            ByteTileSpec.PerPixel.NONE, beside, 9, 4),
        ByteTileSpec.Sums.GIVEN, 10, 10, 10, 10, 10, 10, 10, 10, Optional.empty(),
        ByteTileSpec.PerPixel.SCALE, ByteEpilogue.NONE, 10, 5);
    namesTellAll(ByteRange.ANY, false, false);
    namesTellAll(new RecurrentSpec(RecurrentCell.GRU, 3, false), RecurrentCell.LSTM, 4, true);
  }

  @Test
  void namesTellExpressionsApart() {
    namesTellAll(new Expression.Input(1), 2);
    namesTellAll(new Expression.Constant(0), -0.0);
    namesTellAll(new Expression.Unary(Function.EXP, input(0)), Function.LOG, input(1));
    namesTellAll(new Expression.Binary(Operation.MIN, input(0), input(1)), Operation.MAX, input(1), input(0));
    namesTellAll(new Expression.Select(input(0), input(1), input(2)), input(1), input(2), input(0));
    assertThat(input(1).plus(input(2)).times(input(3))).doesNotHaveToString(
        input(1).plus(input(2).times(input(3))).toString());
  }

  private static TileSpec.Strides strides(int pixel) {
    return new TileSpec.Strides(pixel, 2, 3);
  }

  /** @param others for each component another value */
  private static void namesTellAll(Record specification, Object... others) {
    RecordComponent[] components = specification.getClass().getRecordComponents();
    assertThat(others).as("components of %s", specification).hasSameSizeAs(components);
    for (int i = 0; i < components.length; i++) {
      assertThat(with(specification, i, others[i]))
          .as("other %s", components[i].getName())
          .doesNotHaveToString(specification.toString());
    }
  }

  private static Object with(Record specification, int changed, Object value) {
    RecordComponent[] components = specification.getClass().getRecordComponents();
    Object[] values = new Object[components.length];
    try {
      for (int i = 0; i < values.length; i++) {
        components[i].getAccessor().setAccessible(true);
        values[i] = i == changed ? value : components[i].getAccessor().invoke(specification);
      }
      Constructor<?> constructor = specification.getClass()
          .getDeclaredConstructor(Arrays.stream(components).map(RecordComponent::getType).toArray(Class[]::new));
      constructor.setAccessible(true);
      return constructor.newInstance(values);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }
}
