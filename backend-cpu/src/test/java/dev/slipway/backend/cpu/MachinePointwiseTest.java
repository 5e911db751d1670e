package dev.slipway.backend.cpu;

import static dev.slipway.operators.Expression.constant;
import static dev.slipway.operators.Expression.input;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.backend.cpu.PointwiseSpec.Motion;
import dev.slipway.operators.Expression;
import dev.slipway.operators.Expression.Function;
import dev.slipway.operators.Expression.Operation;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Expressions in machine code against their meaning. */
class MachinePointwiseTest {
  private static final float[] SPECIAL = {
    Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0, -0f, 1, -1, 88.5f, -88.5f, 104, -104, 1e9f, -1e9f,
    0.5f, 1.5f, -2.5f, 3.4e38f, 1e-38f, -1e-38f, 1e-44f,
    1e-5f, -1e-5f, -0.99999994f, 88.72f, 89, 0.921875f, 3.925f, 16777217, 8388607.5f
  };

  /** Those with machine code. */
  private static final List<Function> FUNCTIONS = List.of(
      Function.NEGATE,
      Function.ABS,
      Function.SIGN,
      Function.RECIPROCAL,
      Function.SQRT,
      Function.EXP,
      Function.EXPM1,
      Function.LOG,
      Function.LOG1P,
      Function.TANH,
      Function.ERF,
      Function.SIGMOID,
      Function.FLOOR,
      Function.CEIL,
      Function.ROUND,
      Function.IS_NAN,
      Function.NOT);

  @ParameterizedTest
  @EnumSource
  void computesFunctions(Isa isa) {
    assumeTrue(isa.isActive(), () -> isa + " is not there");
    for (Function function : FUNCTIONS) {
      Cases.each(10, (random, arena) -> {
        float[] x = Cases.floats(random, 1 + random.nextInt(100));
        float scale = Cases.oneOf(random, 1, 10, 100);
        for (int i = 0; i < x.length; i++) {
          x[i] = random.nextInt(8) == 0 ? SPECIAL[random.nextInt(SPECIAL.length)] : x[i] * scale;
        }
        check(isa, input(0).apply(function), List.of(Motion.ADVANCE), List.of(x), x.length, 4, arena);
      });
    }
  }

  /** Which take a hundred times as long to compute with. */
  @ParameterizedTest
  @EnumSource
  void givesNoDenormalPowers(Isa isa) {
    assumeTrue(isa.isActive(), () -> isa + " is not there");
    PointwiseSpec spec =
        new PointwiseSpec(isa.vectorBits(), input(0).apply(Function.EXP), List.of(Motion.ADVANCE));
    try (Arena arena = Arena.ofConfined()) {
      float[] x = {-87.4f, -95, -103, -200, Float.NEGATIVE_INFINITY};
      MemorySegment output = Cases.unset(arena, (long) x.length * Float.BYTES);
      new MachinePointwise(isa, spec, Cases.CODES).run(exactly(arena, x), 0, 0, 0, 0, 0, output.address(), x.length);
      assertThat(output.toArray(ValueLayout.JAVA_FLOAT)).containsOnly(0);
    }
  }

  @ParameterizedTest
  @EnumSource
  void computesActivations(Isa isa) {
    assumeTrue(isa.isActive(), () -> isa + " is not there");
    Expression x = input(0);
    Expression gate = x.times(1 / 6.0).plus(constant(0.5)).min(constant(1)).max(constant(0));
    Expression erf = x.times(Math.sqrt(0.5)).apply(Function.ERF).plus(constant(1));
    List<Expression> activations = List.of(
        x.plus(input(1)).max(constant(0)),
        x.max(constant(0)).min(constant(6)),
        x.compare(Operation.LESS, constant(0)).select(x.times(0.1), x),
        x.times(x.apply(Function.SIGMOID)),
        x.times(gate),
        x.times(0.5).times(erf),
        x.times(input(1)).plus(input(0)).max(constant(0)),
        x.minus(input(1)).over(constant(3)).power(constant(2)));
    for (Expression activation : activations) {
      assertThat(ExpressionEmitter.scratchRegisters(isa, activation, false)).as("%s", activation).isLessThanOrEqualTo(6);
      Cases.each(10, (random, arena) -> {
        int count = 1 + random.nextInt(100);
        List<float[]> inputs = List.of(scaled(random, count), new float[] {random.nextFloat()});
        check(isa, activation, List.of(Motion.ADVANCE, Motion.SCALAR), inputs, count, 16, arena);
      });
    }
  }

  @ParameterizedTest
  @EnumSource
  void computesRandomExpressions(Isa isa) {
    assumeTrue(isa.isActive(), () -> isa + " is not there");
    Cases.each(200, (random, arena) -> {
      List<Motion> motions = new ArrayList<>();
      List<float[]> inputs = new ArrayList<>();
      boolean vectors = random.nextInt(4) == 0;
      int count = vectors ? isa.lanes() * (1 + random.nextInt(5)) : random.nextInt(3 * isa.lanes() + 2);
      for (int port = 0; port < 1 + random.nextInt(6); port++) {
        Motion motion = Motion.values()[random.nextInt(3)];
        motions.add(motion == Motion.VECTOR && !vectors ? Motion.SCALAR : motion);
        int length = switch (motions.getLast()) {
          case ADVANCE -> count;
          case VECTOR -> isa.lanes();
          case SCALAR -> 1;
        };
        inputs.add(Cases.floats(random, length));
      }
      List<Expression> shared = new ArrayList<>();
      Expression expression = random(random, 1 + random.nextInt(4), motions.size(), shared);
      check(isa, expression, motions, inputs, count, 64, arena);
    });
  }

  /** Of operations whose error does not grow; subexpressions come up more than once. */
  private static Expression random(Random random, int depth, int ports, List<Expression> shared) {
    if (depth == 0 || random.nextInt(8) == 0) {
      return random.nextInt(4) == 0 ? constant(random.nextInt(5) - 2) : input(random.nextInt(ports));
    }
    if (!shared.isEmpty() && random.nextInt(4) == 0) {
      return shared.get(random.nextInt(shared.size()));
    }
    Expression x = random(random, depth - 1, ports, shared);
    Expression y = random(random, depth - 1, ports, shared);
    Expression expression = switch (random.nextInt(11)) {
      case 0 -> x.plus(y);
      case 1 -> x.minus(y);
      case 2 -> x.times(y).apply(Function.TANH);
      case 3 -> x.min(y);
      case 4 -> x.max(y);
      case 5 -> x.apply(Function.SIGMOID).times(input(0)).plus(y);
      case 6 -> x.apply(Function.ERF);
      case 7 -> input(0).compare(Operation.GREATER, constant(0)).select(x, y);
      case 8 -> input(0).select(x, y);
      case 9 -> x.apply(Function.ABS).over(constant(3));
      default -> x.apply(Function.NEGATE).max(constant(-0.5));
    };
    shared.add(expression);
    return expression;
  }

  private static float[] scaled(Random random, int count) {
    float[] values = Cases.floats(random, count);
    for (int i = 0; i < count; i++) {
      values[i] *= 8;
    }
    return values;
  }

  private static void check(
      Isa isa, Expression expression, List<Motion> motions, List<float[]> inputs, int count, double ulps, Arena arena) {
    PointwiseSpec spec = new PointwiseSpec(isa.vectorBits(), expression, motions);
    assertThat(MachinePointwise.supports(isa, spec)).as("%s", spec).isTrue();
    long[] addresses = new long[PointwiseSpec.MAX_OPERANDS];
    for (int i = 0; i < inputs.size(); i++) {
      addresses[i] = exactly(arena, inputs.get(i));
    }
    MemorySegment output = Cases.unset(arena, (count + 1L) * Float.BYTES);
    new MachinePointwise(isa, spec, Cases.CODES)
        .run(addresses[0], addresses[1], addresses[2], addresses[3], addresses[4], addresses[5], output.address(), count);
    for (int i = 0; i < count; i++) {
      double[] element = element(motions, inputs, i, isa.lanes());
      double expected = expression.evaluate(element);
      float actual = output.getAtIndex(ValueLayout.JAVA_FLOAT, i);
      assertThat(close(actual, expected, ulps))
          .as("%s at %s: %s (expected: %s)", expression, element, actual, expected)
          .isTrue();
    }
    assertThat(output.getAtIndex(ValueLayout.JAVA_INT, count)).as("behind the output").isEqualTo(-1);
  }

  private static boolean close(float actual, double expected, double ulps) {
    if (Double.isNaN(expected)) {
      return Float.isNaN(actual);
    }
    return actual == (float) expected || Math.abs(actual - expected) <= ulps * 0x1p-23 * (0.1 + Math.abs(expected));
  }

  private static double[] element(List<Motion> motions, List<float[]> inputs, int i, int lanes) {
    double[] element = new double[motions.size()];
    for (int port = 0; port < element.length; port++) {
      element[port] = inputs.get(port)[
          switch (motions.get(port)) {
            case ADVANCE -> i;
            case VECTOR -> i % lanes;
            case SCALAR -> 0;
          }];
    }
    return element;
  }

  private static long exactly(Arena arena, float[] values) {
    MemorySegment segment = Cases.unset(arena, (values.length + 1L) * Float.BYTES);
    MemorySegment.copy(values, 0, segment, ValueLayout.JAVA_FLOAT, 0, values.length);
    return segment.address();
  }
}
