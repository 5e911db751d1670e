package dev.slipway.backend.cuda;

import dev.slipway.backend.Backend;
import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Plan;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TuningChoice;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.operators.Operators;
import dev.slipway.operators.Softmax;
import dev.slipway.runtime.Engine;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.testkit.ForwardingBackend;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Runs a graph whose second kernel writes where there is no memory, and says what became of it. */
final class FaultingProcess {
  private FaultingProcess() {}

  public static void main(String[] arguments) {
    Graph graph = GraphParser.parse("""
        graph test {
          input x: float32[4, 64]
          y = Relu(x)
          z = Softmax(y)
          output "z" = z
        }
        """, Operators::get);
    Plan plan =
        new Plan(new Plan.Manifest("test", "", "fp32", List.of(), Map.of()), () -> graph, Optional.empty());
    OpenCudaDevice device = new OpenCudaDevice(CudaLibraries.load(), 0);
    Backend backend = new FaultingBackend(new CudaBackend(device), new FaultingTactic(device));
    try {
      Engine.of(plan, backend).newContext().run(Map.of("x", Tensor.allocate(DType.FLOAT32, 4, 64)));
    } catch (SlipwayException e) {
      System.out.println(e.getMessage());
    }
    System.out.println("still here");
  }

  private static final class FaultingTactic extends CudaTactic {
    FaultingTactic(CudaDevice device) {
      super("test.fault", 1, device);
    }

    @Override
    public Support supports(KernelRequest request) {
      return request.op() instanceof Softmax ? new Support.Supported(0) : new Support.Unsupported("no Softmax");
    }

    @Override
    public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
      long function = device.function(new KernelCompiler.Source(
          "fault", "extern \"C\" __global__ void fault() { *(volatile int*) 16 = 1; }", false));
      return GeneratedKernel.of(device, new Launch(function, Grid.blocks(1, 1), 0, List.of()));
    }
  }

  private static final class FaultingBackend extends ForwardingBackend {
    private final Tactic fault;

    FaultingBackend(Backend backend, Tactic fault) {
      super(backend);
      this.fault = fault;
    }

    @Override
    public List<Tactic> tactics() {
      return List.of(fault, backend.tactics().stream()
          .filter(tactic -> tactic instanceof PointwiseTactic)
          .findFirst()
          .orElseThrow());
    }
  }
}
