package dev.slipway.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TuningChoice;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.graph.Interpreter;
import dev.slipway.graph.Op;
import dev.slipway.graph.Tolerance;
import dev.slipway.operators.Fused;
import dev.slipway.operators.Operators;
import dev.slipway.operators.Reorder;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Runs kernels of a tactic, with every choice of its parameters, against the reference on random data. */
final class GpuTacticCheck {
  private final OpenCudaDevice device;
  private final DType type;
  private final SplittableRandom random = new SplittableRandom(7);
  private final Interpreter reference = new Interpreter();

  /** @param type of all floats, in place of float16 in the texts of graphs */
  GpuTacticCheck(OpenCudaDevice device, DType type) {
    this.device = device;
    this.type = type;
  }

  Graph parse(String text) {
    return GraphParser.parse(text.replace("float16[", type.label() + "["), Operators::get);
  }

  /**
   * Runs a body, or its only operator.
   *
   * @param constants ports of the body that are constants
   * @param layout of the others and of the outputs
   */
  void check(Tactic tactic, Graph body, List<Integer> constants, Layout layout) {
    check(tactic, body, body.inputs().stream().map(id -> random(body.tensorType(id))).toList(), constants, layout);
  }

  /** The same on given inputs. */
  void check(Tactic tactic, Graph body, List<Tensor> inputs, List<Integer> constants, Layout layout) {
    List<Datum> expected = reference.run(body, List.copyOf(inputs));
    Op op = body.nodes().size() == 1 ? body.nodes().getFirst().op() : new Fused(body);
    List<KernelRequest.Argument> arguments = new ArrayList<>();
    List<MemorySegment> memory = new ArrayList<>();
    for (int port = 0; port < inputs.size(); port++) {
      boolean isConstant = constants.contains(port);
      Tensor own = reorder(inputs.get(port), isConstant ? Layout.CONTIGUOUS : layout);
      arguments.add(isConstant ? KernelRequest.Argument.of(own) : KernelRequest.Argument.of(own.type()));
      memory.add(own.data());
    }
    List<TensorType> made =
        expected.stream().map(output -> ((Tensor) output).type().withLayout(layout)).toList();
    KernelRequest request = new KernelRequest(op, arguments, made, device.device());
    assertThat(tactic.supports(request)).isInstanceOf(Support.Supported.class);
    try (Arena arena = Arena.ofShared();
        CudaQueue queue = device.newQueue()) {
      for (TuningChoice choice : tactic.choices(request)) {
        MemorySegment[] results = made.stream()
            .map(output -> arena.allocate(output.bytes(), 64).fill((byte) 0x7e))
            .toArray(MemorySegment[]::new);
        Kernel kernel = tactic.build(request, choice, new DeviceConstants(arena, queue));
        kernel.run(new KernelArguments(memory.toArray(MemorySegment[]::new), results, MemorySegment.NULL));
        for (int i = 0; i < results.length; i++) {
          Tensor got = reorder(new Tensor(made.get(i), results[i]), Layout.CONTIGUOUS);
          assertThat(distance(got, (Tensor) expected.get(i), op.tolerance(type)))
              .as("output %d of %s, share of the tolerance with %s", i, body, choice)
              .isLessThanOrEqualTo(1);
        }
      }
    }
  }

  Tensor random(TensorType of) {
    Tensor tensor = Tensor.allocate(of);
    double[] values = new double[Math.toIntExact(tensor.elementCount())];
    for (int i = 0; i < values.length; i++) {
      values[i] = of.dtype().isFloat() ? random.nextDouble() - 0.5 : random.nextInt(5);
    }
    tensor.set(values);
    return tensor;
  }

  private Tensor reorder(Tensor tensor, Layout layout) {
    boolean isThere = tensor.type().layout().equals(layout) || tensor.type().shape().rank() < 3;
    Tensor made = isThere ? tensor : reference.evaluate(new Reorder(layout), tensor);
    return made.copy(Arena.ofAuto());
  }

  /** The largest difference, in units of what the tolerance allows; integers must be equal. */
  private double distance(Tensor got, Tensor expected, Tolerance tolerance) {
    double largest = 1;
    for (long i = 0; i < expected.elementCount(); i++) {
      largest = Math.max(largest, Math.abs(expected.getDouble(i)));
    }
    double worst = 0;
    for (long i = 0; i < expected.elementCount(); i++) {
      double y = expected.getDouble(i);
      double allowed =
          type.epsilon() * (tolerance.absoluteEpsilons() * largest + tolerance.relativeEpsilons() * Math.abs(y));
      double difference = Math.abs(got.getDouble(i) - y);
      boolean isEqual = difference == 0;
      boolean isOff = Double.isNaN(difference) || !expected.dtype().isFloat();
      worst = Math.max(worst, isEqual ? 0 : isOff ? Double.POSITIVE_INFINITY : difference / allowed);
    }
    return worst;
  }
}
