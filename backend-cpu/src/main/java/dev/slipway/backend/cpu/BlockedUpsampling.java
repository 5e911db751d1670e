package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** Upsampling into NCHW[c]: each tap is a 1x1 convolution into every stride-th pixel of the output. */
final class BlockedUpsampling implements Kernel {
  private static final int CHANNEL_AXIS = 1;

  private final WorkerPool pool;
  private final ConvArguments operands;
  private final Epilogue epilogue;
  private final Optional<EpiloguePass> pass;
  private final TiledProduct product;
  private final MemorySegment weights;
  private final int[] x;
  private final int[] y;
  private final int tapRows;
  private final int tapColumns;
  private final int outBlocks;
  private final long tapBytes;

  BlockedUpsampling(WorkerPool pool, MicroKernels kernels, KernelRequest request, PackedConstants constants) {
    this.pool = pool;
    AnchoredGroup group = AnchoredGroup.of(request, CHANNEL_AXIS).orElseThrow();
    epilogue = group.epilogue(request, CHANNEL_AXIS).orElseThrow();
    x = Requests.dims(request.input(group.port(0)));
    y = Requests.dims(request.output());
    int[] w = Requests.dims(request.input(group.port(1)));
    tapRows = w[2];
    tapColumns = w[3];
    outBlocks = Math.ceilDiv(y[1], Memory.LANES);
    operands = ConvArguments.blocked(request, group, epilogue, constants, outBlocks);
    // One tap as a convolution of one row.
    ConvShape tap = new ConvShape(1, x[1], 1, x[3], y[1], 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1);
    TileShape tile = kernels.bestTile(x[3], outBlocks);
    tapBytes = BlockedConvolution.packedBytes(tap);
    Tensor kernel = request.constant(group.port(1)).orElseThrow();
    weights = constants.pack(
        group.port(1),
        "convtranspose-" + Memory.LANES + "-" + tile.blocks(),
        tapBytes * tapRows * tapColumns,
        to -> pack(kernels.moves(), tap, tile, kernel.data(), to));
    boolean fused = kernels.fuses(epilogue);
    TileSpec spec = new TileSpec(
        Memory.SPECIES.vectorBitSize(),
        tile,
        new TileSpec.Strides(Memory.VECTOR_BYTES, 0, 0),
        new TileSpec.Strides(tapColumns * Memory.VECTOR_BYTES, 0, Math.toIntExact(planeBytes())),
        Memory.LANES,
        fused ? epilogue : Epilogue.NONE);
    product = new TiledProduct(
        kernels,
        spec,
        1,
        x[3],
        outBlocks,
        TiledProduct.Arrangement.BLOCKS,
        segments(Arena.ofAuto()));
    pass = fused ? Optional.empty() : Optional.of(new EpiloguePass(kernels, epilogue, PointwiseSpec.Motion.VECTOR));
  }

  /** Weights [inChannels, outChannels, rows, columns] as one packed 1x1 convolution for each tap. */
  private void pack(MatrixMoves moves, ConvShape tap, TileShape tile, MemorySegment from, MemorySegment to) {
    ConvWeights packing = new ConvWeights(tap, BlockedConvolution.Input.BLOCKED, tile.blocks());
    int taps = tapRows * tapColumns;
    for (int t = 0; t < taps; t++) {
      MemorySegment turned = MemorySegment.ofArray(new float[x[1] * y[1]]);
      for (int c = 0; c < x[1]; c++) {
        for (int o = 0; o < y[1]; o++) {
          float value = from.getAtIndex(Memory.FLOAT, ((long) c * y[1] + o) * taps + t);
          turned.setAtIndex(Memory.FLOAT, (long) o * x[1] + c, value);
        }
      }
      packing.pack(moves, turned, to.asSlice(t * tapBytes, tapBytes));
    }
  }

  private SegmentTable segments(Arena arena) {
    int blocks = Math.ceilDiv(x[1], Memory.LANES);
    SegmentTable table = new SegmentTable(blocks, arena);
    for (int block = 0; block < blocks; block++) {
      table.add(
          (long) block * x[2] * x[3] * Memory.VECTOR_BYTES, Math.min(Memory.LANES, x[1] - block * Memory.LANES));
    }
    return table;
  }

  private long planeBytes() {
    return (long) y[2] * y[3] * Memory.VECTOR_BYTES;
  }

  @Override
  public long workspaceBytes() {
    return operands.workspaceEnd();
  }

  @Override
  public void run(KernelArguments arguments) {
    ConvOperands at = operands.read(pool, arguments, weights);
    pool.run(x[0] * x[2], (unit, worker) -> row(at, unit / x[2], unit % x[2]));
    if (y[1] % Memory.LANES != 0 && !epilogue.keepsZero()) {
      operands.output().reorder().clearPadding(at.output());
    }
    operands.write(pool, arguments);
  }

  /** The output rows of one input row of one image. */
  private void row(ConvOperands at, int n, int row) {
    long in = ((long) n * Math.ceilDiv(x[1], Memory.LANES) * x[2] + row) * x[3] * Memory.VECTOR_BYTES;
    long image = n * outBlocks * planeBytes();
    for (int kh = 0; kh < tapRows; kh++) {
      long out = image + ((long) row * tapRows + kh) * y[3] * Memory.VECTOR_BYTES;
      for (int kw = 0; kw < tapColumns; kw++) {
        TiledProduct.Operands tap = new TiledProduct.Operands(
            at.input(),
            at.weights() + (kh * tapColumns + kw) * tapBytes,
            at.bias(),
            at.side0(),
            at.side1(),
            at.side2(),
            at.output());
        for (int panel = 0; panel < product.panels(); panel++) {
          product.rows(tap, in, out + (long) kw * Memory.VECTOR_BYTES, panel, 1, 0, product.tiles());
        }
      }
      for (int block = 0; pass.isPresent() && block < outBlocks; block++) {
        pass(pass.get(), at, out + block * planeBytes(), block);
      }
    }
  }

  private void pass(EpiloguePass epiloguePass, ConvOperands at, long out, int block) {
    long channel = (long) block * Memory.VECTOR_BYTES;
    epiloguePass.run(
        at.output() + out,
        at.side0() + epilogue.sideOffset(0, channel, out),
        at.side1() + epilogue.sideOffset(1, channel, out),
        at.side2() + epilogue.sideOffset(2, channel, out),
        y[3] * Memory.LANES);
  }
}
