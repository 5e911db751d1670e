package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.DequantizeLinear;
import dev.slipway.operators.QuantizeLinear;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.TensorType;

/** QuantizeLinear to {@link ChannelBytes} and DequantizeLinear from them, one scale for all. */
final class BlockedQuantizeTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.quantize_f32_u8_blocked", 1);
  private static final double ELEMENTS_PER_MICRO = 2000;

  private final WorkerPool pool;

  BlockedQuantizeTactic(WorkerPool pool) {
    this.pool = pool;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    boolean quantizes = request.op() instanceof QuantizeLinear op && op.blockSize() == 0 && op.precision() == 0;
    boolean dequantizes = request.op() instanceof DequantizeLinear op && op.blockSize() == 0;
    if (!quantizes && !dequantizes) {
      return Requests.unsupported(
          "operator " + request.op().schema().name() + " (expected: QuantizeLinear or DequantizeLinear, no blocks)");
    }
    TensorType bytes = quantizes ? request.output() : request.input(0);
    TensorType floats = quantizes ? request.input(0) : request.output();
    if (bytes.dtype() != DType.UINT8 || floats.dtype() != DType.FLOAT32 || !Bytes.VECTORS) {
      return Requests.unsupported("types " + floats + " and " + bytes + " (expected: float32 and uint8)");
    }
    if (Requests.elements(request.input(1)) != 1 || request.input(1).dtype() != DType.FLOAT32) {
      return Requests.unsupported("scale " + request.input(1) + " (expected: one float32)");
    }
    boolean sameBlocks = floats.layout().equals(ChannelBytes.LAYOUT);
    if (!ChannelBytes.isBlocked(bytes) || !sameBlocks && !floats.layout().equals(Layout.CONTIGUOUS)) {
      return Requests.unsupported("layouts " + floats.layout() + " and " + bytes.layout() + " (expected: contiguous or "
          + ChannelBytes.LAYOUT + ", and " + ChannelBytes.LAYOUT + ")");
    }
    if (Requests.elements(bytes) == 0) {
      return Requests.unsupported("empty activations");
    }
    double copies = sameBlocks ? 1 : 2;
    return new Support.Supported(1 + copies * Requests.elements(floats) / ELEMENTS_PER_MICRO / pool.threads());
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    boolean quantizes = request.op() instanceof QuantizeLinear;
    TensorType bytes = quantizes ? request.output() : request.input(0);
    TensorType floats = quantizes ? request.input(0) : request.output();
    return new Conversion(
        ChannelBytes.of(bytes),
        quantizes,
        floats.layout().equals(ChannelBytes.LAYOUT),
        floats.bytes(),
        bytes.bytes(),
        request.has(2),
        pool);
  }

  private record Conversion(
      ChannelBytes extents,
      boolean quantizes,
      boolean sameBlocks,
      long floatBytes,
      long byteBytes,
      boolean hasZeroPoint,
      WorkerPool pool)
      implements Kernel {
    private static final int PIECE = 1 << 13;
    private static final int GROUP = 4;

    private ChannelBytes blockedFloats() {
      return new ChannelBytes(extents.batch(), extents.channels(), extents.spatial(), Float.BYTES);
    }

    /** Floats in blocks, or for each thread a vector of words. */
    @Override
    public long workspaceBytes() {
      if (sameBlocks) {
        return 0;
      }
      return quantizes ? (long) pool.threads() * Memory.ALIGNMENT : blockedFloats().bytes();
    }

    @Override
    public void run(KernelArguments arguments) {
      long from = Memory.address(arguments.input(0), quantizes ? floatBytes : byteBytes, "input");
      long to = Memory.address(arguments.output(), quantizes ? byteBytes : floatBytes, "output");
      float scale = Memory.get(Memory.address(arguments.input(1), Float.BYTES, "scale"));
      int zeroPoint = hasZeroPoint ? Bytes.get(Memory.address(arguments.input(2), 1, "zero point"), false) : 0;
      ByteQuantization numbers = new ByteQuantization(scale, zeroPoint, false);
      long workspace = arguments.workspace().address();
      if (sameBlocks) {
        flat(numbers, from, to);
        if (extents.channels() % ChannelBytes.BLOCK != 0) {
          (quantizes ? extents : blockedFloats()).clearPadding(to);
        }
      } else if (quantizes) {
        planes(numbers, from, to, workspace);
      } else {
        flat(numbers, from, workspace);
        blockedFloats().toPlain(pool, workspace, to);
      }
    }

    private void flat(ByteQuantization numbers, long from, long to) {
      int count = Math.toIntExact(extents.bytes());
      pool.run(Math.ceilDiv(count, PIECE), (piece, _) -> {
        long first = (long) piece * PIECE;
        int length = (int) Math.min(PIECE, count - first);
        if (quantizes) {
          numbers.quantize(from + first * Float.BYTES, to + first, length);
        } else {
          numbers.dequantize(from + first, to + first * Float.BYTES, length);
        }
      });
    }

    /** Planes of floats to blocks, four channels at a time. */
    private void planes(ByteQuantization numbers, long from, long to, long workspace) {
      int groups = ChannelBytes.BLOCK / GROUP;
      int pieces = Math.ceilDiv(extents.spatial(), PIECE);
      pool.run(extents.batch() * extents.blocks() * groups * pieces, (unit, worker) -> {
        int group = unit / pieces % groups;
        int plane = unit / pieces / groups;
        int channel = plane % extents.blocks() * ChannelBytes.BLOCK + group * GROUP;
        int first = unit % pieces * PIECE;
        int count = Math.min(PIECE, extents.spatial() - first);
        long image = (long) plane / extents.blocks() * extents.channels();
        long source = from + ((image + channel) * extents.spatial() + first) * Float.BYTES;
        long target = to + ((long) plane * extents.spatial() + first) * ChannelBytes.BLOCK + (long) group * GROUP;
        numbers.interleave(
            source,
            (long) extents.spatial() * Float.BYTES,
            Math.clamp(extents.channels() - channel, 0, GROUP),
            target,
            ChannelBytes.BLOCK,
            count,
            workspace + (long) worker * Memory.ALIGNMENT);
      });
    }
  }
}
