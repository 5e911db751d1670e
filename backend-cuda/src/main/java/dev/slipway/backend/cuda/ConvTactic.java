package dev.slipway.backend.cuda;

import dev.slipway.backend.DeviceArguments;
import dev.slipway.backend.DeviceBuffer;
import dev.slipway.backend.FusedGroup;
import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.Conv;
import dev.slipway.operators.Expression;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Convolutions of cuDNN. On 16-bit floats with channels last, bias, residual and activation are in its graph; what is
 * not follows in a generated kernel, as everything does on float32.
 */
final class ConvTactic extends CudaTactic {
  private static final String PLAN = "plan";

  private final Map<ConvProblem, ConvGraph> graphs = new ConcurrentHashMap<>();

  ConvTactic(CudaDevice device) {
    super("cuda.cudnn_conv", 1, device);
  }

  @Override
  public Support supports(KernelRequest request) {
    Optional<FusedGroup> group = FusedGroup.of(request);
    if (group.isEmpty() || !(group.get().anchor().orElse(request.op()) instanceof Conv)) {
      return Requests.operator(request, "Conv");
    }
    Optional<String> refusal = Requests.notReal(request).or(() -> ConvRequest.refusal(request, group.get()));
    if (refusal.isPresent()) {
      return Requests.unsupported(refusal.get());
    }
    ConvProblem problem = ConvRequest.of(request, group.get()).problem();
    double flopsPerMicro = ConvRequest.isHalf(request) ? 3e8 : 2e7;
    return new Support.Supported(Requests.movementMicros(request) + problem.flops() / flopsPerMicro);
  }

  @Override
  public List<TuningChoice> choices(KernelRequest request) {
    ConvProblem problem = problem(request);
    List<TuningChoice> choices = new ArrayList<>();
    for (int i = 0; i < Math.max(1, graph(problem).candidates()); i++) {
      choices.add(TuningChoice.of(Map.of(PLAN, i)));
    }
    return choices;
  }

  /** With all steps where cuDNN has a plan for that, else without any. */
  private ConvProblem problem(KernelRequest request) {
    ConvProblem problem = ConvRequest.of(request, FusedGroup.of(request).orElseThrow()).problem();
    if (problem.steps().isEmpty()) {
      return problem;
    }
    try {
      graph(problem).plan(0);
      return problem;
    } catch (CudaException e) {
      return problem.withoutSteps();
    }
  }

  private ConvGraph graph(ConvProblem problem) {
    return graphs.computeIfAbsent(problem, key -> {
      synchronized (device.planning()) {
        return device.keep(new ConvGraph(device.cudnn(), device.planning(), key));
      }
    });
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    ConvRequest conv = ConvRequest.of(request, FusedGroup.of(request).orElseThrow());
    ConvProblem problem = problem(request);
    ConvGraph graph = graph(problem);
    device.cudnn();
    ConvGraph.Plan plan = graph.plan(choice.get(PLAN));
    boolean hasSteps = problem.steps().equals(conv.problem().steps());
    Expression rest = hasSteps ? conv.rest() : conv.all();
    Optional<Launch> epilogue = Expressions.isInput(rest, FusedGroup.RESULT)
        ? Optional.empty()
        : Optional.of(epilogue(request, conv, rest));
    return new ConvKernel(device, conv, problem, graph, plan, conv.packed(constants), epilogue);
  }

  private Launch epilogue(KernelRequest request, ConvRequest conv, Expression rest) {
    ElementSource source = new ElementSource(
        "conv_epilogue", request.output(), Optional.empty(), rest, port -> conv.sideType(request, port));
    return new Launch(device.function(source.write()), source.grid(), 0, source.sidesAndOutput());
  }

  /** @param packed weights and bias in cuDNN's form; where absent, inputs of the request are read */
  private record ConvKernel(
      CudaDevice device,
      ConvRequest conv,
      ConvProblem problem,
      ConvGraph graph,
      ConvGraph.Plan plan,
      Optional<ConvRequest.Packed> packed,
      Optional<Launch> epilogue)
      implements CudaKernel {
    @Override
    public long workspaceBytes() {
      return plan.workspaceBytes();
    }

    @Override
    public boolean reads(int port) {
      return packed.isEmpty() || port != conv.weightsPort() && port != conv.biasPort();
    }

    @Override
    public void enqueue(CudaQueue queue, DeviceArguments arguments) {
      long weights = packed.map(own -> own.weights().address())
          .orElseGet(() -> arguments.input(conv.weightsPort()).address());
      long bias = packed.flatMap(ConvRequest.Packed::bias).map(DeviceBuffer::address).orElse(0L);
      List<Long> sides = problem.sides().stream().map(port -> arguments.input(port).address()).toList();
      queue.driver();
      graph.enqueue(plan, queue, arguments.input(conv.inputPort()).address(), weights, bias, sides,
          arguments.output().address(), arguments.workspace().address());
      if (epilogue.isPresent()) {
        epilogue.get().enqueue(queue, arguments);
      }
    }
  }
}
