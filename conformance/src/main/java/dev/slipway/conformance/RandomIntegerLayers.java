package dev.slipway.conformance;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.GraphBuilder;
import dev.slipway.graph.Op;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.ByteRounding;
import dev.slipway.operators.Cast;
import dev.slipway.operators.Operators;
import dev.slipway.operators.QuantizeRows;
import dev.slipway.operators.QuantizedAdd;
import dev.slipway.operators.QuantizedConv;
import dev.slipway.operators.QuantizedMatMul;
import dev.slipway.operators.QuantizedMul;
import dev.slipway.operators.SpatialWindow;
import dev.slipway.operators.TableLookup;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Chains of the integer operators that plans have, on odd shapes: each is defined bit by bit, so the chain is. Not
 * thread-safe.
 */
final class RandomIntegerLayers {
  private static final int LARGEST_BYTE = 255;
  private static final int LONGEST_CHAIN = 5;

  /** The reference is slow: so many multiply-adds at most in one layer, and few that threads share. */
  private static final long SMALL_LAYER = 200_000;

  private static final long LARGE_LAYER = 5_000_000;
  private static final double LARGE_SHARE = 0.1;
  private static final int SMALL_INPUT = 10_000;

  private static final long[] CHANNELS = {1, 3, 4, 8, 15, 16, 17, 24, 32, 33, 48, 64, 70, 96};

  private final long seed;
  private final SplittableRandom random;
  private final GraphBuilder builder;
  private final List<Datum> inputs = new ArrayList<>();
  private final long largestLayer;

  RandomIntegerLayers(long seed) {
    this.seed = seed;
    random = new SplittableRandom(seed);
    builder = new GraphBuilder("integers-" + seed);
    largestLayer = random.nextDouble() < LARGE_SHARE ? LARGE_LAYER : SMALL_LAYER;
  }

  /** The same chain, weights and inputs for the same seed. */
  RandomGraph graph() {
    boolean images = random.nextInt(4) > 0;
    ValueId last = images ? images() : matrices();
    return new RandomGraph(seed, builder.output("y", last).build(), List.copyOf(inputs));
  }

  // ---- numbers

  private int between(int low, int high) {
    return random.nextInt(low, high + 1);
  }

  private long channels() {
    return CHANNELS[random.nextInt(CHANNELS.length)];
  }

  /** Zero points at the ends of their range are frequent. */
  private int zeroPoint() {
    return switch (between(0, 3)) {
      case 0 -> 0;
      case 1 -> LARGEST_BYTE;
      default -> between(0, LARGEST_BYTE);
    };
  }

  private ByteRounding rounding() {
    int zeroPoint = zeroPoint();
    return random.nextBoolean()
        ? ByteRounding.saturating(zeroPoint)
        : new ByteRounding(zeroPoint, between(0, 100), between(101, LARGEST_BYTE));
  }

  private Tensor integers(DType dtype, int low, int high, long... dims) {
    Tensor tensor = Tensor.allocate(dtype, dims);
    boolean extremes = random.nextInt(4) == 0;
    for (long i = 0; i < tensor.elementCount(); i++) {
      tensor.setLong(i, extremes ? random.nextBoolean() ? low : high : between(low, high));
    }
    return tensor;
  }

  private Tensor reals(double low, double high, long... dims) {
    Tensor tensor = Tensor.allocate(DType.FLOAT32, dims);
    for (long i = 0; i < tensor.elementCount(); i++) {
      tensor.setDouble(i, low + (high - low) * random.nextDouble());
    }
    return tensor;
  }

  private ValueId constant(Tensor tensor) {
    return builder.constant("c" + random.nextInt(Integer.MAX_VALUE) + "_" + random.nextInt(Integer.MAX_VALUE), tensor);
  }

  private ValueId add(String operator, Attributes attributes, ValueId... operands) {
    return builder.add(Operators.get(operator).create(attributes), operands);
  }

  private ValueId input(Tensor tensor) {
    inputs.add(tensor);
    return builder.input("x" + inputs.size(), tensor.type());
  }

  private long[] dims(ValueId id) {
    return ((TensorType) builder.type(id)).shape().known();
  }

  // ---- chains

  private ValueId images() {
    boolean isLarge = largestLayer == LARGE_LAYER;
    long batch = between(1, isLarge ? 3 : 2);
    long channels = channels();
    int width = between(1, 40);
    long mostRows = isLarge ? 40 : Math.clamp(SMALL_INPUT / (batch * channels * width), 1, 20);
    long[] dims = {batch, channels, between(1, (int) mostRows), width};
    ValueId x = start(dims);
    int length = between(1, LONGEST_CHAIN);
    for (int i = 0; i < length; i++) {
      x = image(x);
    }
    return random.nextInt(3) == 0 ? convolution(x, 1, Optional.empty()) : end(x);
  }

  private ValueId matrices() {
    long[] dims = random.nextBoolean()
        ? new long[] {between(1, 200), between(1, 130)}
        : new long[] {between(1, 3), between(1, 70), between(1, 130)};
    ValueId x = start(dims);
    int length = between(1, LONGEST_CHAIN);
    for (int i = 0; i < length; i++) {
      x = random.nextInt(3) > 0 ? product(x, Optional.of(rounding())) : elementwise(x);
    }
    return random.nextBoolean() ? product(x, Optional.empty()) : end(x);
  }

  /** Bytes, or floats that are quantised. */
  private ValueId start(long... dims) {
    if (random.nextBoolean()) {
      return input(integers(DType.UINT8, 0, LARGEST_BYTE, dims));
    }
    return add(
        "QuantizeLinear",
        Attributes.NONE,
        input(reals(-2, 2, dims)),
        constant(reals(0.005, 0.02)),
        constant(Tensor.scalar(DType.UINT8, zeroPoint())));
  }

  /** Bytes, or what they stand for. */
  private ValueId end(ValueId x) {
    return random.nextBoolean()
        ? x
        : add(
            "DequantizeLinear",
            Attributes.NONE,
            x,
            constant(reals(0.005, 0.02)),
            constant(Tensor.scalar(DType.UINT8, zeroPoint())));
  }

  private ValueId image(ValueId x) {
    long channels = dims(x)[1];
    return switch (between(0, 9)) {
      case 0 -> elementwise(x);
      case 1 -> maxPool(x);
      case 2 -> add("Concat", Attributes.of("axis", 1), x, elementwise(x));
      case 3 -> nearest(x);
      case 4, 5 -> convolution(x, channels, Optional.of(rounding()));
      case 6 -> convolution(x, channels % 2 == 0 ? 2 : channels, Optional.of(rounding()));
      default -> convolution(x, 1, Optional.of(rounding()));
    };
  }

  private ValueId elementwise(ValueId x) {
    Op pair = random.nextBoolean()
        ? new QuantizedAdd(zeroPoint(), zeroPoint(), random.nextFloat(), random.nextFloat() * 2, rounding())
        : new QuantizedMul(zeroPoint(), zeroPoint(), random.nextFloat() / 50, rounding());
    ValueId table = constant(integers(DType.UINT8, 0, LARGEST_BYTE, TableLookup.ENTRIES));
    ValueId looked = builder.add(new TableLookup(), x, table);
    return random.nextBoolean() ? looked : builder.add(pair, x, looked);
  }

  private SpatialWindow window(int height, int width, boolean dilates) {
    return new SpatialWindow(
        SpatialWindow.AutoPad.NOTSET,
        List.of((long) height, (long) width),
        List.of((long) between(1, 2), (long) between(1, 3)),
        dilates ? List.of((long) between(1, 2), (long) between(1, 2)) : List.of(1L, 1L),
        List.of(pad(height), pad(width), pad(height), pad(width)),
        false);
  }

  private long pad(int kernel) {
    return between(0, kernel - 1);
  }

  private ValueId maxPool(ValueId x) {
    long[] dims = dims(x);
    int height = between(1, (int) Math.min(3, dims[2]));
    int width = between(1, (int) Math.min(3, dims[3]));
    SpatialWindow window = window(height, width, false);
    return add(
        "MaxPool",
        Attributes.of("kernel_shape", window.kernel()).with("strides", window.strides()).with("pads", window.pads()),
        x);
  }

  private ValueId nearest(ValueId x) {
    long[] dims = dims(x);
    if (dims[2] * dims[3] > 900) {
      return elementwise(x);
    }
    Tensor sizes = Tensor.allocate(DType.INT64, 4);
    for (int i = 0; i < 4; i++) {
      sizes.setLong(i, i < 2 ? dims[i] : dims[i] * between(1, 2));
    }
    return add("Resize", Attributes.of("mode", "nearest"), x, ValueId.ABSENT, ValueId.ABSENT, constant(sizes));
  }

  private ValueId convolution(ValueId x, long groups, Optional<ByteRounding> rounding) {
    long[] in = dims(x);
    boolean depthwise = groups == in[1] && random.nextBoolean();
    int height = between(1, (int) Math.min(depthwise ? 5 : 3, in[2]));
    int width = between(1, (int) Math.min(depthwise ? 7 : 3, in[3]));
    long perGroup = in[1] / groups;
    long out = groups == 1 ? channels() : depthwise ? groups : groups * between(1, 4);
    long most = largestLayer / Math.max(1, in[0] * in[2] * in[3] * perGroup * height * width);
    out = Math.max(groups, Math.min(out, most / groups * groups));
    boolean dilates = 2 * height - 1 <= in[2] && 2 * width - 1 <= in[3];
    int weightZero = groups == 1 && random.nextInt(4) == 0 ? between(-128, 127) : 0;
    Op op = new QuantizedConv(window(height, width, dilates), groups, zeroPoint(), weightZero, rounding);
    return builder.add(
        op,
        parameters(x, integers(DType.INT8, -128, 127, out, perGroup, height, width), out, perGroup * height * width));
  }

  private ValueId product(ValueId x, Optional<ByteRounding> rounding) {
    long[] in = dims(x);
    long depth = in[in.length - 1];
    long columns = between(1, 100);
    if (rounding.isEmpty() && random.nextBoolean()) {
      return rowProduct(x, depth, columns);
    }
    return builder.add(
        new QuantizedMatMul(zeroPoint(), random.nextInt(4) == 0 ? between(-128, 127) : 0, rounding),
        parameters(x, integers(DType.INT8, -128, 127, depth, columns), columns, depth));
  }

  /** A product of floats that are quantised by their rows. */
  private ValueId rowProduct(ValueId x, long depth, long columns) {
    ValueId floats = builder.add(new Cast(DType.FLOAT32), x);
    List<ValueId> rows =
        builder.add("", new QuantizeRows(), List.of(floats), List.of("row_bytes", "row_scales"));
    List<ValueId> inputs = new ArrayList<>(List.of(
        parameters(rows.getFirst(), integers(DType.INT8, -128, 127, depth, columns), columns, depth)));
    inputs.add(rows.getLast());
    return builder.add(
        new QuantizedMatMul(QuantizeRows.ZERO_POINT, Optional.empty()), inputs.toArray(ValueId[]::new));
  }

  /** The operands of a product, under which results spread over some hundred steps. */
  private ValueId[] parameters(ValueId x, Tensor weights, long channels, long depth) {
    double scale = 1 / (50 * Math.sqrt(depth));
    return new ValueId[] {
      x,
      constant(weights),
      constant(reals(0.5 * scale, 1.5 * scale, channels)),
      constant(random.nextBoolean() ? reals(-20, 20, channels) : Tensor.allocate(DType.FLOAT32, channels)),
      constant(integers(DType.INT32, -10_000, 10_000, channels))
    };
  }
}
