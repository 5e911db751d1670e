package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.backend.Device;
import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.Interpreter;
import dev.slipway.graph.Op;
import dev.slipway.operators.Operators;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class MovementTacticsTest {
  private static final WorkerPool POOL = new WorkerPool(2);

  private static final Device DEVICE = new Device("cpu", 0, "test", "test");
  private static final DType[] TYPES = {DType.FLOAT32, DType.INT64, DType.UINT8, DType.FLOAT16};

  static List<Long> seeds() {
    return LongStream.range(0, 60).boxed().toList();
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void transposes(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Tensor x = tensor(random, 1 + random.nextInt(5));
    List<Long> perm = new ArrayList<>();
    for (int i = 0; i < x.rank(); i++) {
      perm.add(random.nextInt(perm.size() + 1), (long) i);
    }
    assertMoves(new DataMovement(POOL, Cases.kernels()::moves), op("Transpose", Attributes.of("perm", perm)), 1, x);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void slicesWithAnyStep(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Tensor x = tensor(random, 1 + random.nextInt(4));
    int axis = random.nextInt(x.rank());
    long step = random.nextBoolean() ? 1 + random.nextInt(3) : -1 - random.nextInt(3);
    long start = random.nextLong(-20, 20);
    long end = random.nextLong(-20, 20);
    assertMoves(
        new DataMovement(POOL, Cases.kernels()::moves),
        op("Slice", Attributes.NONE),
        1,
        x,
        Tensor.vector(start),
        Tensor.vector(end),
        Tensor.vector(axis),
        Tensor.vector(step));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void concatenatesAndSplits(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Tensor x = tensor(random, 2 + random.nextInt(3));
    int axis = random.nextInt(x.rank());
    assertMoves(new DataMovement(POOL, Cases.kernels()::moves), op("Concat", Attributes.of("axis", axis)), 1, x, x, x);
    long first = random.nextLong(x.dim(axis) + 1);
    assertMoves(
        new DataMovement(POOL, Cases.kernels()::moves),
        op("Split", Attributes.of("axis", axis)),
        2,
        x,
        Tensor.vector(first, x.dim(axis) - first));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void padsAndCropsWithAnyValue(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Tensor x = tensor(random, 1 + random.nextInt(4));
    long[] pads = new long[2 * x.rank()];
    for (int i = 0; i < pads.length; i++) {
      long least = Math.max(-1, -(x.dim(i % x.rank()) / 2));
      pads[i] = random.nextLong(least, 4);
    }
    Tensor value = Tensor.scalar(x.dtype(), 7);
    assertMoves(new DataMovement(POOL, Cases.kernels()::moves), op("Pad", Attributes.NONE), 1, x, Tensor.vector(pads), value);
    assertMoves(new DataMovement(POOL, Cases.kernels()::moves), op("Pad", Attributes.NONE), 1, x, Tensor.vector(pads));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void expandsAnyAxes(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Tensor x = tensor(random, 1 + random.nextInt(3));
    long[] dims = x.dims();
    long[] wide = new long[dims.length + 1];
    wide[0] = 1 + random.nextInt(3);
    for (int i = 0; i < dims.length; i++) {
      wide[i + 1] = dims[i] == 1 ? 1 + random.nextInt(20) : dims[i];
    }
    assertMoves(new DataMovement(POOL, Cases.kernels()::moves), op("Expand", Attributes.NONE), 1, x, Tensor.vector(wide));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void movesBlocksOfPixels(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int block = 1 + random.nextInt(3);
    Tensor x = Tensor.allocate(
        DType.FLOAT32,
        1 + random.nextInt(2),
        (1 + random.nextInt(3)) * block * block,
        (1 + random.nextInt(5)) * block,
        (1 + random.nextInt(9)) * block);
    for (int i = 0; i < x.elementCount(); i++) {
      x.setDouble(i, i);
    }
    for (String mode : List.of("DCR", "CRD")) {
      Attributes attributes = Attributes.of("blocksize", block).with("mode", mode);
      assertMoves(new DataMovement(POOL, Cases.kernels()::moves), op("DepthToSpace", attributes), 1, x);
      assertMoves(new DataMovement(POOL, Cases.kernels()::moves), op("SpaceToDepth", attributes), 1, x);
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void gathersRuns(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Tensor x = tensor(random, 1 + random.nextInt(3));
    int axis = random.nextInt(x.rank());
    long size = x.dim(axis);
    long[] indices = new long[size == 0 ? 0 : 1 + random.nextInt(9)];
    for (int i = 0; i < indices.length; i++) {
      indices[i] = random.nextLong(-size, size);
    }
    assertMoves(
        new GatherRuns(POOL),
        op("Gather", Attributes.of("axis", axis)),
        1,
        x,
        Tensor.of(indices, indices.length));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void enlargesByWholeFactors(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Tensor x = Tensor.allocate(DType.FLOAT32, 1 + random.nextInt(2), 1 + random.nextInt(5), 1 + random.nextInt(9), 1 + random.nextInt(20));
    for (int i = 0; i < x.elementCount(); i++) {
      x.setDouble(i, random.nextInt(1000));
    }
    Tensor scales = Tensor.of(new float[] {1, 1, 1 + random.nextInt(4), 1 + random.nextInt(4)}, 4);
    Attributes floor = Attributes.of("coordinate_transformation_mode", "asymmetric").with("nearest_mode", "floor");
    for (Attributes mode : List.of(floor, Attributes.NONE)) {
      Op resize = op("Resize", mode);
      Tensor expected = (Tensor) new Interpreter()
          .evaluate("resize", resize, List.of(some(x), Optional.empty(), some(scales)), List.of(true))
          .getFirst().orElseThrow();
      KernelRequest request = new KernelRequest(
          resize,
          List.of(KernelRequest.Argument.of(x.type()), KernelRequest.Argument.ABSENT, KernelRequest.Argument.of(scales)),
          List.of(expected.type()),
          DEVICE);
      Tensor actual = Tensor.allocate(expected.type());
      run(new NearestResize(), request, List.of(x, scales, scales), List.of(actual));
      assertThat(actual.toFloats()).containsExactly(expected.toFloats());
    }
  }

  @Test
  void sharesOutMemoryThatIsConfinedToTheCaller() {
    try (Arena arena = Arena.ofConfined()) {
      TensorType type = TensorType.of(DType.FLOAT32, 90, 80, 2);
      Tensor x = new Tensor(type, arena.allocate(type.bytes(), Tensor.ALIGNMENT));
      for (long i = 0; i < x.elementCount(); i++) {
        x.setLong(i, i);
      }
      DataMovement movement = new DataMovement(POOL, Cases.kernels()::moves);
      assertMoves(movement, op("Transpose", Attributes.of("perm", List.of(1L, 0L, 2L))), 1, x);
      assertMoves(movement, op("Transpose", Attributes.of("perm", List.of(2L, 1L, 0L))), 1, x);
      assertMoves(movement, op("Concat", Attributes.of("axis", 2)), 1, x, x);
      assertMoves(movement, op("Concat", Attributes.of("axis", 0)), 1, x, x, x);
      long[] indices = LongStream.range(0, 2000).map(i -> i * 37 % 90).toArray();
      assertMoves(new GatherRuns(POOL), op("Gather", Attributes.of("axis", 0)), 1, x, Tensor.vector(indices));
    }
  }

  @Test
  void saysWhichIndexIsWrongOnWhicheverThread() {
    TensorType type = TensorType.of(DType.FLOAT32, 90, 200);
    long[] indices = new long[2000];
    indices[1900] = 90;
    Tensor wrong = Tensor.vector(indices);
    Op gather = op("Gather", Attributes.of("axis", 0));
    TensorType output = TensorType.of(DType.FLOAT32, 2000, 200);
    List<KernelRequest.Argument> arguments =
        List.of(KernelRequest.Argument.of(type), KernelRequest.Argument.of(wrong.type()));
    KernelRequest request = new KernelRequest(gather, arguments, List.of(output), DEVICE);
    List<Tensor> inputs = List.of(Tensor.allocate(type), wrong);
    assertThatThrownBy(() -> run(new GatherRuns(POOL), request, inputs, List.of(Tensor.allocate(output))))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("index: 90 (expected: -90 to 89)");
  }

  @Test
  void saysWhyItRefuses() {
    KernelRequest request = new KernelRequest(
        op("Relu", Attributes.NONE),
        List.of(KernelRequest.Argument.of(TensorType.of(DType.FLOAT32, 3))),
        List.of(TensorType.of(DType.FLOAT32, 3)),
        DEVICE);
    assertThat(new DataMovement(POOL, Cases.kernels()::moves).supports(request))
        .isEqualTo(new Support.Unsupported("operator Relu (expected: one that moves elements)"));
  }

  private static Optional<Datum> some(Tensor tensor) {
    return Optional.of(tensor);
  }

  private static Op op(String name, Attributes attributes) {
    return Operators.get(name).create(attributes);
  }

  private static Tensor tensor(SplittableRandom random, int rank) {
    long[] dims = new long[rank];
    for (int i = 0; i < rank; i++) {
      dims[i] = random.nextInt(8) == 0 ? random.nextInt(2) : 1 + random.nextInt(rank < 3 ? 40 : rank == 3 ? 20 : 7);
    }
    Tensor tensor = Tensor.allocate(TYPES[random.nextInt(TYPES.length)], dims);
    for (long i = 0; i < tensor.elementCount(); i++) {
      tensor.setLong(i, random.nextInt(100));
    }
    return tensor;
  }

  /** The first input is data, the others constants. */
  private static void assertMoves(Tactic tactic, Op op, int outputs, Tensor... inputs) {
    List<Optional<Datum>> arguments = new ArrayList<>();
    List<KernelRequest.Argument> typed = new ArrayList<>();
    for (Tensor input : inputs) {
      arguments.add(Optional.of(input));
      boolean data = input == inputs[0] || op.schema().name().equals("Gather");
      typed.add(data ? KernelRequest.Argument.of(input.type()) : KernelRequest.Argument.of(input));
    }
    List<Boolean> wanted = Collections.nCopies(outputs, true);
    List<Tensor> expected = new Interpreter().evaluate("node", op, arguments, wanted).stream()
        .map(result -> (Tensor) result.orElseThrow())
        .toList();
    List<Tensor> actual = expected.stream().map(tensor -> Tensor.allocate(tensor.type())).toList();
    KernelRequest request =
        new KernelRequest(op, typed, expected.stream().map(Tensor::type).toList(), DEVICE);
    run(tactic, request, List.of(inputs), actual);
    for (int i = 0; i < outputs; i++) {
      assertThat(actual.get(i).toDoubles()).containsExactly(expected.get(i).toDoubles());
    }
  }

  private static void run(Tactic tactic, KernelRequest request, List<Tensor> inputs, List<Tensor> outputs) {
    assertThat(tactic.supports(request)).isInstanceOf(Support.Supported.class);
    Kernel kernel = tactic.build(request, tactic.choices(request).getFirst(), (port, format, bytes, pack) -> {
      throw new AssertionError("packs nothing");
    });
    kernel.run(new KernelArguments(
        inputs.stream().map(Tensor::data).toArray(MemorySegment[]::new),
        outputs.stream().map(Tensor::data).toArray(MemorySegment[]::new),
        MemorySegment.NULL));
  }
}
