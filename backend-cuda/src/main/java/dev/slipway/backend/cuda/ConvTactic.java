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
import dev.slipway.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/**
 * Convolutions of cuDNN. On 16-bit floats with channels last, bias, residual and activation are in its graph; what is
 * not follows in a generated kernel, as everything does on float32.
 */
final class ConvTactic extends CudaTactic {
  private static final String PLAN = "plan";

  private final Map<ConvProblem, ConvGraph> graphs = new ConcurrentHashMap<>();
  /** Plans that came from artifacts, by their names. */
  private final Map<String, ConvPlan> restored = new ConcurrentHashMap<>();

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
    ConvProblem problem = withPlan(ConvRequest.of(request, FusedGroup.of(request).orElseThrow()).problem());
    List<TuningChoice> choices = new ArrayList<>();
    for (int i = 0; i < Math.max(1, graph(problem).candidates()); i++) {
      choices.add(TuningChoice.of(Map.of(PLAN, i)));
    }
    return choices;
  }

  @Override
  public List<TuningChoice> roundedChoices(KernelRequest request) {
    if (request.output().dtype() != DType.FLOAT32 || !device.hasTensorFloat32()) {
      return List.of();
    }
    ConvProblem problem = ConvRequest.of(request, FusedGroup.of(request).orElseThrow()).problem();
    return IntStream.range(0, graph(problem.withTensorFloat(true)).candidates())
        .mapToObj(i -> TuningChoice.of(Map.of(PLAN, i, TENSOR_FLOAT, 1)))
        .toList();
  }

  /** With all steps where cuDNN has a plan for that, else without any. */
  private ConvProblem withPlan(ConvProblem problem) {
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
    return graphs.computeIfAbsent(
        problem, key -> device.plan(handle -> device.keep(new ConvGraph(device, handle, key))));
  }

  private static String artifact(ConvProblem problem, int plan) {
    return "cudnn " + problem + " plan " + plan;
  }

  /** A plan for everything, or for the convolution alone where cuDNN has none for everything. */
  private ConvPlan plan(ConvProblem whole, int index) {
    for (ConvProblem problem : List.of(whole, whole.withoutSteps())) {
      Optional<ConvPlan> plan = restored(problem, index);
      if (plan.isPresent()) {
        return plan.get();
      }
    }
    ConvPlan plan = graph(withPlan(whole)).plan(index);
    keep(plan, index);
    return plan;
  }

  /** Engines that cuDNN cannot write are searched again when a plan is loaded. */
  private void keep(ConvPlan plan, int index) {
    try {
      device.artifacts().use(artifact(plan.problem(), index), plan::json);
    } catch (CudaException e) {
      return;
    }
  }

  /** A plan that was kept; empty where none was, or cuDNN does not take it any more. */
  private Optional<ConvPlan> restored(ConvProblem problem, int index) {
    String name = artifact(problem, index);
    if (graphs.containsKey(problem) || !device.artifacts().has(name)) {
      return Optional.empty();
    }
    byte[] json = device.artifacts().get(name, () -> new byte[0]);
    try {
      return Optional.of(restored.computeIfAbsent(name, key -> device.plan(handle -> {
        ConvPlan plan = ConvPlan.of(device.cudnn(), handle, problem, json);
        device.keep(plan.descriptor());
        return plan;
      })));
    } catch (CudaException e) {
      return Optional.empty();
    }
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    ConvRequest conv = ConvRequest.of(request, FusedGroup.of(request).orElseThrow());
    ConvPlan plan = plan(conv.problem().withTensorFloat(choice.has(TENSOR_FLOAT)), choice.get(PLAN));
    boolean hasSteps = plan.problem().steps().equals(conv.problem().steps());
    Expression rest = hasSteps ? conv.rest() : conv.all();
    Optional<Launch> epilogue = Expressions.isInput(rest, FusedGroup.RESULT)
        ? Optional.empty()
        : Optional.of(epilogue(request, conv, rest));
    return new ConvKernel(device, conv, plan, conv.packed(constants), epilogue);
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
      ConvPlan plan,
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
      List<Long> sides = plan.problem().sides().stream().map(port -> arguments.input(port).address()).toList();
      queue.driver();
      plan.enqueue(queue, arguments.input(conv.inputPort()).address(), weights, bias, sides,
          arguments.output().address(), arguments.workspace().address());
      if (epilogue.isPresent()) {
        epilogue.get().enqueue(queue, arguments);
      }
    }
  }
}
