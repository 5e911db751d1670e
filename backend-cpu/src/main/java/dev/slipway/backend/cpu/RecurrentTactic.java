package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.GRU;
import dev.slipway.operators.LSTM;
import dev.slipway.operators.Recurrence;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * LSTM and GRU, float32, constant weights, usual activations. The input's share of the gates is computed for many steps
 * at once, the state's share step by step; sequences and directions are shared out over threads.
 */
final class RecurrentTactic implements Tactic {
  private static final TacticId ID = new TacticId("recurrent_f32", 3);
  private static final double NANOS_PER_WEIGHT = 0.03;
  private static final int SEQUENCE_LENGTHS = 4;
  private static final int INITIAL_HIDDEN = 5;
  private static final int INITIAL_CELL = 6;
  private static final int PEEPHOLES = 7;

  /** Input, output and forget. */
  private static final int PEEPHOLE_GATES = 3;

  private final WorkerPool pool;
  private final MicroKernels kernels;

  RecurrentTactic(WorkerPool pool, MicroKernels kernels) {
    this.pool = pool;
    this.kernels = kernels;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    Optional<String> refusal = refusal(request);
    if (refusal.isPresent()) {
      return Requests.unsupported(refusal.get());
    }
    Extents e = Extents.of(request);
    double weights = (double) e.steps * e.batch * e.directions * e.hidden * GateProduct.GATES * (e.inputs + e.hidden);
    return new Support.Supported(1 + weights * NANOS_PER_WEIGHT / 1000);
  }

  private static Optional<String> refusal(KernelRequest request) {
    Recurrence recurrence;
    switch (request.op()) {
      case LSTM lstm when lstm.inputForget() -> {
        return Optional.of("input_forget 1 (expected: 0)");
      }
      case LSTM lstm -> recurrence = lstm.recurrence();
      case GRU gru -> recurrence = gru.recurrence();
      default -> {
        return Optional.of("operator " + request.op().schema().name() + " (expected: LSTM or GRU)");
      }
    }
    List<String> usual = request.op() instanceof LSTM ? List.of("sigmoid", "tanh", "tanh") : List.of("sigmoid", "tanh");
    for (int i = 0; i < recurrence.activations().size(); i++) {
      if (!recurrence.activations().get(i).toLowerCase(Locale.ROOT).equals(usual.get(i % usual.size()))) {
        return Optional.of("activations " + recurrence.activations() + " (expected: " + usual + ")");
      }
    }
    if (!Float.isInfinite(recurrence.clip())) {
      return Optional.of("clip " + recurrence.clip() + " (expected: none)");
    }
    for (int port : List.of(1, 2, 3, PEEPHOLES)) {
      if (request.has(port) && request.constant(port).isEmpty()) {
        return Optional.of("weights at input " + port + " that are not constant");
      }
    }
    List<KernelRequest.Argument> floats = new ArrayList<>(request.inputs());
    if (request.has(SEQUENCE_LENGTHS)) {
      floats.set(SEQUENCE_LENGTHS, KernelRequest.Argument.ABSENT);
    }
    return Contiguous.notFloat32(new KernelRequest(request.op(), floats, request.outputs(), request.device()));
  }

  /** Sizes of a request. */
  private record Extents(int steps, int batch, int inputs, int hidden, int directions, boolean batchFirst) {
    static Extents of(KernelRequest request) {
      int[] x = Requests.dims(request.input(0));
      int[] r = Requests.dims(request.input(2));
      boolean batchFirst = recurrence(request).layout() == 1;
      return new Extents(x[batchFirst ? 1 : 0], x[batchFirst ? 0 : 1], x[2], r[2], r[0], batchFirst);
    }

    int blocks() {
      return GateProduct.blocks(hidden);
    }

    /** Bytes of one hidden state, whole vectors. */
    long stateBytes() {
      return (long) blocks() * Memory.VECTOR_BYTES;
    }

    /** Bytes of the gates of one step. */
    int gateBytes() {
      return Math.toIntExact((long) blocks() * GateProduct.BLOCK_BYTES);
    }

    /** Bytes from the input of a step to that of the next. */
    int inputStride() {
      return Math.toIntExact((input(1, 0) - input(0, 0)) * Float.BYTES);
    }

    /** Element of X where a step of a sequence begins. */
    long input(int step, int sequence) {
      return (batchFirst ? (long) sequence * steps + step : (long) step * batch + sequence) * inputs;
    }

    /** Element of Y where a step of a sequence begins. */
    long output(int step, int sequence, int direction) {
      long row = batchFirst
          ? ((long) sequence * steps + step) * directions + direction
          : ((long) step * directions + direction) * batch + sequence;
      return row * hidden;
    }

    /** Element of the initial and final states where one of a sequence begins. */
    long state(int sequence, int direction) {
      return (batchFirst ? (long) sequence * directions + direction : (long) direction * batch + sequence) * hidden;
    }
  }

  private static Recurrence recurrence(KernelRequest request) {
    return request.op() instanceof LSTM lstm ? lstm.recurrence() : ((GRU) request.op()).recurrence();
  }

  @Override
  public boolean warmsUp() {
    return kernels.warmUp();
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    Extents e = Extents.of(request);
    RecurrentCell cell = cell(request);
    MemorySegment w = packedWeights(request, 1, cell, e, e.inputs, constants);
    MemorySegment r = packedWeights(request, 2, cell, e, e.hidden, constants);
    MemorySegment bias = packedBias(request, cell, e, constants);
    boolean reverse = recurrence(request).direction() == Recurrence.Direction.REVERSE;
    int outputs = request.outputs().size();
    return new Sequences(
        e,
        reverse,
        w,
        r,
        bias,
        packedPeepholes(request, e, constants),
        request.has(SEQUENCE_LENGTHS),
        request.has(INITIAL_HIDDEN),
        request.has(INITIAL_CELL),
        outputs,
        pool,
        kernels.recurrent(new RecurrentSpec(cell, e.hidden, request.has(PEEPHOLES))),
        new GateProjection(kernels, e.inputs, e.inputStride(), e.gateBytes()),
        new GateProjection(kernels, e.inputs, -e.inputStride(), e.gateBytes()));
  }

  private static RecurrentCell cell(KernelRequest request) {
    if (!(request.op() instanceof GRU gru)) {
      return RecurrentCell.LSTM;
    }
    return gru.linearBeforeReset() ? RecurrentCell.GRU_LINEAR_BEFORE_RESET : RecurrentCell.GRU;
  }

  private static MemorySegment packedWeights(
      KernelRequest request, int port, RecurrentCell cell, Extents e, int depth, PackedConstants constants) {
    Tensor matrix = request.constant(port).orElseThrow();
    long bytes = GateProduct.packedBytes(e.hidden, depth);
    return constants.pack(port, cell + "-gates-" + Memory.LANES, e.directions * bytes, packed -> {
      for (int d = 0; d < e.directions; d++) {
        for (int gate = 0; gate < cell.gates(); gate++) {
          int row = (d * cell.gates() + gate) * e.hidden;
          MemorySegment part = packed.asSlice(d * bytes, bytes);
          GateProduct.pack(matrix, row, e.hidden, depth, cell.place(gate, port == 2), part);
        }
      }
    });
  }

  /** The biases of W and R, summed where they go to the same place: for each direction [blocks][gates][lanes]. */
  private static MemorySegment packedBias(
      KernelRequest request, RecurrentCell cell, Extents e, PackedConstants constants) {
    long bytes = e.gateBytes();
    Optional<Tensor> bias = request.constant(3);
    // Without a bias the zeros take the place of a packed form of the recurrent weights.
    return constants.pack(bias.isPresent() ? 3 : 2, cell + "-bias-" + Memory.LANES, e.directions * bytes, packed -> {
      int rows = bias.isPresent() ? 2 * cell.gates() : 0;
      for (int row = 0; row < e.directions * rows; row++) {
        boolean ofState = row % rows >= cell.gates();
        int gate = cell.place(row % cell.gates(), ofState);
        for (int unit = 0; unit < e.hidden; unit++) {
          float value = (float) bias.orElseThrow().getDouble((long) row * e.hidden + unit);
          long at = row / rows * bytes + GateProduct.offset(unit, 0, gate, 1);
          packed.set(ValueLayout.JAVA_FLOAT, at, packed.get(ValueLayout.JAVA_FLOAT, at) + value);
        }
      }
    });
  }

  /** What input, output and forget gate add of the cell state: for each direction [blocks][gates][lanes]. */
  private static Optional<MemorySegment> packedPeepholes(KernelRequest request, Extents e, PackedConstants constants) {
    if (!request.has(PEEPHOLES)) {
      return Optional.empty();
    }
    Tensor peepholes = request.constant(PEEPHOLES).orElseThrow();
    long bytes = e.gateBytes();
    return Optional.of(constants.pack(PEEPHOLES, "peepholes-" + Memory.LANES, e.directions * bytes, packed -> {
      for (int row = 0; row < e.directions * PEEPHOLE_GATES; row++) {
        for (int unit = 0; unit < e.hidden; unit++) {
          float value = (float) peepholes.getDouble((long) row * e.hidden + unit);
          long at = row / PEEPHOLE_GATES * bytes + GateProduct.offset(unit, 0, row % PEEPHOLE_GATES, 1);
          packed.set(ValueLayout.JAVA_FLOAT, at, value);
        }
      }
    }));
  }

  private record Sequences(
      Extents e,
      boolean reverse,
      MemorySegment w,
      MemorySegment r,
      MemorySegment bias,
      Optional<MemorySegment> peepholes,
      boolean lengths,
      boolean initialHidden,
      boolean initialCell,
      int outputs,
      WorkerPool pool,
      RecurrentKernel kernel,
      GateProjection forwards,
      GateProjection backwards)
      implements Kernel {
    /** Steps whose input share is computed at once. */
    private static final int STEPS = 16;

    @Override
    public long workspaceBytes() {
      return pool.threads() * workerBytes();
    }

    /** Gates of some steps, two hidden states, the cell state, scratch for the gates of one block. */
    private long workerBytes() {
      return (long) Math.min(STEPS, e.steps) * e.gateBytes() + 3 * e.stateBytes() + GateProduct.BLOCK_BYTES;
    }

    @Override
    public void run(KernelArguments arguments) {
      long stateBytes = (long) e.directions * e.batch * e.hidden * Float.BYTES;
      Addresses at = new Addresses(
          Memory.address(arguments.input(0), (long) e.steps * e.batch * e.inputs * Float.BYTES, "X"),
          lengths ? Memory.address(arguments.input(SEQUENCE_LENGTHS), (long) e.batch * Integer.BYTES, "lengths") : 0,
          initialHidden ? Memory.address(arguments.input(INITIAL_HIDDEN), stateBytes, "initial_h") : 0,
          initialCell ? Memory.address(arguments.input(INITIAL_CELL), stateBytes, "initial_c") : 0,
          output(arguments, 0, e.steps * stateBytes),
          output(arguments, 1, stateBytes),
          output(arguments, 2, stateBytes));
      long scratch = arguments.workspace().address();
      pool.run(
          e.directions * e.batch,
          (unit, worker) -> walk(at, unit % e.batch, unit / e.batch, scratch + worker * workerBytes()));
    }

    /** Addresses of one run; 0 for what is not there. */
    private record Addresses(
        long x, long lengths, long initialHidden, long initialCell, long y, long lastHidden, long lastCell) {}

    /** Address of an optional output; 0 where nobody reads it. */
    private long output(KernelArguments arguments, int port, long bytes) {
      if (port >= outputs || arguments.output(port).equals(MemorySegment.NULL)) {
        return 0;
      }
      return Memory.address(arguments.output(port), bytes, "output");
    }

    /** Walks one sequence in one direction. */
    private void walk(Addresses at, int sequence, int direction, long scratch) {
      long before = scratch + (long) Math.min(STEPS, e.steps) * e.gateBytes();
      long after = before + e.stateBytes();
      long state = after + e.stateBytes();
      long last = state + e.stateBytes();
      long offset = e.state(sequence, direction) * Float.BYTES;
      begin(at.initialHidden == 0 ? 0 : at.initialHidden + offset, before);
      begin(at.initialCell == 0 ? 0 : at.initialCell + offset, state);
      boolean backwards = reverse || direction == 1;
      long weights = r.address() + direction * GateProduct.packedBytes(e.hidden, e.hidden);
      long peeps = peepholes.isEmpty() ? 0 : peepholes.get().address() + (long) direction * e.gateBytes();
      int steps = at.lengths == 0 ? e.steps : Math.clamp(Memory.getInt(at.lengths + 4L * sequence), 0, e.steps);
      for (int first = 0; first < steps; first += STEPS) {
        int count = Math.min(STEPS, steps - first);
        int begin = backwards ? steps - 1 - first : first;
        project(at.x, sequence, direction, begin, count, backwards, scratch);
        for (int i = 0; i < count; i++) {
          kernel.step(scratch + (long) i * e.gateBytes(), weights, peeps, before, after, state, last);
          if (at.y != 0) {
            int step = backwards ? begin - i : begin + i;
            copy(after, at.y + e.output(step, sequence, direction) * Float.BYTES);
          }
          long swapped = before;
          before = after;
          after = swapped;
        }
      }
      for (int step = steps; at.y != 0 && step < e.steps; step++) {
        Memory.clear(at.y + e.output(step, sequence, direction) * Float.BYTES, (long) e.hidden * Float.BYTES);
      }
      if (at.lastHidden != 0) {
        copy(before, at.lastHidden + offset);
      }
      if (at.lastCell != 0) {
        copy(state, at.lastCell + offset);
      }
    }

    /** Writes an initial state with zeros behind it; zeros for address 0. */
    private void begin(long initial, long to) {
      Memory.clear(to, e.stateBytes());
      if (initial != 0) {
        copy(initial, to);
      }
    }

    private void copy(long from, long to) {
      MemorySegment.copy(Memory.ALL, from, Memory.ALL, to, (long) e.hidden * Float.BYTES);
    }

    /** What the input gives to the gates of some steps, [steps][blocks][gates][lanes]. */
    private void project(long x, int sequence, int direction, int first, int count, boolean backwards, long to) {
      GateProjection projection = backwards ? this.backwards : forwards;
      projection.run(
          x + e.input(first, sequence) * Float.BYTES,
          count,
          w.address() + direction * GateProduct.packedBytes(e.hidden, e.inputs),
          bias.address() + (long) direction * e.gateBytes(),
          e.blocks(),
          to);
    }
  }
}
