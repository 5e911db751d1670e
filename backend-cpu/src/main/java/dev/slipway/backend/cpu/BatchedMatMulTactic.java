package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.MatMul;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** Matrix products of computed matrices, one or many of them: the right one is packed on the way. */
final class BatchedMatMulTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.matmul_f32_batched", 1);
  private static final int CHANNEL_AXIS = -1;

  private final WorkerPool pool;
  private final MicroKernels kernels;

  BatchedMatMulTactic(WorkerPool pool, MicroKernels kernels) {
    this.pool = pool;
    this.kernels = kernels;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    Optional<AnchoredGroup> found = AnchoredGroup.of(request, CHANNEL_AXIS);
    if (found.isEmpty() || !(found.get().anchor() instanceof MatMul)) {
      return Requests.unsupported("no matrix product with elementwise operators behind it");
    }
    AnchoredGroup group = found.get();
    Optional<String> type = Requests.notFloat32(request);
    if (type.isPresent()) {
      return Requests.unsupported(type.get());
    }
    for (TensorType in : request.inputTypes()) {
      if (!in.layout().equals(Layout.CONTIGUOUS)) {
        return Requests.unsupported("layout " + in.layout() + " (expected: contiguous)");
      }
    }
    if (!request.output().layout().equals(Layout.CONTIGUOUS)) {
      return Requests.unsupported("layout " + request.output().layout() + " (expected: contiguous)");
    }
    int[] left = Requests.dims(request.input(group.port(0)));
    int[] right = Requests.dims(request.input(group.port(1)));
    int[] out = Requests.dims(request.output());
    if (left.length < 2 || right.length < 2 || left.length != out.length) {
      return Requests.unsupported("ranks " + left.length + " and " + right.length + " (expected: 2 at least)");
    }
    if (Requests.elements(request.output()) == 0 || Requests.elements(request.input(group.port(0))) == 0) {
      return Requests.unsupported("empty matrices");
    }
    Optional<Epilogue> epilogue = group.epilogue(request, CHANNEL_AXIS);
    if (epilogue.isEmpty()) {
      return Requests.unsupported(group.refusal(request, CHANNEL_AXIS));
    }
    double fmas = (double) Requests.elements(request.output()) * left[left.length - 1];
    double packed = Requests.elements(request.input(group.port(1)));
    return new Support.Supported((fmas / (Memory.LANES * 2.5) + packed) / 1000 / pool.threads());
  }

  @Override
  public boolean warmsUp() {
    return kernels.warmUp();
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    return new BatchedMatMul(pool, kernels, request, constants);
  }

  private static final class BatchedMatMul implements Kernel {
    private final WorkerPool pool;
    private final MatrixMoves moves;
    private final MatrixShape shape;
    private final TileShape tile;
    private final PackedMatrixProduct product;
    private final SideOperands sides;
    private final Side[] sideKinds = new Side[Epilogue.MAX_SIDES];
    private final MemorySegment bias;
    private final int leftPort;
    private final int rightPort;
    private final int batch;
    private final long[] leftOffsets;
    private final long[] rightOffsets;
    private final long packedBytes;

    BatchedMatMul(WorkerPool pool, MicroKernels kernels, KernelRequest request, PackedConstants constants) {
      this.pool = pool;
      AnchoredGroup group = AnchoredGroup.of(request, CHANNEL_AXIS).orElseThrow();
      Epilogue epilogue = group.epilogue(request, CHANNEL_AXIS).orElseThrow();
      leftPort = group.port(0);
      rightPort = group.port(1);
      int[] left = Requests.dims(request.input(leftPort));
      int[] right = Requests.dims(request.input(rightPort));
      int[] out = Requests.dims(request.output());
      int rank = out.length;
      shape = new MatrixShape(out[rank - 2], out[rank - 1], left[rank - 1]);
      batch = Math.toIntExact(Requests.elements(request.output()) / ((long) shape.rows() * shape.columns()));
      leftOffsets = offsets(left, out);
      rightOffsets = offsets(right, out);
      tile = kernels.bestTile(TileGrid.of(shape));
      moves = kernels.moves();
      Arena arena = Arena.ofAuto();
      product = new PackedMatrixProduct(
          kernels, shape, tile, shape.depth() * Float.BYTES, shape.columns() * Float.BYTES, epilogue, arena);
      sides = new SideOperands(request, group, epilogue, constants, shape.columnBlocks(), false, 0);
      for (int i = 0; i < sideKinds.length; i++) {
        sideKinds[i] = i < epilogue.sides().size() ? epilogue.sides().get(i) : Side.SCALAR;
      }
      bias = group.biasPort() >= 0
          ? Requests.channels(request, group.biasPort(), constants, shape.columnBlocks())
          : arena.allocate((long) shape.columnBlocks() * Memory.VECTOR_BYTES, Memory.ALIGNMENT);
      packedBytes = Memory.roundUp(PackedMatrixProduct.packedBytes(shape), Memory.ALIGNMENT);
    }

    /** For each matrix of the output the bytes to the matrix of an operand that broadcasts along the batch axes. */
    private static long[] offsets(int[] operand, int[] out) {
      int axes = out.length - 2;
      int matrices = 1;
      for (int axis = 0; axis < axes; axis++) {
        matrices *= out[axis];
      }
      long matrixBytes = (long) operand[operand.length - 1] * operand[operand.length - 2] * Float.BYTES;
      long[] offsets = new long[matrices];
      for (int m = 0; m < matrices; m++) {
        long step = matrixBytes;
        int rest = m;
        for (int axis = axes - 1; axis >= 0; axis--) {
          int own = operand.length - out.length + axis;
          int position = rest % out[axis];
          rest /= out[axis];
          if (own >= 0 && operand[own] != 1) {
            offsets[m] += position * step;
            step *= operand[own];
          }
        }
      }
      return offsets;
    }

    @Override
    public long workspaceBytes() {
      return packedBytes * pool.threads();
    }

    @Override
    public void run(KernelArguments arguments) {
      TiledProduct.Operands at =
          new TiledProduct.Operands(
              arguments.input(leftPort).address(),
              0,
              bias.address(),
              sides.address(0, pool, arguments),
              sides.address(1, pool, arguments),
              sides.address(2, pool, arguments),
              arguments.output().address());
      long right = arguments.input(rightPort).address();
      long workspace = arguments.workspace().address();
      if (batch >= pool.threads()) {
        pool.run(
            batch,
            (unit, worker) -> {
              TiledProduct.Operands own = matrix(at, unit, workspace + worker * packedBytes);
              pack(right, unit, own.weights());
              for (int i = 0; i < product.units(1); i++) {
                product.run(own, i, 1);
              }
            });
        return;
      }
      for (int unit = 0; unit < batch; unit++) {
        TiledProduct.Operands own = matrix(at, unit, workspace);
        pack(right, unit, own.weights());
        product.run(pool, own);
      }
    }

    private void pack(long right, int unit, long packed) {
      int blocks = shape.columnBlocks();
      if (shape.columns() % Memory.LANES != 0) {
        // The last block of every row of the last panel has columns too many.
        int panel = (blocks - 1) / tile.blocks();
        long panelBytes = (long) shape.depth() * tile.blocks() * Memory.VECTOR_BYTES;
        int lastBlocks = blocks - panel * tile.blocks();
        for (int k = 0; k < shape.depth(); k++) {
          long row = packed + panel * panelBytes + (long) k * lastBlocks * Memory.VECTOR_BYTES;
          Memory.clear(row + (long) (lastBlocks - 1) * Memory.VECTOR_BYTES, Memory.VECTOR_BYTES);
        }
      }
      PackedMatrixProduct.pack(
          moves, shape, tile, right + rightOffsets[unit], (long) shape.columns() * Float.BYTES, Float.BYTES, packed);
    }

    private TiledProduct.Operands matrix(TiledProduct.Operands at, int unit, long packed) {
      long out = (long) unit * shape.rows() * shape.columns() * Float.BYTES;
      return new TiledProduct.Operands(
          at.input() + leftOffsets[unit],
          packed,
          at.bias(),
          at.side0() + sideOffset(0, out),
          at.side1() + sideOffset(1, out),
          at.side2() + sideOffset(2, out),
          at.output() + out);
    }

    private long sideOffset(int side, long out) {
      return switch (sideKinds[side]) {
        case FULL -> out;
        case CHANNEL, SCALAR -> 0;
      };
    }
  }
}
