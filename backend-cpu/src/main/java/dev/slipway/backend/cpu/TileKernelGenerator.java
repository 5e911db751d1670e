package dev.slipway.backend.cpu;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.classfile.CodeBuilder;
import java.lang.constant.MethodTypeDesc;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Writes {@link VectorTile}s, one class for each {@link TileSpec}, shared by all layers that ask for the same one. */
final class TileKernelGenerator {
  private static final MethodTypeDesc RUN =
      MethodTypeDesc.of(
          CD_void, CD_long, CD_long, CD_int, CD_long, CD_long, CD_long, CD_long, CD_int);
  private static final Map<TileSpec, VectorTile> KERNELS = new ConcurrentHashMap<>();

  private final TileSpec spec;
  private final CodeBuilder code;
  private final VectorCode vector;
  private final int input;
  private final int segments;
  private final int segmentCount;
  private final int weights;
  private final int bias;
  private final int output;
  private final int tiles;
  private final int[][] accumulators;
  private final int[] columns;
  private final int broadcast;
  private final TileStoreCode store;

  /** The kernel of a specification. Thread-safe. */
  static VectorTile kernel(TileSpec spec) {
    TileSpec row = new TileSpec(
        spec.vectorBits(),
        spec.pixels(),
        spec.blocks(),
        spec.inputStride(),
        spec.outputStride(),
        spec.lastLanes(),
        spec.activation());
    return KERNELS.computeIfAbsent(
        row,
        s ->
            KernelClasses.define(
                VectorTile.class, "VectorTile", RUN, code -> new TileKernelGenerator(s, code).emit()));
  }

  private TileKernelGenerator(TileSpec spec, CodeBuilder code) {
    this.spec = spec;
    this.code = code;
    vector = new VectorCode(code, spec.vectorBits());
    input = code.parameterSlot(0);
    segments = code.parameterSlot(1);
    segmentCount = code.parameterSlot(2);
    weights = code.parameterSlot(3);
    bias = code.parameterSlot(4);
    output = code.parameterSlot(5);
    tiles = code.parameterSlot(7);
    accumulators = new int[spec.pixels()][spec.blocks()];
    for (int[] row : accumulators) {
      Arrays.setAll(row, _ -> vector.vectorLocal());
    }
    columns = new int[spec.blocks()];
    Arrays.setAll(columns, _ -> vector.vectorLocal());
    broadcast = vector.vectorLocal();
    store = new TileStoreCode(spec, code, vector, output, code.parameterSlot(6));
  }

  private void emit() {
    vector.loop(
        0,
        tiles,
        _ -> {
          initialise();
          accumulate();
          store.store(accumulators);
          vector.advance(input, (long) spec.pixels() * spec.inputStride());
          vector.advance(output, (long) spec.pixels() * spec.outputStride());
        });
    code.return_();
  }

  private void initialise() {
    int address = vector.masked(bias);
    for (int q = 0; q < spec.blocks(); q++) {
      vector.load(address, (long) q * spec.vectorBytes());
      code.astore(columns[q]);
      for (int[] row : accumulators) {
        code.aload(columns[q]).astore(row[q]);
      }
    }
  }

  private void accumulate() {
    int entry = vector.longLocal();
    int weight = vector.longLocal();
    int source = vector.longLocal();
    int steps = vector.intLocal();
    code.lload(segments).lstore(entry).lload(weights).lstore(weight);
    vector.loop(
        0,
        segmentCount,
        _ -> {
          int address = vector.masked(entry);
          code.lload(input);
          vector.loadLong(address, 0);
          code.ladd().lstore(source);
          vector.loadLong(address, Long.BYTES);
          code.l2i().istore(steps);
          vector.advance(entry, SegmentTable.ENTRY_BYTES);
          vector.loop(
              0,
              steps,
              _ -> {
                step(vector.masked(source), vector.masked(weight));
                vector.advance(source, Float.BYTES);
                vector.advance(weight, (long) spec.blocks() * spec.vectorBytes());
              });
        });
  }

  private void step(int source, int weight) {
    for (int q = 0; q < spec.blocks(); q++) {
      vector.load(weight, (long) q * spec.vectorBytes());
      code.astore(columns[q]);
    }
    for (int p = 0; p < spec.pixels(); p++) {
      vector.broadcast(source, (long) p * spec.inputStride());
      code.astore(broadcast);
      for (int q = 0; q < spec.blocks(); q++) {
        code.aload(broadcast).aload(columns[q]).aload(accumulators[p][q]);
        vector.fma();
        code.astore(accumulators[p][q]);
      }
    }
  }
}
