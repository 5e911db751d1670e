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
  private static final double ELEMENTS_PER_MICRO = 4000;

  private final WorkerPool pool;
  private final ByteKernels kernels;

  BlockedQuantizeTactic(WorkerPool pool, ByteKernels kernels) {
    this.pool = pool;
    this.kernels = kernels;
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
    if (bytes.dtype() != DType.UINT8 || floats.dtype() != DType.FLOAT32) {
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
        conversion(quantizes, floats),
        pool);
  }

  private ByteConversion conversion(boolean quantizes, TensorType floats) {
    if (!quantizes) {
      return kernels.conversion().forDequantizing(false);
    }
    return floats.layout().equals(ChannelBytes.LAYOUT)
        ? kernels.conversion().forQuantizing()
        : kernels.conversion().forBlocks(Requests.dims(floats)[1]);
  }

  private record Conversion(
      ChannelBytes extents,
      boolean quantizes,
      boolean sameBlocks,
      long floatBytes,
      long byteBytes,
      boolean hasZeroPoint,
      ByteConversion conversion,
      WorkerPool pool)
      implements Kernel {
    private static final double NANOS_PER_ELEMENT = 0.2;

    /** The constants, and behind them bytes in order where these become floats in order. */
    @Override
    public long workspaceBytes() {
      return ByteConversion.CONSTANT_BYTES + (sameBlocks || quantizes ? 0 : plainElements());
    }

    private long plainElements() {
      return (long) extents.batch() * extents.channels() * extents.spatial();
    }

    @Override
    public void run(KernelArguments arguments) {
      long from = AddressSpace.address(arguments.input(0), quantizes ? floatBytes : byteBytes, "input");
      long to = AddressSpace.address(arguments.output(), quantizes ? byteBytes : floatBytes, "output");
      float scale = AddressSpace.get(AddressSpace.address(arguments.input(1), Float.BYTES, "scale"));
      int zeroPoint = hasZeroPoint ? ChannelBytes.getByte(AddressSpace.address(arguments.input(2), 1, "zero point")) & 0xff : 0;
      long workspace = arguments.workspace().address();
      ByteConversion.Numbers numbers =
          conversion.prepare(new ByteQuantization(scale, zeroPoint, false), workspace);
      if (sameBlocks) {
        flat(numbers, from, to, extents.bytes());
        clear(to);
      } else if (quantizes) {
        planes(numbers, from, to);
      } else {
        long plain = workspace + ByteConversion.CONSTANT_BYTES;
        extents.toPlain(pool, from, plain);
        flat(numbers, plain, to, plainElements());
      }
    }

    private void clear(long output) {
      if (extents.channels() % ChannelBytes.BLOCK != 0) {
        int elementBytes = quantizes ? 1 : Float.BYTES;
        new ChannelBytes(extents.batch(), extents.channels(), extents.spatial(), elementBytes).clearPadding(output);
      }
    }

    private void flat(ByteConversion.Numbers numbers, long from, long to, long elements) {
      int items = Math.toIntExact(Math.ceilDiv(elements, ChannelBytes.BLOCK));
      Chunks chunks = Chunks.of(items, ChannelBytes.BLOCK * NANOS_PER_ELEMENT, pool);
      pool.run(chunks.units(), (unit, _) -> {
        long first = (long) chunks.from(unit) * ChannelBytes.BLOCK;
        int count = (int) (Math.min(elements, (long) chunks.to(unit) * ChannelBytes.BLOCK) - first);
        if (quantizes) {
          conversion.quantize(numbers, from + first * Float.BYTES, to + first, count);
        } else {
          conversion.dequantize(numbers, from + first, to + first * Float.BYTES, count);
        }
      });
    }

    /** Planes of floats to blocks. */
    private void planes(ByteConversion.Numbers numbers, long from, long to) {
      int spatial = extents.spatial();
      int blocks = extents.blocks();
      ImageUnits units = extents.units(pool.threads(), spatial, extents.bytes() * NANOS_PER_ELEMENT);
      pool.run(units.count(), (unit, _) -> {
        int first = units.firstPixel(unit, spatial);
        int count = units.endPixel(unit, spatial) - first;
        for (int block = units.firstChannel(unit, blocks); block < units.endChannel(unit, blocks); block++) {
          long plane = (long) units.image(unit) * extents.channels() + (long) block * ChannelBytes.BLOCK;
          conversion.quantizeBlock(
              numbers,
              from + (plane * spatial + first) * Float.BYTES,
              (long) spatial * Float.BYTES,
              Math.min(ChannelBytes.BLOCK, extents.channels() - block * ChannelBytes.BLOCK),
              to + (((long) units.image(unit) * blocks + block) * spatial + first) * ChannelBytes.BLOCK,
              count);
        }
      });
    }
  }
}
