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
import dev.slipway.tensor.TensorType;
import java.util.Optional;

/** QuantizeLinear and DequantizeLinear between float32 and 8-bit integers, one scale for all or one for each index. */
final class QuantizeTactic implements Tactic {
  private static final TacticId ID = new TacticId("quantize_f32_i8", 1);
  private static final double NANOS_PER_ELEMENT = 0.2;

  private final WorkerPool pool;
  private final ByteKernels kernels;

  QuantizeTactic(WorkerPool pool, ByteKernels kernels) {
    this.pool = pool;
    this.kernels = kernels;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    long blockSize;
    TensorType wide;
    TensorType narrow;
    switch (request.op()) {
      case QuantizeLinear op -> {
        blockSize = op.blockSize();
        wide = request.input(0);
        narrow = request.output();
        if (op.precision() != 0 && op.precision() != DType.FLOAT32.code()) {
          return Requests.unsupported("precision " + op.precision() + " (expected: float32)");
        }
      }
      case DequantizeLinear op -> {
        blockSize = op.blockSize();
        wide = request.output();
        narrow = request.input(0);
      }
      default -> {
        return Requests.unsupported(
            "operator " + request.op().schema().name() + " (expected: QuantizeLinear or DequantizeLinear)");
      }
    }
    if (wide.dtype() != DType.FLOAT32 || request.input(1).dtype() != DType.FLOAT32) {
      return Requests.unsupported("types " + wide + " and scale " + request.input(1) + " (expected: float32)");
    }
    if (narrow.dtype() != DType.INT8 && narrow.dtype() != DType.UINT8) {
      return Requests.unsupported("quantised type " + narrow.dtype() + " (expected: int8 or uint8)");
    }
    if (blockSize != 0) {
      return Requests.unsupported("block_size " + blockSize + " (expected: 0)");
    }
    Optional<String> blocked = Contiguous.blocked(request);
    if (blocked.isPresent()) {
      return Requests.unsupported(blocked.get());
    }
    return new Support.Supported(1 + Requests.elements(wide) * NANOS_PER_ELEMENT / 1000);
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    boolean quantizes = request.op() instanceof QuantizeLinear;
    DType narrow = quantizes ? request.output().dtype() : request.input(0).dtype();
    int scales = Math.toIntExact(Requests.elements(request.input(1)));
    Contiguous.Lines lines;
    if (scales == 1) {
      lines = new Contiguous.Lines(1, 1, Math.toIntExact(Requests.elements(request.output())));
    } else {
      long axis = request.op() instanceof QuantizeLinear op ? op.axis() : ((DequantizeLinear) request.op()).axis();
      lines = Contiguous.Lines.of(request.output(), axis);
    }
    boolean signed = narrow == DType.INT8;
    ByteConversion conversion = quantizes
        ? kernels.conversion().forQuantizing()
        : kernels.conversion().forDequantizing(signed);
    return new Runs(lines, quantizes, signed, request.has(2), conversion, pool);
  }

  /** Runs of elements that share a scale. */
  private record Runs(
      Contiguous.Lines lines,
      boolean quantizes,
      boolean signed,
      boolean hasZeroPoint,
      ByteConversion conversion,
      WorkerPool pool)
      implements Kernel {
    /** Elements that a unit takes of one run. */
    private static final int PIECE = 1 << 14;

    /** Constants for each scale. */
    @Override
    public long workspaceBytes() {
      return (long) lines.length() * ByteConversion.CONSTANT_BYTES;
    }

    @Override
    public void run(KernelArguments arguments) {
      long elements = lines.elements();
      long from = AddressSpace.address(arguments.input(0), elements * (quantizes ? Float.BYTES : 1), "input");
      long to = AddressSpace.address(arguments.output(), elements * (quantizes ? 1 : Float.BYTES), "output");
      long scale = AddressSpace.address(arguments.input(1), (long) lines.length() * Float.BYTES, "scale");
      long zeroPoint = hasZeroPoint ? AddressSpace.address(arguments.input(2), lines.length(), "zero point") : 0;
      ByteConversion.Numbers[] numbers = new ByteConversion.Numbers[lines.length()];
      for (int i = 0; i < numbers.length; i++) {
        ByteQuantization values = new ByteQuantization(
            AddressSpace.get(scale + (long) i * Float.BYTES), hasZeroPoint ? zeroPoint(zeroPoint + i) : 0, signed);
        numbers[i] =
            conversion.prepare(values, arguments.workspace().address() + (long) i * ByteConversion.CONSTANT_BYTES);
      }
      int runs = lines.outer() * lines.length();
      int pieces = Math.max(1, Math.ceilDiv(lines.inner(), PIECE));
      int elementsOfPiece = Math.ceilDiv(lines.inner(), pieces);
      Chunks chunks = Chunks.of(runs * pieces, elementsOfPiece * NANOS_PER_ELEMENT, pool);
      pool.run(
          chunks.units(),
          (unit, _) -> {
            for (int i = chunks.from(unit); i < chunks.to(unit); i++) {
              int run = i / pieces;
              int first = i % pieces * elementsOfPiece;
              int count = Math.min(elementsOfPiece, lines.inner() - first);
              long at = (long) run * lines.inner() + first;
              convert(numbers[run % lines.length()], from, to, at, Math.max(count, 0));
            }
          });
    }

    private int zeroPoint(long address) {
      byte value = ChannelBytes.getByte(address);
      return signed ? value : value & 0xff;
    }

    private void convert(ByteConversion.Numbers numbers, long from, long to, long at, int count) {
      if (quantizes) {
        conversion.quantize(numbers, from + at * Float.BYTES, to + at, count);
      } else {
        conversion.dequantize(numbers, from + at, to + at * Float.BYTES, count);
      }
    }
  }
}
