package dev.slipway.backend.cpu;

import dev.slipway.operators.QuantizedAdd;
import dev.slipway.operators.QuantizedMul;
import dev.slipway.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/**
 * Makes the micro-kernels of products of bytes: in machine code, or, where none runs, over the Vector API, or in plain
 * Java. All give the same bits. Thread-safe.
 */
final class ByteKernels {
  private static final int MAX_BLOCKS = 8;

  /** Cycles of a result before the next product may be added to it. */
  private static final double LATENCY = 5;

  /** Products of a vector, and loads, that start in a cycle. */
  private static final double PORTS = 2;

  /** Instructions for a product of a vector without VNNI. */
  private static final double WIDENED_COST = 4;

  /** Bytes of weights that stay in a first-level cache beside the input. */
  private static final int NEAR_BYTES = 32 << 10;

  /** Bytes of weights that come from a second-level cache in a cycle. */
  private static final double FAR_BYTES = 20;

  /** Instructions that start in a cycle, when the other thread of the core starts as many. */
  private static final double ISSUED = 3;

  private static final double TILE_CYCLES = 25;
  private static final double STORE_CYCLES = 3;

  /** Cycles of a function of a result that waits for each of its instructions, and of its instructions alone. */
  private static final double CHAIN_CYCLES = 36;

  private static final double FUNCTION_CYCLES = 12;

  private static final double BYTE_CYCLES = 0.004;
  private static final double CYCLES_PER_MICRO = 2000;

  /** Products in a cycle of the kernels in Java. */
  private static final double VECTOR_PRODUCTS = 8;

  private static final double SCALAR_PRODUCTS = 1.5;

  private final Optional<ByteProducts> products;
  private final boolean vectors;
  private final ByteConversion conversion;
  private final GeneratedCode codes;
  private final Map<Evaluation, Integer> registers = new ConcurrentHashMap<>();

  /** An epilogue in machine code. */
  private record Evaluation(ByteEpilogue epilogue, Isa isa) {}

  /** @param vectors whether there is the Vector API */
  ByteKernels(Optional<ByteProducts> products, boolean vectors, GeneratedCode codes) {
    this.products = products;
    this.vectors = vectors;
    this.codes = codes;
    conversion = new ByteConversion(products.map(ByteProducts::isa), vectors, codes);
  }

  /** The best of this machine. */
  static ByteKernels best(GeneratedCode codes) {
    return new ByteKernels(ByteProducts.best(), true, codes);
  }

  /** Those in plain Java. */
  static ByteKernels scalar(GeneratedCode codes) {
    return new ByteKernels(Optional.empty(), false, codes);
  }

  Optional<ByteProducts> products() {
    return products;
  }

  ByteConversion conversion() {
    return conversion;
  }

  ByteTileKernel tile(ByteTileSpec spec) {
    if (products.isEmpty()) {
      return takesVectors(spec) ? new VectorByteTile(spec) : new PortableByteTile(spec);
    }
    ByteProducts way = way(spec.sums(), products.get());
    return new MachineByteTile(codes.get("byte tile " + way + " " + spec, () -> ByteTileCode.of(spec, way)));
  }

  ByteWindow window(int[] taps, int step) {
    return ByteWindow.of(taps, step, products.map(ByteProducts::isa), codes);
  }

  ByteMap table(Tensor table) {
    return ByteMaps.table(table, products.map(ByteProducts::isa), codes);
  }

  ByteMap add(QuantizedAdd op) {
    return ByteMaps.add(op, products.map(ByteProducts::isa), codes);
  }

  ByteMap multiply(QuantizedMul op) {
    return ByteMaps.multiply(op, products.map(ByteProducts::isa), codes);
  }

  /**
   * Products on AMX, where it is.
   *
   * @param rows of a block, at most {@link ByteMatrixTile#ROWS}
   * @param blocks of columns, 1 or 2
   */
  ByteMatrixTile matrixTile(int rows, int blocks) {
    return new ByteMatrixTile(rows, blocks, codes);
  }

  private boolean takesVectors(ByteTileSpec spec) {
    return vectors && (spec.sums() == ByteTileSpec.Sums.DENSE || Bytes.VECTORS);
  }

  /** Pairs of taps are multiplied as 16-bit numbers on any processor. */
  private static ByteProducts way(ByteTileSpec.Sums sums, ByteProducts best) {
    return sums == ByteTileSpec.Sums.TAP_PAIRS ? ByteProducts.AVX2_WIDENED : best;
  }

  /** How kernels for channels of their own sum. */
  ByteTileSpec.Sums tapSums(int dilationWidth) {
    boolean permutes = products.equals(Optional.of(ByteProducts.AVX512_VNNI))
        && CpuFeatures.active().contains(CpuFeature.AVX512_VBMI);
    return permutes && dilationWidth == 1 ? ByteTileSpec.Sums.TAP_ROWS : ByteTileSpec.Sums.TAP_PAIRS;
  }

  /** So many pixels of a block, or as many as have registers beside an epilogue. */
  int mostPixels(ByteTileSpec.Sums sums, int wanted, ByteEpilogue epilogue) {
    if (products.isEmpty()) {
      return wanted;
    }
    ByteProducts way = way(sums, products.get());
    return IntStream.rangeClosed(1, wanted)
        .filter(pixels -> ByteTileCode.fits(pixels, 1, way, registers(epilogue, way)))
        .max()
        .orElse(1);
  }

  private int registers(ByteEpilogue epilogue, ByteProducts way) {
    return registers.computeIfAbsent(
        new Evaluation(epilogue, way.isa()), made -> made.epilogue().registers(made.isa()));
  }

  /** How weights are to lie. */
  ByteWeights weights(int channels, int panelBlocks) {
    return new ByteWeights(
        channels,
        panelBlocks,
        products.map(way -> way.isa().lanes()).orElse(ChannelBytes.BLOCK),
        products.map(ByteProducts::widened).orElse(false));
  }

  /** The best tile for each number of blocks, best predicted first; at least one. */
  List<TileShape> tiles(TileGrid grid, ByteEpilogue epilogue) {
    if (products.isEmpty()) {
      return List.of(vectors
          ? new TileShape(Math.min(grid.pixels(), VectorByteTile.PIXELS), 1)
          : new TileShape(1, Math.min(grid.blocks(), MAX_BLOCKS)));
    }
    Results results = results(epilogue);
    return IntStream.rangeClosed(1, Math.min(grid.blocks(), MAX_BLOCKS))
        .filter(blocks -> ByteTileCode.fits(1, blocks, products.get(), results.registers()))
        .mapToObj(blocks -> best(blocks, grid, results))
        .sorted((a, b) -> Double.compare(cycles(a, grid, results), cycles(b, grid, results)))
        .toList();
  }

  /**
   * What becomes of sums.
   *
   * @param registers that an evaluation takes
   * @param chain whether its instructions wait for each other
   */
  private record Results(int registers, boolean chain) {}

  private Results results(ByteEpilogue epilogue) {
    return new Results(
        registers(epilogue, products.orElseThrow()), ExpressionStreams.hasChain(epilogue.expression()));
  }

  private TileShape best(int blocks, TileGrid grid, Results results) {
    return IntStream.rangeClosed(1, grid.pixels())
        .takeWhile(pixels -> ByteTileCode.fits(pixels, blocks, products.orElseThrow(), results.registers()))
        .mapToObj(pixels -> new TileShape(pixels, blocks))
        .min((a, b) -> Double.compare(cycles(a, grid, results), cycles(b, grid, results)))
        .orElseThrow();
  }

  /** The predicted time of the best tile for a grid, on one thread. */
  double micros(TileGrid grid, ByteEpilogue epilogue) {
    TileShape best = tiles(grid, epilogue).getFirst();
    return (products.isPresent() ? cycles(best, grid, results(epilogue)) : portableCycles(grid)) / CYCLES_PER_MICRO;
  }

  private double portableCycles(TileGrid grid) {
    double products =
        (double) grid.rows() * grid.pixels() * grid.blocks() * ChannelBytes.BLOCK * grid.steps() * ByteWeights.STEP;
    return products / (vectors ? VECTOR_PRODUCTS : SCALAR_PRODUCTS);
  }

  private double cycles(TileShape tile, TileGrid grid, Results results) {
    double panels = grid.blocks() / tile.blocks() * panel(tile, grid, results);
    int rest = grid.blocks() % tile.blocks();
    return rest == 0 ? panels : panels + panel(new TileShape(tile.pixels(), rest), grid, results);
  }

  private double panel(TileShape tile, TileGrid grid, Results results) {
    double row = grid.pixels() / tile.pixels() * tile(tile.pixels(), tile.blocks(), grid.steps(), results);
    int rest = grid.pixels() % tile.pixels();
    return grid.rows() * (rest == 0 ? row : row + tile(rest, tile.blocks(), grid.steps(), results));
  }

  private double tile(int pixels, int blocks, int steps, Results results) {
    ByteProducts way = products.orElseThrow();
    int vectors = blocks * way.vectorsOfBlock();
    int sums = pixels * vectors;
    double cost = way.widened() ? WIDENED_COST : 1;
    double loads = (pixels + (way.widened() ? 2 * sums : vectors)) / PORTS;
    int weights = vectors * way.isa().vectorBytes() * (way.widened() ? 2 : 1);
    double fetched = (long) weights * steps > NEAR_BYTES ? weights / FAR_BYTES : 0;
    double bytes = 4 * pixels * ByteWeights.STEP + weights;
    double issued = (pixels * (way.widened() ? 3 : 1) + vectors + cost * sums) / ISSUED;
    double multiplied = Math.max(cost * sums / PORTS, Math.max(loads, issued));
    double busy = Math.max(Math.max(LATENCY, fetched), multiplied);
    double step = busy + BYTE_CYCLES * bytes;
    return steps * step + TILE_CYCLES + (STORE_CYCLES + functionCycles(pixels, blocks, results)) * sums;
  }

  /** What a result's function costs beside others of its tile. */
  private double functionCycles(int pixels, int blocks, Results results) {
    if (!results.chain()) {
      return 0;
    }
    int streams = ByteTileCode.spare(pixels, blocks, products.orElseThrow()) / Math.max(1, results.registers());
    return Math.max(FUNCTION_CYCLES, CHAIN_CYCLES / Math.min(streams, pixels));
  }

  /** A kernel in machine code. */
  private record MachineByteTile(MachineCode code) implements ByteTileKernel {
    @Override
    public void run(Operands at, int tiles, int rows) {
      code.run(
          at.input(),
          at.segments(),
          at.weights(),
          at.parameters(),
          at.output(),
          at.constants(),
          at.beside(),
          MachineTileKernel.extent(tiles, rows));
    }
  }
}
