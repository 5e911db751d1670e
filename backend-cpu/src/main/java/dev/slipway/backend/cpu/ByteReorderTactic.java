package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.Reorder;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.TensorType;

/** Copies of bytes between NCHW and {@link ChannelBytes}. */
final class ByteReorderTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.reorder_u8", 1);
  private static final double ELEMENTS_PER_MICRO = 1000;

  private final WorkerPool pool;

  ByteReorderTactic(WorkerPool pool) {
    this.pool = pool;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    if (!(request.op() instanceof Reorder)) {
      return Requests.unsupported("no reorder");
    }
    TensorType in = request.input(0);
    TensorType out = request.output();
    if (in.dtype() != DType.UINT8) {
      return Requests.unsupported("input type " + in + " (expected: uint8)");
    }
    if (!ChannelBytes.isTaken(in) || !ChannelBytes.isTaken(out) || in.layout().equals(out.layout())) {
      return Requests.unsupported("layouts " + in.layout() + " to " + out.layout() + " (expected: contiguous to "
          + ChannelBytes.LAYOUT + " or back)");
    }
    return new Support.Supported(Requests.elements(out) / ELEMENTS_PER_MICRO / pool.threads());
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    boolean toBlocked = ChannelBytes.isBlocked(request.output());
    ChannelBytes extents = ChannelBytes.of(request.input(0));
    long inputBytes = request.input(0).bytes();
    long outputBytes = request.output().bytes();
    return (KernelArguments arguments) -> {
      long from = AddressSpace.address(arguments.input(0), inputBytes, "input");
      long to = AddressSpace.address(arguments.output(), outputBytes, "output");
      if (toBlocked) {
        extents.toBlocked(pool, from, to);
      } else {
        extents.toPlain(pool, from, to);
      }
    };
  }
}
