package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.Concat;
import dev.slipway.tensor.TensorType;
import java.util.Optional;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** Blocked activations behind each other along the channels; a part may begin inside a block. */
final class BlockedConcatTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.concat_f32_blocked", 1);
  private static final int CHANNEL_AXIS = 1;

  private final WorkerPool pool;

  BlockedConcatTactic(WorkerPool pool) {
    this.pool = pool;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    if (!(request.op() instanceof Concat concat)) {
      return Requests.unsupported("operator " + request.op().schema().name() + " (expected: Concat)");
    }
    Optional<String> type = Requests.notFloat32(request);
    if (type.isPresent()) {
      return Requests.unsupported(type.get());
    }
    TensorType out = request.output();
    if (!Requests.isBlocked(out) || !request.inputTypes().stream().allMatch(Requests::isBlocked)) {
      return Requests.unsupported("layouts (expected: " + Requests.BLOCKED + " for all)");
    }
    if (concat.axis() != CHANNEL_AXIS && concat.axis() + out.shape().rank() != CHANNEL_AXIS) {
      return Requests.unsupported("axis " + concat.axis() + " (expected: 1)");
    }
    return new Support.Supported(Requests.elements(out) / 4000.0 / pool.threads());
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    BlockedReorder whole = BlockedOperand.of(request.output(), 0).reorder();
    int[] channels = request.inputTypes().stream().mapToInt(type -> Requests.dims(type)[CHANNEL_AXIS]).toArray();
    int[] firsts = new int[channels.length];
    for (int part = 1; part < firsts.length; part++) {
      firsts[part] = firsts[part - 1] + channels[part - 1];
    }
    int spatial = whole.spatial();
    long plane = (long) spatial * Memory.VECTOR_BYTES;
    int outBlocks = Math.ceilDiv(whole.channels(), Memory.LANES);
    int used = whole.channels() - (outBlocks - 1) * Memory.LANES;
    return (KernelArguments arguments) ->
        pool.run(
            whole.batch() * channels.length,
            (unit, worker) -> {
              int part = unit % channels.length;
              int n = unit / channels.length;
              long target = arguments.output().address() + n * outBlocks * plane;
              long blocks = Math.ceilDiv(channels[part], Memory.LANES);
              join(arguments.input(part).address() + n * blocks * plane, channels[part], target, firsts[part], plane);
              if (part == channels.length - 1 && used < Memory.LANES) {
                clear(target + (outBlocks - 1) * plane, used, plane);
              }
            });
  }

  /** Copies blocks to where channel {@code first} of the target begins. */
  private static void join(long source, int channels, long target, int first, long plane) {
    int count;
    for (int done = 0; done < channels; done += count) {
      int from = done % Memory.LANES;
      int to = (first + done) % Memory.LANES;
      count = Math.min(channels - done, Memory.LANES - Math.max(from, to));
      long sourcePlane = source + done / Memory.LANES * plane;
      long targetPlane = target + (first + done) / Memory.LANES * plane;
      if (count == Memory.LANES) {
        Memory.copy(sourcePlane, targetPlane, plane);
      } else {
        shift(sourcePlane, from, targetPlane, to, count, plane);
      }
    }
  }

  /**
   * For each pixel, {@code count} lanes of the target from {@code to} become those of the source from {@code from}: a
   * masked load that starts so much earlier that lanes line up.
   */
  private static void shift(long source, int from, long target, int to, int count, long plane) {
    VectorMask<Float> mask =
        Memory.SPECIES.indexInRange(0, to + count).andNot(Memory.SPECIES.indexInRange(0, to));
    long base = source + (long) (from - to) * Float.BYTES;
    for (long at = 0; at < plane; at += Memory.VECTOR_BYTES) {
      FloatVector.fromMemorySegment(Memory.SPECIES, Memory.ALL, Memory.at(base + at), Memory.ORDER, mask)
          .intoMemorySegment(Memory.ALL, Memory.at(target + at), Memory.ORDER, mask);
    }
  }

  private static void clear(long lastPlane, int used, long plane) {
    for (long at = 0; at < plane; at += Memory.VECTOR_BYTES) {
      Memory.clear(lastPlane + at + (long) used * Float.BYTES, (long) (Memory.LANES - used) * Float.BYTES);
    }
  }
}
