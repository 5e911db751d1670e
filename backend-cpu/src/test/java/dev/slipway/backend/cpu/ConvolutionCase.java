package dev.slipway.backend.cpu;

import static dev.slipway.operators.Expression.constant;
import static dev.slipway.operators.Expression.input;

import dev.slipway.backend.FusedGroup;
import dev.slipway.operators.Expression;
import dev.slipway.operators.Expression.Function;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/** Random operands of a convolution over NCHW[c], and what the definition makes of them. */
final class ConvolutionCase {
  private static final Expression RESULT = input(FusedGroup.RESULT);

  /** Epilogues: the expression, and the sides it takes. */
  private static final List<Epilogue> EPILOGUES =
      List.of(
          Epilogue.NONE,
          Epilogue.of(RESULT.max(constant(0))),
          Epilogue.of(RESULT.max(constant(0)).min(constant(6))),
          Epilogue.of(RESULT.max(RESULT.times(constant(0.125)))),
          Epilogue.of(RESULT.times(RESULT.apply(Function.SIGMOID))),
          Epilogue.of(RESULT.apply(Function.SIGMOID)),
          new Epilogue(RESULT.plus(input(0)).max(constant(0)), List.of(Side.FULL)),
          new Epilogue(
              RESULT.times(input(1)).plus(input(0).times(input(2))),
              List.of(Side.FULL, Side.CHANNEL, Side.SCALAR)));

  private final ConvShape shape;
  private final Epilogue epilogue;
  private final Arena arena;
  private final float[] input;
  private final float[] weights;
  private final float[] bias;
  private final float[] full;
  private final float[] channel;
  private final float[] scalar;

  ConvolutionCase(ConvShape shape, Epilogue epilogue, Random random, Arena arena) {
    this.shape = shape;
    this.epilogue = epilogue;
    this.arena = arena;
    input = Cases.floats(random, shape.batch() * shape.inChannels() * shape.inHeight() * shape.inWidth());
    int taps = shape.kernelHeight() * shape.kernelWidth();
    weights = Cases.floats(random, shape.outChannels() * shape.inChannels() * taps);
    bias = Cases.floats(random, shape.outChannels());
    full = Cases.floats(random, shape.batch() * shape.outChannels() * plane());
    channel = Cases.floats(random, shape.outChannels());
    scalar = Cases.floats(random, 1);
  }

  static Epilogue epilogue(Random random) {
    return EPILOGUES.get(random.nextInt(EPILOGUES.size()));
  }

  /** [outChannels, inChannels, kernelHeight, kernelWidth]. */
  MemorySegment weights() {
    return Cases.memory(arena, weights);
  }

  /** Runs a convolution; gives its output in NCHW[c]. */
  MemorySegment run(MemorySegment packedWeights, long scratchBytes, Consumer<ConvOperands> convolution) {
    float[] blocked = Cases.blocked(input, shape.batch(), shape.inChannels(), shape.inHeight() * shape.inWidth());
    return run(blocked, packedWeights, scratchBytes, convolution);
  }

  /** The same with the input in NCHW. */
  MemorySegment runPlain(MemorySegment packedWeights, long scratchBytes, Consumer<ConvOperands> convolution) {
    return run(input, packedWeights, scratchBytes, convolution);
  }

  private MemorySegment run(
      float[] arranged, MemorySegment packedWeights, long scratchBytes, Consumer<ConvOperands> convolution) {
    float[] blockedFull = Cases.blocked(full, shape.batch(), shape.outChannels(), plane());
    MemorySegment output = Cases.unset(arena, blockedFull.length * 4L);
    convolution.accept(
        new ConvOperands(
            Cases.memory(arena, arranged).address(),
            packedWeights.address(),
            Cases.memory(arena, Cases.blocked(bias, 1, shape.outChannels(), 1)).address(),
            Cases.memory(arena, blockedFull).address(),
            Cases.memory(arena, Cases.blocked(channel, 1, shape.outChannels(), 1)).address(),
            Cases.memory(arena, scalar).address(),
            output.address(),
            Cases.unset(arena, scratchBytes).address()));
    return output;
  }

  /** The output by definition in NCHW[c]; its padding channels are zero. */
  double[] expected() {
    double[] y = ConvolutionReference.convolution(shape, input, weights, bias);
    int lanes = Memory.LANES;
    int blocks = Math.ceilDiv(shape.outChannels(), lanes);
    double[] blocked = new double[shape.batch() * blocks * lanes * plane()];
    for (int i = 0; i < y.length; i++) {
      int c = i / plane() % shape.outChannels();
      int block = i / plane() / shape.outChannels() * blocks + c / lanes;
      blocked[(block * plane() + i % plane()) * lanes + c % lanes] =
          epilogue.shifted().evaluate(inputs(y[i], full[i], channel[c]));
    }
    return blocked;
  }

  /** The result and the element of each side. */
  private double[] inputs(double result, double full, double channel) {
    double[] inputs = new double[epilogue.sides().size() + 1];
    inputs[0] = result;
    for (int i = 1; i < inputs.length; i++) {
      inputs[i] = switch (epilogue.sides().get(i - 1)) {
        case FULL -> full;
        case CHANNEL -> channel;
        case SCALAR -> scalar[0];
      };
    }
    return inputs;
  }

  private int plane() {
    return shape.outHeight() * shape.outWidth();
  }
}
