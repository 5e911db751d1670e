package dev.slipway.backend.cpu;

import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.operators.QuantizedConv;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * The channels' parameters of a product of bytes: packed, or, where the activations' scale and zero point are inputs,
 * made of these for each run.
 */
final class ByteParameters {
  private final MemorySegment packed;
  private final int[] weightSums;
  private final boolean dynamic;
  private final int zeroPoint;

  ByteParameters(KernelRequest request, PackedConstants constants) {
    ByteGroup group = ByteGroup.of(request).orElseThrow();
    Tensor weights = request.constant(1).orElseThrow();
    int channels = Math.toIntExact(weights.dim(group.anchor() instanceof QuantizedConv ? 0 : 1));
    packed = ByteRequests.parameters(request, constants);
    dynamic = group.dynamic();
    zeroPoint = group.xZeroPoint();
    int padded = Math.ceilDiv(channels, ChannelBytes.BLOCK) * ChannelBytes.BLOCK;
    weightSums = dynamic ? ByteRequests.weightSums(request, padded) : new int[0];
  }

  /** Bytes of the parameters of a run, a multiple of the alignment. */
  long workspaceBytes() {
    return dynamic ? (long) weightSums.length / ChannelBytes.BLOCK * ChannelParameters.BLOCK_BYTES : 0;
  }

  /** The zero point of the activations in this run. */
  int zeroPoint(KernelArguments arguments) {
    return dynamic
        ? ChannelBytes.getByte(AddressSpace.address(arguments.input(ByteGroup.X_ZERO_POINT), 1, "zero point")) & 0xff
        : zeroPoint;
  }

  /** The address of the parameters of this run, made at an offset of the workspace where they are not packed. */
  long address(KernelArguments arguments, long offset) {
    if (!dynamic) {
      return packed.address();
    }
    long to = arguments.workspace().address() + offset;
    float scale = AddressSpace.get(AddressSpace.address(arguments.input(ByteGroup.X_SCALE), Float.BYTES, "scale"));
    ChannelParameters.adapt(packed.address(), weightSums, zeroPoint(arguments), scale, to);
    return to;
  }
}
