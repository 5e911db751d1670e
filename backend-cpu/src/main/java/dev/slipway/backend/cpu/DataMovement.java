package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.BlockOrder;
import dev.slipway.operators.Concat;
import dev.slipway.operators.DepthToSpace;
import dev.slipway.operators.Expand;
import dev.slipway.operators.Pad;
import dev.slipway.operators.Slice;
import dev.slipway.operators.SpaceToDepth;
import dev.slipway.operators.Split;
import dev.slipway.operators.Transpose;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Operators that move elements without computing, as strided copies: any element type of whole bytes. */
final class DataMovement implements Tactic {
  private static final TacticId ID = new TacticId("strided_copy", 1);
  private static final double BYTES_PER_MICRO = 4000;

  private final WorkerPool pool;
  private final Supplier<MatrixMoves> moves;

  /** @param moves asked for each kernel */
  DataMovement(WorkerPool pool, Supplier<MatrixMoves> moves) {
    this.pool = pool;
    this.moves = moves;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    Optional<String> refusal = refusal(request);
    if (refusal.isPresent()) {
      return new Support.Unsupported(refusal.get());
    }
    return new Support.Supported(1 + request.outputs().stream().mapToLong(TensorType::bytes).sum() / BYTES_PER_MICRO);
  }

  private static Optional<String> refusal(KernelRequest request) {
    Optional<String> layouts = layoutRefusal(request);
    if (layouts.isPresent()) {
      return layouts;
    }
    DType dtype = request.output().dtype();
    if (dtype.bits() < 8 || dtype.bits() > 64) {
      return Optional.of("element type " + dtype + " (expected: 1 to 8 bytes)");
    }
    return switch (request.op()) {
      case Transpose transpose -> Optional.empty();
      case Concat concat -> Optional.empty();
      case Split split -> Optional.empty();
      case Expand expand -> Optional.empty();
      case DepthToSpace blocks -> Optional.empty();
      case SpaceToDepth blocks -> Optional.empty();
      case Slice slice -> constants(request, 1) ? Optional.empty() : Optional.of("bounds that are not constant");
      case Pad pad when pad.mode() != Pad.Mode.CONSTANT -> Optional.of("mode " + pad.mode() + " (expected: CONSTANT)");
      case Pad pad -> constants(request, 1) ? Optional.empty() : Optional.of("pads that are not constant");
      default -> Optional.of("operator " + request.op().schema().name() + " (expected: one that moves elements)");
    };
  }

  /** Blocked tensors are joined and split where channels end with a block. */
  private static Optional<String> layoutRefusal(KernelRequest request) {
    Layout layout = request.output().layout();
    boolean joins = request.op() instanceof Concat;
    boolean splits = request.op() instanceof Split;
    if (layout != Layout.CONTIGUOUS && !joins && !splits) {
      return Optional.of("layout " + layout + " (expected: contiguous)");
    }
    List<TensorType> parts = joins ? request.inputTypes() : request.outputs();
    TensorType whole = joins ? request.output() : request.input(0);
    for (int i = 0; i < parts.size(); i++) {
      TensorType part = parts.get(i);
      if (!part.layout().equals(whole.layout())) {
        return Optional.of("layouts " + part.layout() + " and " + whole.layout() + " (expected: one layout)");
      }
      if (layout instanceof Layout.Blocked(int block)
          && i < parts.size() - 1
          && part.shape().known()[1] % block != 0) {
        return Optional.of("channels " + part.shape().known()[1] + " (expected: a multiple of " + block + ")");
      }
    }
    return Optional.empty();
  }

  /** The dimensions in memory: a blocked tensor has its channels in blocks at axis 1, and the block as last axis. */
  private static long[] stored(TensorType type) {
    long[] dims = type.shape().known();
    if (!(type.layout() instanceof Layout.Blocked(int block))) {
      return dims;
    }
    long[] stored = Arrays.copyOf(dims, dims.length + 1);
    stored[1] = Math.ceilDiv(dims[1], block);
    stored[dims.length] = block;
    return stored;
  }

  private static boolean constants(KernelRequest request, int from) {
    for (int i = from; i < request.inputs().size(); i++) {
      if (request.has(i) && request.constant(i).isEmpty()) {
        return false;
      }
    }
    return true;
  }

  /** A copy from one input to one output. */
  private record Move(int input, int output, StridedCopy copy) {}

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    return switch (request.op()) {
      case Transpose transpose -> new Moves(pool, moves.get(), List.of(transpose(request, transpose)));
      case Concat concat -> new Moves(pool, moves.get(), concat(request, concat));
      case Split split -> new Moves(pool, moves.get(), split(request, split));
      case Expand expand -> new Moves(pool, moves.get(), List.of(expand(request)));
      case DepthToSpace blocks -> new Moves(pool, moves.get(), List.of(depthToSpace(request, blocks)));
      case SpaceToDepth blocks -> new Moves(pool, moves.get(), List.of(spaceToDepth(request, blocks)));
      case Slice slice -> new Moves(pool, moves.get(), List.of(slice(request)));
      case Pad pad -> new FilledMove(pool, moves.get(), pad(request), fill(request), request.output());
      default -> throw new IllegalArgumentException("operator: " + request.op().schema().name());
    };
  }

  private static StridedCopy copy(
      TensorType type, long[] sizes, long[] fromStrides, long[] toStrides, long fromOffset, long toOffset) {
    return new StridedCopy(type.dtype().bits() / 8, sizes, fromStrides, toStrides, fromOffset, toOffset);
  }

  private static Move transpose(KernelRequest request, Transpose op) {
    long[] in = request.input(0).shape().known();
    int[] perm = new int[in.length];
    for (int i = 0; i < in.length; i++) {
      perm[i] = op.perm().isEmpty() ? in.length - 1 - i : Math.toIntExact(op.perm().get(i));
    }
    return permuted(request, in, perm);
  }

  private static Move depthToSpace(KernelRequest request, DepthToSpace op) {
    long[] in = request.input(0).shape().known();
    long channels = request.output().shape().known()[1];
    long b = op.blockSize();
    return op.order() == BlockOrder.DCR
        ? permuted(request, new long[] {in[0], b, b, channels, in[2], in[3]}, 0, 3, 4, 1, 5, 2)
        : permuted(request, new long[] {in[0], channels, b, b, in[2], in[3]}, 0, 1, 4, 2, 5, 3);
  }

  private static Move spaceToDepth(KernelRequest request, SpaceToDepth op) {
    long[] in = request.input(0).shape().known();
    long[] out = request.output().shape().known();
    long[] blocks = {in[0], in[1], out[2], op.blockSize(), out[3], op.blockSize()};
    return op.order() == BlockOrder.DCR
        ? permuted(request, blocks, 0, 3, 5, 1, 2, 4)
        : permuted(request, blocks, 0, 1, 3, 5, 2, 4);
  }

  /**
   * The input's axes in another order.
   *
   * @param dims of the input, with axes split as is needed
   */
  private static Move permuted(KernelRequest request, long[] dims, int... perm) {
    long[] inStrides = Shape.strides(dims);
    long[] sizes = new long[perm.length];
    long[] strides = new long[perm.length];
    for (int i = 0; i < perm.length; i++) {
      sizes[i] = dims[perm[i]];
      strides[i] = inStrides[perm[i]];
    }
    return new Move(0, 0, copy(request.output(), sizes, strides, Shape.strides(sizes), 0, 0));
  }

  private static int axis(long axis, TensorType type) {
    return (int) (axis < 0 ? axis + type.shape().rank() : axis);
  }

  private static List<Move> concat(KernelRequest request, Concat op) {
    int axis = axis(op.axis(), request.output());
    long[] outStrides = Shape.strides(stored(request.output()));
    List<Move> moves = new ArrayList<>();
    long at = 0;
    for (int i = 0; i < request.inputs().size(); i++) {
      long[] in = stored(request.input(i));
      moves.add(new Move(i, 0, copy(request.output(), in, Shape.strides(in), outStrides, 0, at * outStrides[axis])));
      at += in[axis];
    }
    return moves;
  }

  private static List<Move> split(KernelRequest request, Split op) {
    int axis = axis(op.axis(), request.input(0));
    long[] inStrides = Shape.strides(stored(request.input(0)));
    List<Move> moves = new ArrayList<>();
    long at = 0;
    for (int i = 0; i < request.outputs().size(); i++) {
      long[] out = stored(request.output(i));
      moves.add(new Move(0, i, copy(request.output(i), out, inStrides, Shape.strides(out), at * inStrides[axis], 0)));
      at += out[axis];
    }
    return moves;
  }

  private static Move expand(KernelRequest request) {
    long[] in = request.input(0).shape().known();
    long[] out = request.output().shape().known();
    long[] inStrides = Shape.strides(in);
    long[] strides = new long[out.length];
    for (int i = 0; i < in.length; i++) {
      strides[out.length - in.length + i] = in[i] == 1 ? 0 : inStrides[i];
    }
    return new Move(0, 0, copy(request.output(), out, strides, Shape.strides(out), 0, 0));
  }

  private static Move slice(KernelRequest request) {
    long[] in = request.input(0).shape().known();
    long[] out = request.output().shape().known();
    long[] strides = Shape.strides(in);
    long[] starts = request.constant(1).orElseThrow().toLongs();
    Optional<long[]> axes = request.constant(3).map(Tensor::toLongs);
    Optional<long[]> steps = request.constant(4).map(Tensor::toLongs);
    long offset = 0;
    for (int i = 0; i < starts.length; i++) {
      int axis = axis(axes.isPresent() ? axes.get()[i] : i, request.input(0));
      long step = steps.isPresent() ? steps.get()[i] : 1;
      long start = starts[i] < 0 ? starts[i] + in[axis] : starts[i];
      start = Math.clamp(start, 0, Math.max(0, step > 0 ? in[axis] : in[axis] - 1));
      offset += start * strides[axis];
      strides[axis] *= step;
    }
    return new Move(0, 0, copy(request.output(), out, strides, Shape.strides(out), offset, 0));
  }

  private static Move pad(KernelRequest request) {
    long[] in = request.input(0).shape().known();
    long[] out = request.output().shape().known();
    long[] inStrides = Shape.strides(in);
    long[] outStrides = Shape.strides(out);
    long[] pads = request.constant(1).orElseThrow().toLongs();
    Optional<long[]> axes = request.constant(3).map(Tensor::toLongs);
    long[] sizes = in.clone();
    long fromOffset = 0;
    long toOffset = 0;
    int padded = pads.length / 2;
    for (int i = 0; i < padded; i++) {
      int axis = axis(axes.isPresent() ? axes.get()[i] : i, request.input(0));
      sizes[axis] += Math.min(0, pads[i]) + Math.min(0, pads[i + padded]);
      fromOffset += Math.max(0, -pads[i]) * inStrides[axis];
      toOffset += Math.max(0, pads[i]) * outStrides[axis];
    }
    boolean none = Arrays.stream(sizes).anyMatch(size -> size <= 0);
    return new Move(
        0, 0, copy(request.output(), none ? new long[] {0} : sizes, inStrides, outStrides, fromOffset, toOffset));
  }

  /** The bits of the element that pads are filled with. */
  private static Tensor fill(KernelRequest request) {
    return request.constant(2).filter(tensor -> tensor.elementCount() == 1)
        .orElseGet(() -> Tensor.allocate(request.output().dtype()));
  }

  private record Moves(WorkerPool pool, MatrixMoves matrices, List<Move> moves) implements Kernel {
    @Override
    public void run(KernelArguments arguments) {
      for (Move move : moves) {
        move.copy().run(pool, matrices, arguments.input(move.input()), arguments.output(move.output()));
      }
    }
  }

  /** Fills the output, then copies into it. */
  private record FilledMove(WorkerPool pool, MatrixMoves matrices, Move move, Tensor fill, TensorType type)
      implements Kernel {
    @Override
    public void run(KernelArguments arguments) {
      MemorySegment out = arguments.output();
      int width = type.dtype().bits() / 8;
      long bytes = type.bytes();
      if (bytes > 0) {
        MemorySegment.copy(fill.data(), 0, out, 0, width);
        for (long filled = width; filled < bytes; filled *= 2) {
          MemorySegment.copy(out, 0, out, filled, Math.min(filled, bytes - filled));
        }
        move.copy().run(pool, matrices, arguments.input(0), out);
      }
    }
  }
}
