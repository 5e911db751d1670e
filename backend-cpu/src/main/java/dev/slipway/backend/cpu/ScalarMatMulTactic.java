package dev.slipway.backend.cpu;

import dev.slipway.backend.FusedGroup;
import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.graph.Op;
import dev.slipway.operators.Expression;
import dev.slipway.operators.Gemm;
import dev.slipway.operators.MatMul;
import java.util.Arrays;
import java.util.Optional;

/** MatMul and Gemm of any operands without vectors, stacks of matrices included: {@link ScalarProduct}. */
final class ScalarMatMulTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.scalar_matmul_f32", 1);

  private final WorkerPool pool;

  ScalarMatMulTactic(WorkerPool pool) {
    this.pool = pool;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    Optional<FusedGroup> group = FusedGroup.of(request);
    if (group.isEmpty() || request.outputs().size() != 1 || !isProduct(group.get().anchor())) {
      return Requests.unsupported("no matrix product with elementwise operators behind it");
    }
    Optional<String> refusal = Contiguous.notFloat32(request);
    if (refusal.isPresent()) {
      return Requests.unsupported(refusal.get());
    }
    int left = request.input(group.get().anchorInputs().get(0)).shape().rank();
    int right = request.input(group.get().anchorInputs().get(1)).shape().rank();
    if (left < 2 || right < 2) {
      return Requests.unsupported("operands of rank " + left + " and " + right + " (expected: 2 at least)");
    }
    Product product = product(request, group.get());
    double fmas = (double) Requests.elements(request.output()) * product.depth;
    return new Support.Supported(fmas / ScalarProduct.FMAS_PER_NANO / 1000 / pool.threads());
  }

  private static boolean isProduct(Optional<Op> op) {
    return op.filter(anchor -> anchor instanceof MatMul || anchor instanceof Gemm).isPresent();
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    return product(request, FusedGroup.of(request).orElseThrow());
  }

  private Product product(KernelRequest request, FusedGroup group) {
    Gemm gemm = group.anchor().orElseThrow() instanceof Gemm given ? given : new Gemm(1, 1, false, false);
    Expression product = Expression.input(FusedGroup.RESULT);
    Expression result = gemm.alpha() == 1 ? product : product.times(gemm.alpha());
    if (group.anchorInputs().size() > 2 && group.anchorInputs().get(2) >= 0) {
      Expression addend = Expression.input(group.anchorInputs().get(2));
      result = result.plus(gemm.beta() == 1 ? addend : addend.times(gemm.beta()));
    }
    return new Product(
        pool,
        request,
        group.anchorInputs().get(0),
        group.anchorInputs().get(1),
        gemm,
        new ScalarElementwise(request, AnchoredGroup.replace(group.epilogue(), product, result)));
  }

  /** Each unit of work is a tile of columns of some rows of one matrix. */
  private static final class Product implements Kernel {
    /** Rows that share one copy of a tile of the right matrix. */
    private static final int ROWS = 32;

    private final WorkerPool pool;
    private final int left;
    private final int right;
    private final ScalarElementwise epilogue;
    private final int rows;
    private final int columns;
    private final int depth;
    private final int rowStride;
    private final int depthStride;
    private final int rightDepthStride;
    private final int columnStride;
    private final long[] leftOffsets;
    private final long[] rightOffsets;

    Product(WorkerPool pool, KernelRequest request, int left, int right, Gemm gemm, ScalarElementwise epilogue) {
      this.pool = pool;
      this.left = left;
      this.right = right;
      this.epilogue = epilogue;
      int[] a = Requests.dims(request.input(left));
      int[] b = Requests.dims(request.input(right));
      int[] y = Requests.dims(request.output());
      rows = y[y.length - 2];
      columns = y[y.length - 1];
      depth = a[a.length - (gemm.transA() ? 2 : 1)];
      rowStride = gemm.transA() ? 1 : depth;
      depthStride = gemm.transA() ? rows : 1;
      rightDepthStride = gemm.transB() ? 1 : columns;
      columnStride = gemm.transB() ? depth : 1;
      leftOffsets = offsets(a, y);
      rightOffsets = offsets(b, y);
    }

    /** For each matrix of the output the element where an operand's matrix begins. */
    private static long[] offsets(int[] operand, int[] output) {
      int batches = 1;
      for (int i = 0; i < output.length - 2; i++) {
        batches *= output[i];
      }
      long[] offsets = new long[batches];
      for (int batch = 0; batch < batches; batch++) {
        int rest = batch;
        long step = (long) operand[operand.length - 1] * operand[operand.length - 2];
        for (int i = 3; i <= operand.length; i++) {
          int index = rest % output[output.length - i];
          rest /= output[output.length - i];
          offsets[batch] += operand[operand.length - i] == 1 ? 0 : index * step;
          step *= operand[operand.length - i];
        }
      }
      return offsets;
    }

    @Override
    public void run(KernelArguments arguments) {
      int tiles = Math.ceilDiv(columns, ScalarProduct.TILE);
      int strips = Math.ceilDiv(rows, ROWS);
      pool.run(leftOffsets.length * tiles * strips, (unit, worker) -> {
        int strip = unit / tiles % strips;
        tile(arguments, unit / tiles / strips, strip * ROWS, unit % tiles * ScalarProduct.TILE);
      });
    }

    private void tile(KernelArguments arguments, int batch, int firstRow, int firstColumn) {
      ScalarScratch scratch = ScalarScratch.own();
      int width = Math.min(ScalarProduct.TILE, columns - firstColumn);
      float[][] tile = scratch.tile(depth);
      long b = arguments.input(right).address()
          + (rightOffsets[batch] + (long) firstColumn * columnStride) * Float.BYTES;
      for (int k = 0; k < depth; k++) {
        read(b + (long) k * rightDepthStride * Float.BYTES, columnStride, tile[k], width);
      }
      float[] row = scratch.row(depth);
      float[] result = scratch.line(ScalarProduct.TILE);
      double[] sums = scratch.sums();
      long a = arguments.input(left).address() + leftOffsets[batch] * Float.BYTES;
      for (int r = firstRow; r < Math.min(rows, firstRow + ROWS); r++) {
        read(a + (long) r * rowStride * Float.BYTES, depthStride, row, depth);
        Arrays.fill(sums, 0, width, 0);
        ScalarProduct.addRow(row, depth, tile, width, result, sums);
        ScalarProduct.round(sums, width, result);
        long at = ((long) batch * rows + r) * columns + firstColumn;
        Floats.write(result, width, arguments.output().address() + at * Float.BYTES);
        epilogue.run(arguments, at, at + width);
      }
    }

    /** Reads elements that lie {@code stride} apart. */
    private static void read(long address, int stride, float[] to, int count) {
      if (stride == 1) {
        Floats.read(address, to, 0, count);
        return;
      }
      for (int i = 0; i < count; i++) {
        to[i] = AddressSpace.get(address + (long) i * stride * Float.BYTES);
      }
    }
  }
}
