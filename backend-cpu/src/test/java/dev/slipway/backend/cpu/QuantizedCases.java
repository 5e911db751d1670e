package dev.slipway.backend.cpu;

import dev.slipway.graph.GraphBuilder;
import dev.slipway.graph.Op;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Add;
import dev.slipway.operators.ByteRounding;
import dev.slipway.operators.DequantizeLinear;
import dev.slipway.operators.Fused;
import dev.slipway.operators.QuantizeLinear;
import dev.slipway.operators.QuantizedConv;
import dev.slipway.operators.Relu;
import dev.slipway.operators.Swish;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** Random operands of integer kernels, and every way in which this machine can run them. */
final class QuantizedCases {
  private QuantizedCases() {}

  /** Kernels of one of the paths: in machine code that this processor has, or in Java. */
  static ByteKernels kernels(Random random) {
    List<Optional<ByteProducts>> ways = new ArrayList<>(List.of(Optional.empty()));
    Arrays.stream(ByteProducts.values()).filter(ByteProducts::isActive).map(Optional::of).forEach(ways::add);
    return new ByteKernels(ways.get(random.nextInt(ways.size())), random.nextBoolean(), Cases.CODES);
  }

  /** Weights, scale, offset and start of so many channels: results spread over some hundred steps. */
  static TacticCheck withParameters(TacticCheck check, Random random, Tensor weights, int channels) {
    double depth = Math.max(1, (double) weights.elementCount() / channels);
    Tensor scale = Tensor.allocate(DType.FLOAT32, channels);
    Tensor offset = Tensor.allocate(DType.FLOAT32, channels);
    Tensor start = Tensor.allocate(DType.INT32, channels);
    for (int i = 0; i < channels; i++) {
      scale.setDouble(i, (0.5 + random.nextDouble()) / (50 * Math.sqrt(depth)));
      offset.setDouble(i, random.nextBoolean() ? 0 : random.nextDouble() * 40 - 20);
      start.setLong(i, random.nextInt(20_000) - 10_000);
    }
    return check.withConstant(weights).withConstant(scale).withConstant(offset).withConstant(start);
  }

  /** None, the whole range, or a part of it; zero points at the ends of their range are frequent. */
  static Optional<ByteRounding> rounding(Random random) {
    int zeroPoint = zeroPoint(random);
    return switch (random.nextInt(4)) {
      case 0 -> Optional.empty();
      case 1 -> Optional.of(new ByteRounding(zeroPoint, zeroPoint, 255));
      case 2 -> Optional.of(new ByteRounding(zeroPoint, 3, 200));
      default -> Optional.of(ByteRounding.saturating(zeroPoint));
    };
  }

  static int zeroPoint(Random random) {
    return random.nextBoolean() ? Cases.oneOf(random, 0, 128, 255) : random.nextInt(256);
  }

  /** None half of the time. */
  static int weightZeroPoint(Random random) {
    return random.nextBoolean() ? 0 : Cases.oneOf(random, -128, 127, random.nextInt(-128, 128));
  }

  /** Signed weights, many of them at the ends of the type. */
  static Tensor weights(Random random, long... dims) {
    Tensor weights = TacticCheck.random(random, DType.INT8, dims);
    if (random.nextInt(4) == 0) {
      for (long i = 0; i < weights.elementCount(); i++) {
        weights.setLong(i, random.nextBoolean() ? -128 : 127);
      }
    }
    return weights;
  }

  /** A number of channels at an edge of blocks and tiles. */
  static int channels(Random random) {
    return Cases.oneOf(random, 1, 3, 4, 15, 16, 17, 32, 33, 48, 70, 96);
  }

  /** None, floats, or bytes. */
  static Optional<Tensor> side(Random random, long... dims) {
    return switch (random.nextInt(3)) {
      case 0 -> Optional.empty();
      case 1 -> Optional.of(TacticCheck.floats(random, dims));
      default -> Optional.of(TacticCheck.random(random, DType.UINT8, dims));
    };
  }

  /** A product, an activation function, a sum with the side, a bound and, if so, the rounding. */
  static Fused group(
      Random random, Op product, long[] in, Tensor weights, Optional<Tensor> side, boolean rounds) {
    GraphBuilder body = new GraphBuilder("body");
    long channels = product instanceof QuantizedConv ? weights.dim(0) : weights.dim(1);
    ValueId y = body.add(
        product,
        body.input("x", TensorType.of(DType.UINT8, in)),
        body.input("w", weights.type()),
        body.input("scale", TensorType.of(DType.FLOAT32, channels)),
        body.input("offset", TensorType.of(DType.FLOAT32, channels)),
        body.input("start", TensorType.of(DType.INT32, channels)));
    ValueId step = body.constant("step", Tensor.scalar(0.4f));
    ValueId zero = body.constant("zero", Tensor.scalar(DType.UINT8, zeroPoint(random)));
    y = body.add(new Swish(1), y);
    if (side.isPresent()) {
      ValueId beside = body.input("side", side.get().type());
      boolean isByte = side.get().dtype() == DType.UINT8;
      y = body.add(new Add(), isByte ? body.add(new DequantizeLinear(1), beside, step, zero) : beside, y);
    }
    if (random.nextBoolean()) {
      y = body.add(new Relu(), y);
    }
    return new Fused(body.output("y", rounds ? body.add(new QuantizeLinear(1), y, step, zero) : y).build());
  }
}
