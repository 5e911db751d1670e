package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.DynamicQuantizeLinear;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** DynamicQuantizeLinear: the range of the tensor first, then its quantisation. */
final class DynamicQuantizeTactic implements Tactic {
  private static final TacticId ID = new TacticId("dynamic_quantize_f32_u8", 1);
  private static final double NANOS_PER_ELEMENT = 0.4;

  private final WorkerPool pool;
  private final ByteKernels kernels;

  DynamicQuantizeTactic(WorkerPool pool, ByteKernels kernels) {
    this.pool = pool;
    this.kernels = kernels;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    if (!(request.op() instanceof DynamicQuantizeLinear)) {
      return Requests.unsupported("operator " + request.op().schema().name() + " (expected: DynamicQuantizeLinear)");
    }
    boolean blocks = request.input(0).layout().equals(ChannelBytes.LAYOUT) && ChannelBytes.isBlocked(request.output());
    Optional<String> blocked = Contiguous.blocked(request);
    if (blocked.isPresent() && !blocks) {
      return Requests.unsupported(blocked.get());
    }
    return new Support.Supported(1 + Requests.elements(request.output()) * NANOS_PER_ELEMENT / 1000);
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    TensorType output = request.output();
    boolean pads = ChannelBytes.isBlocked(output) && Requests.dims(output)[1] % ChannelBytes.BLOCK != 0;
    Optional<ChannelBytes> padded = pads ? Optional.of(ChannelBytes.of(output)) : Optional.empty();
    return new Whole(
        Math.toIntExact(output.bytes()), request.outputs().size(), padded, kernels.conversion().forQuantizing(), pool);
  }

  /**
   * @param elements in memory: the zeros behind the channels of blocks change no range, which has 0 in any case
   * @param padded a tensor in blocks whose last one has channels too many
   */
  private record Whole(
      int elements, int outputs, Optional<ChannelBytes> padded, ByteConversion conversion, WorkerPool pool)
      implements Kernel {
    /** Whole vectors of bytes. */
    private static final int PIECE = 1 << 13;
    private static final int LEVELS = 255;

    private int pieces() {
      return Math.ceilDiv(elements, PIECE);
    }

    /** Constants, and for each piece its smallest and its largest element. */
    @Override
    public long workspaceBytes() {
      return ByteConversion.CONSTANT_BYTES + 2L * pieces() * Float.BYTES;
    }

    @Override
    public void run(KernelArguments arguments) {
      long from = Memory.address(arguments.input(0), (long) elements * Float.BYTES, "input");
      long to = Memory.address(arguments.output(), elements, "output");
      long workspace = arguments.workspace().address();
      long ranges = workspace + ByteConversion.CONSTANT_BYTES;
      Chunks chunks = Chunks.of(pieces(), PIECE * NANOS_PER_ELEMENT / 2, pool);
      pool.run(chunks.units(), (unit, _) -> {
        for (int piece = chunks.from(unit); piece < chunks.to(unit); piece++) {
          long at = from + (long) piece * PIECE * Float.BYTES;
          Memory.set(ranges + 2L * piece * Float.BYTES, Accumulation.MIN.row(at, count(piece)));
          Memory.set(ranges + (2L * piece + 1) * Float.BYTES, Accumulation.MAX.row(at, count(piece)));
        }
      });
      float min = Math.min(0, Accumulation.MIN.row(ranges, 2 * pieces()));
      float max = Math.max(0, Accumulation.MAX.row(ranges, 2 * pieces()));
      float scale = max == min ? 1 : (max - min) / LEVELS;
      int zeroPoint = (int) Math.clamp(Math.rint(-min / scale), 0, LEVELS);
      ByteConversion.Numbers numbers = conversion.prepare(new ByteQuantization(scale, zeroPoint, false), workspace);
      pool.run(chunks.units(), (unit, _) -> {
        long first = (long) chunks.from(unit) * PIECE;
        int end = (int) Math.min(elements, (long) chunks.to(unit) * PIECE);
        conversion.quantize(numbers, from + first * Float.BYTES, to + first, (int) (end - first));
      });
      padded.ifPresent(extents -> extents.clearPadding(to));
      if (isRead(arguments, 1)) {
        Memory.set(Memory.address(arguments.output(1), Float.BYTES, "scale"), scale);
      }
      if (isRead(arguments, 2)) {
        Bytes.set(Memory.address(arguments.output(2), 1, "zero point"), (byte) zeroPoint);
      }
    }

    private int count(int piece) {
      return Math.min(PIECE, elements - piece * PIECE);
    }

    private boolean isRead(KernelArguments arguments, int port) {
      return port < outputs && !arguments.output(port).equals(MemorySegment.NULL);
    }
  }
}
