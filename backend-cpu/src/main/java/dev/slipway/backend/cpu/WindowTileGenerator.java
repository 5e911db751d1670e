package dev.slipway.backend.cpu;

import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.classfile.CodeBuilder;
import java.lang.constant.MethodTypeDesc;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Writes {@link WindowTileKernel}s, one class for each {@link WindowTileSpec}. */
final class WindowTileGenerator {
  private static final MethodTypeDesc RUN =
      MethodTypeDesc.of(
          CD_void, CD_long, CD_long, CD_int, CD_long, CD_long, CD_float, CD_long, CD_int);
  private static final Map<WindowTileSpec, WindowTileKernel> KERNELS = new ConcurrentHashMap<>();

  private final WindowTileSpec spec;
  private final TileSpec tile;
  private final CodeBuilder code;
  private final VectorCode vector;
  private final int input;
  private final int taps;
  private final int tapCount;
  private final int weights;
  private final int bias;
  private final int scale;
  private final int output;
  private final int tiles;
  private final int[][] accumulators;
  private final TileStoreCode store;

  /** The kernel of a specification. Thread-safe. */
  static WindowTileKernel kernel(WindowTileSpec spec) {
    return KERNELS.computeIfAbsent(
        spec,
        s ->
            KernelClasses.define(
                WindowTileKernel.class, "VectorWindowTile", RUN, code -> new WindowTileGenerator(s, code).emit()));
  }

  private WindowTileGenerator(WindowTileSpec spec, CodeBuilder code) {
    this.spec = spec;
    this.code = code;
    tile = spec.tile();
    vector = new VectorCode(code, tile.vectorBits());
    input = code.parameterSlot(0);
    taps = code.parameterSlot(1);
    tapCount = code.parameterSlot(2);
    weights = code.parameterSlot(3);
    bias = code.parameterSlot(4);
    scale = code.parameterSlot(5);
    output = code.parameterSlot(6);
    tiles = code.parameterSlot(7);
    accumulators = new int[tile.pixels()][1];
    for (int[] row : accumulators) {
      row[0] = vector.vectorLocal();
    }
    int blockStride = vector.longLocal();
    code.loadConstant(0L).lstore(blockStride);
    store = new TileStoreCode(tile, code, vector, output, blockStride);
  }

  private void emit() {
    int initial = vector.vectorLocal();
    switch (spec.reduction()) {
      case WEIGHTED_SUM -> vector.load(vector.masked(bias), 0);
      case MEAN -> vector.zero();
      case MAX -> vector.constant(Float.NEGATIVE_INFINITY);
    }
    code.astore(initial);
    int factor = vector.vectorLocal();
    vector.broadcastLocal(scale);
    code.astore(factor);
    vector.loop(
        0,
        tiles,
        _ -> {
          for (int[] row : accumulators) {
            code.aload(initial).astore(row[0]);
          }
          reduce();
          if (spec.reduction() == WindowSpec.Reduction.MEAN) {
            Arrays.stream(accumulators).forEach(row -> scale(row[0], factor));
          }
          store.store(accumulators);
          vector.advance(input, (long) tile.pixels() * tile.inputStride());
          vector.advance(output, (long) tile.pixels() * tile.outputStride());
        });
    code.return_();
  }

  private void reduce() {
    int entry = vector.longLocal();
    int source = vector.longLocal();
    int weight = vector.longLocal();
    int weightVector = vector.vectorLocal();
    code.lload(taps).lstore(entry);
    vector.loop(
        0,
        tapCount,
        _ -> {
          int address = vector.masked(entry);
          code.lload(input);
          vector.loadLong(address, 0);
          code.ladd().lstore(source);
          if (spec.reduction() == WindowSpec.Reduction.WEIGHTED_SUM) {
            code.lload(weights);
            vector.loadLong(address, Long.BYTES);
            code.ladd().lstore(weight);
            vector.load(vector.masked(weight), 0);
            code.astore(weightVector);
          }
          int from = vector.masked(source);
          for (int p = 0; p < tile.pixels(); p++) {
            tap(accumulators[p][0], from, (long) p * tile.inputStride(), weightVector);
          }
          vector.advance(entry, WindowTileKernel.TAP_BYTES);
        });
  }

  private void tap(int accumulator, int from, long displacement, int weight) {
    switch (spec.reduction()) {
      case WEIGHTED_SUM -> {
        vector.load(from, displacement);
        code.aload(weight).aload(accumulator);
        vector.fma();
      }
      case MEAN -> {
        vector.load(from, displacement);
        code.aload(accumulator);
        vector.binary("add");
      }
      case MAX -> {
        // Two instructions where max of the Vector API takes five; a NaN is passed over.
        int value = vector.vectorLocal();
        vector.load(from, displacement);
        code.astore(value).aload(accumulator).aload(value);
        vector.compare("GT", value, accumulator);
        vector.blend();
      }
    }
    code.astore(accumulator);
  }

  private void scale(int accumulator, int factor) {
    code.aload(accumulator).aload(factor);
    vector.binary("mul");
    code.astore(accumulator);
  }
}
