package dev.slipway.builder;

import dev.slipway.backend.Backend;
import dev.slipway.backend.Plan;
import dev.slipway.graph.Graph;
import dev.slipway.graph.ValueId;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** Times whole plans against each other, in turn, on random inputs. */
final class PlanTimer {
  private final Backend backend;
  private final InterleavedTimer.Effort effort;

  PlanTimer(Backend backend, InterleavedTimer.Effort effort) {
    this.backend = backend;
    this.effort = effort;
  }

  /** The same with as much effort as there is. */
  PlanTimer thorough() {
    return new PlanTimer(backend, InterleavedTimer.Effort.FULL);
  }

  /**
   * Microseconds of one run of each.
   *
   * @param shapes of inputs that are dynamic
   */
  double[] micros(List<Plan> plans, Map<String, Shape> shapes) {
    List<Running> running = new ArrayList<>();
    try (MachineTime time = new MachineTime()) {
      plans.forEach(plan -> running.add(new Running(plan, backend, shapes)));
      return new InterleavedTimer(time, effort).micros(running);
    } finally {
      running.forEach(Running::close);
    }
  }

  /** A plan with its inputs. */
  private static final class Running implements InterleavedTimer.Contestant {
    private final Engine engine;
    private final ExecutionContext context;
    private final Map<String, Tensor> inputs = new LinkedHashMap<>();

    Running(Plan plan, Backend backend, Map<String, Shape> shapes) {
      Graph graph = plan.portable().get();
      SplittableRandom random = new SplittableRandom(1);
      for (ValueId id : graph.inputs()) {
        String name = graph.value(id).name();
        TensorType declared = graph.tensorType(id);
        inputs.put(name, random(declared.withShape(shapes.getOrDefault(name, declared.shape())), random));
      }
      engine = Engine.of(plan, backend);
      context = engine.newContext();
    }

    /** Floats from -0.5 to 0.5; all other types are zero, which indices may be. */
    private static Tensor random(TensorType type, SplittableRandom random) {
      Tensor tensor = Tensor.allocate(type);
      for (long i = 0; type.dtype() == DType.FLOAT32 && i < tensor.elementCount(); i++) {
        tensor.setDouble(i, random.nextDouble() - 0.5);
      }
      return tensor;
    }

    @Override
    public void run(int turn) {
      context.run(inputs);
    }

    /** What calls the kernels is compiled meanwhile; times from a cache have not even compiled these. */
    @Override
    public boolean warmsUp() {
      return true;
    }

    void close() {
      context.close();
      engine.close();
    }
  }
}
