package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.backend.Device;
import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TuningChoice;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.Interpreter;
import dev.slipway.graph.Op;
import dev.slipway.graph.Tolerance;
import dev.slipway.operators.Operators;
import dev.slipway.operators.Reorder;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.testkit.GuardedMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/**
 * Runs a kernel of a tactic on tensors and compares it with the operator's own evaluation; then again in
 * {@link GuardedMemory}, where an access outside of its tensors ends the process.
 */
final class TacticCheck {
  private static final Device DEVICE = new Device("cpu", 0, "test", "test");
  private static final int GUARD = 256;

  private final Op op;
  private final List<Optional<Tensor>> inputs = new ArrayList<>();
  private final Set<Integer> constants = new HashSet<>();
  private final Set<Integer> blocked = new HashSet<>();
  private boolean blockedOutputs;
  private int outputs = 1;

  private TacticCheck(Op op) {
    this.op = op;
  }

  static TacticCheck of(Op op) {
    return new TacticCheck(op);
  }

  static TacticCheck of(String name, Attributes attributes) {
    return new TacticCheck(Operators.get(name).create(attributes));
  }

  TacticCheck with(Tensor... tensors) {
    Arrays.stream(tensors).map(Optional::of).forEach(inputs::add);
    return this;
  }

  TacticCheck withConstant(Tensor tensor) {
    constants.add(inputs.size());
    return with(tensor);
  }

  TacticCheck without() {
    inputs.add(Optional.empty());
    return this;
  }

  /** An activation that the kernel gets in this machine's blocked layout. */
  TacticCheck withBlocked(Tensor tensor) {
    blocked.add(inputs.size());
    return with(tensor);
  }

  /** The kernel shall give its outputs in this machine's blocked layout. */
  TacticCheck blockedOutputs() {
    blockedOutputs = true;
    return this;
  }

  TacticCheck outputs(int count) {
    outputs = count;
    return this;
  }

  /** The first choice must give what the operator's evaluation gives. */
  void run(Tactic tactic, Arena arena) {
    List<Tensor> expected = expected();
    KernelRequest request = request(expected);
    assertThat(tactic.supports(request)).isInstanceOf(Support.Supported.class);
    Kernel kernel = tactic.build(request, tactic.choices(request).getFirst(), packing(arena));
    MemorySegment[] in = given().stream()
        .map(input -> input.map(tensor -> copy(tensor, arena)).orElse(MemorySegment.NULL))
        .toArray(MemorySegment[]::new);
    MemorySegment[] out =
        expected.stream().map(tensor -> unset(tensor.type().bytes(), arena)).toArray(MemorySegment[]::new);
    MemorySegment workspace = unset(kernel.workspaceBytes(), arena);
    kernel.run(new KernelArguments(in, slices(out, expected), workspace.asSlice(0, kernel.workspaceBytes())));
    for (int i = 0; i < out.length; i++) {
      compare(contiguous(new Tensor(expected.get(i).type(), out[i])), contiguous(expected.get(i)), i);
      assertGuard(out[i], expected.get(i).type().bytes(), "output " + i);
    }
    assertGuard(workspace, kernel.workspaceBytes(), "workspace");
    if (GuardedMemory.isSupported()) {
      for (GuardedMemory.Edge edge : GuardedMemory.Edge.values()) {
        runGuarded(kernel, edge, in, expected);
      }
    }
  }

  private void runGuarded(Kernel kernel, GuardedMemory.Edge edge, MemorySegment[] given, List<Tensor> expected) {
    try (GuardedMemory memory = new GuardedMemory(edge)) {
      MemorySegment[] in = Arrays.stream(given)
          .map(segment -> segment.equals(MemorySegment.NULL) ? segment : memory.readOnlyCopy(segment))
          .toArray(MemorySegment[]::new);
      MemorySegment[] out = expected.stream()
          .map(tensor -> memory.allocate(tensor.type().bytes()))
          .toArray(MemorySegment[]::new);
      MemorySegment workspace = memory.allocate(Memory.roundUp(kernel.workspaceBytes(), Memory.ALIGNMENT));
      kernel.run(new KernelArguments(in, out, workspace.asSlice(0, kernel.workspaceBytes())));
      for (int i = 0; i < out.length; i++) {
        compare(contiguous(new Tensor(expected.get(i).type(), out[i])), contiguous(expected.get(i)), i);
      }
    }
  }

  /** The reason why the tactic refuses. */
  String refusal(Tactic tactic) {
    Support support = tactic.supports(request(expected()));
    assertThat(support).isInstanceOf(Support.Unsupported.class);
    return ((Support.Unsupported) support).reason();
  }

  private List<Tensor> expected() {
    List<Boolean> wanted = new ArrayList<>();
    for (int i = 0; i < outputs; i++) {
      wanted.add(true);
    }
    List<Optional<Datum>> arguments = new ArrayList<>();
    inputs.forEach(input -> arguments.add(input.map(tensor -> tensor)));
    return new Interpreter()
        .evaluate("node", op, arguments, wanted).stream()
        .map(result -> (Tensor) result.orElseThrow())
        .map(result -> blockedOutputs ? blocked(result) : result)
        .toList();
  }

  private List<Optional<Tensor>> given() {
    List<Optional<Tensor>> given = new ArrayList<>(inputs);
    blocked.forEach(port -> given.set(port, given.get(port).map(TacticCheck::blocked)));
    return given;
  }

  private static Tensor blocked(Tensor tensor) {
    return in(tensor.dtype() == DType.UINT8 ? ChannelBytes.LAYOUT : Requests.BLOCKED, tensor);
  }

  private static Tensor in(Layout layout, Tensor tensor) {
    List<Optional<Datum>> arguments = List.of(Optional.of(tensor));
    return (Tensor) new Interpreter().evaluate("reorder", new Reorder(layout), arguments, List.of(true))
        .getFirst().orElseThrow();
  }

  /** The tensor in order; the channels that the last block has too many must be zero. */
  private static Tensor contiguous(Tensor tensor) {
    if (tensor.type().layout() == Layout.CONTIGUOUS) {
      return tensor;
    }
    Tensor contiguous = in(Layout.CONTIGUOUS, tensor);
    MemorySegment again = in(tensor.type().layout(), contiguous).data();
    assertThat(tensor.data().asSlice(0, tensor.type().bytes()).mismatch(again.asSlice(0, tensor.type().bytes())))
        .as("first byte of %s that is not zero behind the channels", tensor.type())
        .isEqualTo(-1);
    return contiguous;
  }

  private KernelRequest request(List<Tensor> expected) {
    List<KernelRequest.Argument> arguments = new ArrayList<>();
    List<Optional<Tensor>> given = given();
    for (int i = 0; i < given.size(); i++) {
      if (given.get(i).isEmpty()) {
        arguments.add(KernelRequest.Argument.ABSENT);
      } else if (constants.contains(i)) {
        arguments.add(KernelRequest.Argument.of(given.get(i).get()));
      } else {
        arguments.add(KernelRequest.Argument.of(given.get(i).get().type()));
      }
    }
    List<TensorType> types = expected.stream().map(Tensor::type).toList();
    return new KernelRequest(op, arguments, types, DEVICE);
  }

  private static PackedConstants packing(Arena arena) {
    return (port, format, bytes, pack) -> {
      MemorySegment memory = arena.allocate(Math.max(bytes, 1), Memory.ALIGNMENT);
      pack.accept(memory);
      return GuardedMemory.isSupported()
          ? GuardedMemory.lastingCopy(memory.asSlice(0, bytes), GuardedMemory.Edge.END)
          : memory;
    };
  }

  private static MemorySegment copy(Tensor tensor, Arena arena) {
    MemorySegment memory = unset(tensor.type().bytes(), arena);
    MemorySegment.copy(tensor.data(), 0, memory, 0, tensor.type().bytes());
    return memory.asSlice(0, tensor.type().bytes());
  }

  private static MemorySegment unset(long bytes, Arena arena) {
    return arena.allocate(bytes + GUARD, Memory.ALIGNMENT).fill((byte) 0xff);
  }

  private static MemorySegment[] slices(MemorySegment[] out, List<Tensor> expected) {
    MemorySegment[] slices = new MemorySegment[out.length];
    Arrays.setAll(slices, i -> out[i].asSlice(0, expected.get(i).type().bytes()));
    return slices;
  }

  private static void assertGuard(MemorySegment memory, long bytes, String what) {
    for (long i = bytes; i < memory.byteSize(); i++) {
      assertThat(memory.get(ValueLayout.JAVA_BYTE, i)).as("byte %d behind the end of %s", i - bytes, what)
          .isEqualTo((byte) 0xff);
    }
  }

  private void compare(Tensor actual, Tensor expected, int port) {
    Tolerance tolerance = op.tolerance(expected.dtype());
    double magnitude = 1;
    for (Optional<Tensor> input : inputs) {
      if (input.isPresent() && input.get().dtype().isFloat()) {
        magnitude = Math.max(magnitude, Arrays.stream(input.get().toDoubles())
            .map(Math::abs).filter(Double::isFinite).max().orElse(0));
      }
    }
    double unit = expected.dtype().epsilon() * magnitude;
    double[] x = actual.toDoubles();
    double[] y = expected.toDoubles();
    for (int i = 0; i < y.length; i++) {
      double allowed = unit * (tolerance.absoluteEpsilons() + tolerance.relativeEpsilons() * Math.abs(y[i]));
      boolean equal = Double.compare(x[i], y[i]) == 0 || x[i] == y[i];
      if (!equal && !(Math.abs(x[i] - y[i]) <= allowed)) {
        throw new AssertionError("output " + port + " of " + op + ", element " + i + " of " + expected.type() + ": "
            + x[i] + " (expected: " + y[i] + " within " + allowed + ")");
      }
    }
  }

  /** Values between -1 and 1, or small integers. */
  static Tensor random(Random random, DType dtype, long... dims) {
    Tensor tensor = Tensor.allocate(dtype, dims);
    for (long i = 0; i < tensor.elementCount(); i++) {
      switch (dtype) {
        case BOOL -> tensor.setBoolean(i, random.nextBoolean());
        case UINT8, UINT16, UINT32, UINT64 -> tensor.setLong(i, random.nextInt(256));
        default -> {
          if (dtype.isFloat()) {
            tensor.setDouble(i, random.nextFloat() * 2 - 1);
          } else {
            tensor.setLong(i, random.nextInt(256) - 128);
          }
        }
      }
    }
    return tensor;
  }

  static Tensor floats(Random random, long... dims) {
    return random(random, DType.FLOAT32, dims);
  }

  /** A length at an edge of the vectors. */
  static int edge(Random random) {
    int lanes = Memory.LANES;
    return Cases.oneOf(random, 1, 2, lanes / 2, lanes - 1, lanes, lanes + 1, 2 * lanes, 3 * lanes + 2, 5 * lanes - 1);
  }
}
