package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Upsampling into a contiguous output: a 1x1 convolution with a channel for each output channel and tap computes a row
 * of input pixels, whose channels then go to their places, as in sub-pixel convolution.
 */
final class PlainUpsampling implements Kernel {
  private static final int CHANNEL_AXIS = 1;

  private final WorkerPool pool;
  private final ConvArguments operands;
  private final Epilogue epilogue;
  private final EpiloguePass pass;
  private final TiledProduct product;
  private final MemorySegment weights;
  private final int[] x;
  private final int[] y;
  private final int tapRows;
  private final int tapColumns;
  private final int blocks;

  PlainUpsampling(WorkerPool pool, MicroKernels kernels, KernelRequest request, PackedConstants constants) {
    this.pool = pool;
    AnchoredGroup group = AnchoredGroup.of(request, CHANNEL_AXIS).orElseThrow();
    epilogue = group.epilogue(request, CHANNEL_AXIS).orElseThrow();
    x = Requests.dims(request.input(group.port(0)));
    y = Requests.dims(request.output());
    int[] w = Requests.dims(request.input(group.port(1)));
    tapRows = w[2];
    tapColumns = w[3];
    int columns = y[1] * tapRows * tapColumns;
    blocks = Math.ceilDiv(columns, Memory.LANES);
    ConvShape row = new ConvShape(1, x[1], 1, x[3], columns, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1);
    TileShape tile = kernels.bestTile(x[3], blocks);
    Tensor kernel = request.constant(group.port(1)).orElseThrow();
    weights = constants.pack(
        group.port(1),
        "subpixel-" + Memory.LANES + "-" + tile.blocks(),
        BlockedConvolution.packedBytes(row),
        to -> pack(kernels.moves(), row, tile, kernel.data(), to));
    int biasPort = ConvArguments.biasPort(group);
    Arena arena = Arena.ofAuto();
    long biasBytes = (long) blocks * Memory.VECTOR_BYTES;
    MemorySegment bias = biasPort >= 0
        ? constants.pack(
            biasPort,
            "subpixel-" + Memory.LANES + "-" + tapRows * tapColumns,
            biasBytes,
            to -> repeat(request.constant(biasPort).orElseThrow().data(), columns, to))
        : arena.allocate(biasBytes, Memory.ALIGNMENT);
    operands = ConvArguments.plainOutput(request, group, epilogue, constants, bias);
    TileSpec spec = new TileSpec(
        Memory.SPECIES.vectorBitSize(),
        tile,
        new TileSpec.Strides(Memory.VECTOR_BYTES, 0, 0),
        new TileSpec.Strides(blocks * Memory.VECTOR_BYTES, 0, Memory.VECTOR_BYTES),
        Memory.LANES,
        Epilogue.NONE);
    product =
        new TiledProduct(kernels, spec, 1, x[3], blocks, TiledProduct.Arrangement.ROWS, segments(arena));
    pass = new EpiloguePass(kernels, epilogue, PointwiseSpec.Motion.SCALAR);
  }

  /** Weights [inChannels, columns] as those of a packed 1x1 convolution. */
  private static void pack(MatrixMoves moves, ConvShape row, TileShape tile, MemorySegment from, MemorySegment to) {
    MemorySegment turned = MemorySegment.ofArray(new float[row.inChannels() * row.outChannels()]);
    for (int c = 0; c < row.inChannels(); c++) {
      for (int o = 0; o < row.outChannels(); o++) {
        float value = from.getAtIndex(Memory.FLOAT, (long) c * row.outChannels() + o);
        turned.setAtIndex(Memory.FLOAT, (long) o * row.inChannels() + c, value);
      }
    }
    new ConvWeights(row, BlockedConvolution.Input.BLOCKED, tile.blocks()).pack(moves, turned, to);
  }

  /** The bias of each column's channel. */
  private void repeat(MemorySegment channels, int columns, MemorySegment to) {
    int taps = tapRows * tapColumns;
    for (int column = 0; column < columns; column++) {
      to.setAtIndex(Memory.FLOAT, column, channels.getAtIndex(Memory.FLOAT, column / taps));
    }
  }

  private SegmentTable segments(Arena arena) {
    int inBlocks = Math.ceilDiv(x[1], Memory.LANES);
    SegmentTable table = new SegmentTable(inBlocks, arena);
    for (int block = 0; block < inBlocks; block++) {
      table.add((long) block * x[2] * x[3] * Memory.VECTOR_BYTES, Math.min(Memory.LANES, x[1] - block * Memory.LANES));
    }
    return table;
  }

  private long scratchBytes() {
    return (long) x[3] * blocks * Memory.VECTOR_BYTES;
  }

  @Override
  public long workspaceBytes() {
    return operands.workspaceEnd() + pool.threads() * scratchBytes();
  }

  @Override
  public void run(KernelArguments arguments) {
    ConvOperands at = operands.read(pool, arguments, weights);
    pool.run(
        x[0] * x[2], (unit, worker) -> row(at, unit / x[2], unit % x[2], at.scratch() + worker * scratchBytes()));
  }

  /** The output rows of one input row of one image. */
  private void row(ConvOperands at, int n, int row, long scratch) {
    long in = ((long) n * Math.ceilDiv(x[1], Memory.LANES) * x[2] + row) * x[3] * Memory.VECTOR_BYTES;
    TiledProduct.Operands operands =
        new TiledProduct.Operands(at.input(), at.weights(), at.bias(), 0, 0, 0, scratch);
    for (int panel = 0; panel < product.panels(); panel++) {
      product.rows(operands, in, 0, panel, 1, 0, product.tiles());
    }
    for (int channel = 0; channel < y[1]; channel++) {
      for (int kh = 0; kh < tapRows; kh++) {
        long line = ((long) n * y[1] + channel) * y[2] + (long) row * tapRows + kh;
        long out = line * y[3] * Float.BYTES;
        spread(scratch + (long) (channel * tapRows + kh) * tapColumns * Float.BYTES, at.output() + out);
        pass.run(
            at.output() + out,
            at.side0() + epilogue.sideOffset(0, (long) channel * Float.BYTES, out),
            at.side1() + epilogue.sideOffset(1, (long) channel * Float.BYTES, out),
            at.side2() + epilogue.sideOffset(2, (long) channel * Float.BYTES, out),
            y[3]);
      }
    }
  }

  /** One row of output from the columns of its taps. */
  private void spread(long from, long to) {
    long pixel = (long) blocks * Memory.VECTOR_BYTES;
    for (int column = 0; column < x[3]; column++, from += pixel) {
      for (int tap = 0; tap < tapColumns; tap++, to += Float.BYTES) {
        Memory.set(to, Memory.get(from + (long) tap * Float.BYTES));
      }
    }
  }
}
