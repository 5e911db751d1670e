package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.Pad;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;

/**
 * Pad by elements of the tensor itself (reflect, edge, wrap), float32 contiguous, constant pads: a table for each axis.
 */
final class PadTactic implements Tactic {
  private static final TacticId ID = new TacticId("pad_by_elements_f32", 1);
  private static final double NANOS_PER_ELEMENT = 1;
  private static final int PADS = 1;
  private static final int AXES = 3;

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    if (!(request.op() instanceof Pad pad) || pad.mode() == Pad.Mode.CONSTANT) {
      return Requests.unsupported("operator " + request.op().schema().name()
          + " (expected: Pad, reflect, edge or wrap)");
    }
    if (request.input(0).dtype() != DType.FLOAT32) {
      return Requests.unsupported("input type " + request.input(0) + " (expected: float32)");
    }
    if (request.constant(PADS).isEmpty() || request.has(AXES) && request.constant(AXES).isEmpty()) {
      return Requests.unsupported("pads that are not constant");
    }
    if (Arrays.stream(request.constant(PADS).orElseThrow().toLongs()).anyMatch(count -> count < 0)) {
      return Requests.unsupported("pads that remove elements (expected: >= 0)");
    }
    if (Requests.elements(request.input(0)) == 0 || request.input(0).shape().rank() == 0) {
      return Requests.unsupported("no elements to pad by");
    }
    Optional<String> blocked = Contiguous.blocked(request);
    if (blocked.isPresent()) {
      return Requests.unsupported(blocked.get());
    }
    return new Support.Supported(1 + Requests.elements(request.output()) * NANOS_PER_ELEMENT / 1000);
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    int[] in = Requests.dims(request.input(0));
    int[] out = Requests.dims(request.output());
    int[] before = new int[in.length];
    long[] pads = request.constant(PADS).orElseThrow().toLongs();
    Optional<long[]> axes = request.constant(AXES).map(Tensor::toLongs);
    for (int i = 0; i < pads.length / 2; i++) {
      before[axes.isPresent() ? Contiguous.axis(axes.get()[i], in.length) : i] = (int) pads[i];
    }
    long[][] sources = new long[in.length][];
    long step = Float.BYTES;
    for (int axis = in.length - 1; axis >= 0; axis--) {
      sources[axis] = new long[out[axis]];
      for (int i = 0; i < out[axis]; i++) {
        sources[axis][i] = source(((Pad) request.op()).mode(), i - before[axis], in[axis]) * step;
      }
      step *= in[axis];
    }
    return new ByTables(sources, before[in.length - 1], in[in.length - 1], step, request.output().bytes());
  }

  /** The position among {@code n} elements that stands at position {@code p} of the padded axis. */
  private static int source(Pad.Mode mode, int p, int n) {
    return switch (mode) {
      case EDGE -> Math.clamp(p, 0, n - 1);
      case WRAP -> Math.floorMod(p, n);
      case REFLECT -> {
        int period = Math.max(1, 2 * (n - 1));
        int q = Math.floorMod(p, period);
        yield Math.min(q, period - q) % n;
      }
      case CONSTANT -> throw new IllegalArgumentException("mode: " + mode);
    };
  }

  /**
   * @param sources for each axis and position the byte offset of the source
   * @param before pads before the elements of the last axis
   * @param length elements of the last axis, which lie behind each other in input and output
   */
  private record ByTables(long[][] sources, int before, int length, long inputBytes, long outputBytes)
      implements Kernel {
    @Override
    public void run(KernelArguments arguments) {
      long from = Memory.address(arguments.input(0), inputBytes, "input");
      long to = Memory.address(arguments.output(), outputBytes, "output");
      rows(0, from, to);
    }

    /** Writes everything behind one position of the axes before; gives the address behind it. */
    private long rows(int axis, long from, long to) {
      if (axis == sources.length - 1) {
        return row(from, to);
      }
      for (long offset : sources[axis]) {
        to = rows(axis + 1, from + offset, to);
      }
      return to;
    }

    private long row(long from, long to) {
      long[] places = sources[sources.length - 1];
      copy(places, 0, before, from, to);
      long inner = to + (long) before * Float.BYTES;
      MemorySegment.copy(Memory.ALL, from, Memory.ALL, inner, (long) length * Float.BYTES);
      copy(places, before + length, places.length, from, to);
      return to + (long) places.length * Float.BYTES;
    }

    private static void copy(long[] places, int first, int end, long from, long to) {
      for (int i = first; i < end; i++) {
        Memory.set(to + (long) i * Float.BYTES, Memory.get(from + places[i]));
      }
    }
  }
}
