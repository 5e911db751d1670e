package dev.slipway.backend.cuda;

import dev.slipway.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The operation graph of a convolution in cuDNN, and its execution plans, which are made when they are first asked for:
 * several at once, since that is most of the time of a build. Thread-safe.
 */
final class ConvGraph implements AutoCloseable {
  static final int MOST_PLANS = 16;
  private static final long MOST_WORKSPACE = 256L << 20;

  private static final int FIRST_VIRTUAL = 100;

  /** Heuristics modes: by a model of the machine, and what always works. */
  private static final int MODE_A = 3;

  private static final int MODE_FALLBACK = 2;

  /** cudnnBackendNumericalNote_t: shorter inputs, shorter sums, FFT, Winograd. */
  private static final List<Integer> INEXACT = List.of(1, 2, 3, 5, 6, 7, 8);

  /** Another one: of float32 they multiply what is rounded to TensorFloat-32. */
  private static final int TENSOR_CORES = 0;


  private static final int NUMERICAL_NOTES = 16;
  private static final int RELU = 100;
  private static final int TANH = 101;
  private static final int SIGMOID = 102;
  private static final int ADD = 0;
  private static final int MULTIPLY = 1;

  private final CudaDevice device;
  private final Cudnn cudnn;
  private final Cudnn.Handle handle;
  private final ConvProblem problem;
  private final List<Cudnn.Descriptor> owned = new ArrayList<>();
  private final List<Cudnn.Descriptor> configurations = new ArrayList<>();
  private final List<ConvPlan> plans = new ArrayList<>();
  private volatile String failure = "no engine";
  private int tried;
  private int virtual = FIRST_VIRTUAL;

  /** @param handle that this keeps, and others may use */
  ConvGraph(CudaDevice device, Cudnn.Handle handle, ConvProblem problem) {
    this.device = device;
    this.cudnn = device.cudnn();
    this.handle = handle;
    this.problem = problem;
    Cudnn.Descriptor graph = graph();
    try {
      heuristics(graph, MODE_A);
      heuristics(graph, MODE_FALLBACK);
    } catch (CudaException e) {
      failure = e.getMessage();
    }
  }

  /** Engines that may be worth a plan. */
  int candidates() {
    return configurations.size();
  }

  /**
   * The i-th of the plans that can be made.
   *
   * @throws CudaException where there are fewer
   */
  synchronized ConvPlan plan(int index) {
    while (plans.size() <= index && tried < configurations.size()) {
      int end = Math.min(tried + index + 1 - plans.size(), configurations.size());
      configurations.subList(tried, end).parallelStream().map(this::plan).toList().forEach(made -> made.ifPresent(plan -> {
        own(plan.descriptor());
        plans.add(plan);
      }));
      tried = end;
    }
    if (plans.size() <= index) {
      throw new CudaException("cuDNN plan " + index + " of " + problem, 0, failure);
    }
    return plans.get(index);
  }

  private Optional<ConvPlan> plan(Cudnn.Descriptor configuration) {
    try {
      ConvPlan plan = device.plan(own -> ConvPlan.of(cudnn, own, problem, configuration));
      if (plan.workspaceBytes() <= MOST_WORKSPACE) {
        return Optional.of(plan);
      }
      plan.descriptor().close();
    } catch (CudaException e) {
      failure = e.getMessage();
    }
    return Optional.empty();
  }

  private static long[] array(List<Long> values) {
    return values.stream().mapToLong(Long::longValue).toArray();
  }

  private Cudnn.Descriptor own(Cudnn.Descriptor descriptor) {
    owned.add(descriptor);
    return descriptor;
  }

  private Cudnn.Descriptor graph() {
    List<Cudnn.Descriptor> operations = new ArrayList<>();
    int remaining = problem.steps().stream().mapToInt(ConvGraph::operations).sum() + (problem.bias() ? 1 : 0);
    Cudnn.Descriptor value = result(remaining);
    operations.add(own(cudnn.descriptor(Cudnn.Kind.CONVOLUTION_FORWARD))
        .setFloat(700, 1)
        .setFloat(701, 0)
        .set(702, convolution())
        .set(703, tensor(ConvPlan.WEIGHTS, problem.weights(), false))
        .set(704, tensor(ConvPlan.X, problem.input(), false))
        .set(705, value)
        .complete());
    if (problem.bias()) {
      Cudnn.Descriptor next = result(--remaining);
      operations.add(operation(mode(ADD), value, List.of(bias()), next));
      value = next;
    }
    int side = ConvPlan.FIRST_SIDE;
    for (ConvProblem.Step step : problem.steps()) {
      remaining -= operations(step);
      Cudnn.Descriptor next = result(remaining);
      switch (step) {
        case ConvProblem.Step.AddSide add ->
            operations.add(operation(mode(ADD), value, List.of(tensor(side++, problem.output(), false)), next));
        case ConvProblem.Step.Clip(double lower, double upper) ->
            operations.add(operation(clip(lower, upper), value, List.of(), next));
        case ConvProblem.Step.Sigmoid sigmoid -> operations.add(operation(mode(SIGMOID), value, List.of(), next));
        case ConvProblem.Step.Tanh tanh -> operations.add(operation(mode(TANH), value, List.of(), next));
        case ConvProblem.Step.Swish swish -> {
          Cudnn.Descriptor gate = intermediate();
          operations.add(operation(mode(SIGMOID), value, List.of(), gate));
          operations.add(operation(mode(MULTIPLY), value, List.of(gate), next));
        }
      }
      value = next;
    }
    return own(cudnn.descriptor(Cudnn.Kind.OPERATION_GRAPH))
        .set(800, Cudnn.Values.HANDLE, handle.address())
        .set(801, operations)
        .complete();
  }

  private static int operations(ConvProblem.Step step) {
    return step instanceof ConvProblem.Step.Swish ? 2 : 1;
  }

  /** The output, or what is between two operations. */
  private Cudnn.Descriptor result(int remaining) {
    return remaining == 0 ? tensor(ConvPlan.Y, problem.output(), false) : intermediate();
  }

  private Cudnn.Descriptor intermediate() {
    ConvProblem.Array output = problem.output();
    return tensor(virtual++, new ConvProblem.Array(DType.FLOAT32, output.dims(), output.strides()), true);
  }

  private Cudnn.Descriptor bias() {
    List<Long> dims = new ArrayList<>();
    List<Long> strides = new ArrayList<>();
    long channels = problem.output().dims().get(1);
    for (int axis = 0; axis < problem.output().dims().size(); axis++) {
      dims.add(axis == 1 ? channels : 1L);
      strides.add(axis == 0 ? channels : axis == 1 ? 1L : channels);
    }
    return tensor(ConvPlan.BIAS, new ConvProblem.Array(problem.output().type(), dims, strides), false);
  }

  private Cudnn.Descriptor tensor(int id, ConvProblem.Array array, boolean isVirtual) {
    Cudnn.Descriptor tensor = own(cudnn.descriptor(Cudnn.Kind.TENSOR))
        .setCode(901, Cudnn.Values.DATA_TYPE, Cudnn.type(array.type()))
        .set(906, Cudnn.Values.INT64, id)
        .set(900, Cudnn.Values.INT64, array.type() == DType.FLOAT32 ? 4 : 16)
        .set(902, Cudnn.Values.INT64, array(array.dims()))
        .set(903, Cudnn.Values.INT64, array(array.strides()));
    return (isVirtual ? tensor.setFlag(907) : tensor).complete();
  }

  private Cudnn.Descriptor convolution() {
    return own(cudnn.descriptor(Cudnn.Kind.CONVOLUTION))
        .setCode(100, Cudnn.Values.DATA_TYPE, Cudnn.type(DType.FLOAT32))
        .setCode(101, Cudnn.Values.CONVOLUTION_MODE, 1)
        .set(102, Cudnn.Values.INT64, array(problem.dilations()))
        .set(103, Cudnn.Values.INT64, array(problem.strides()))
        .set(104, Cudnn.Values.INT64, array(problem.pads()))
        .set(105, Cudnn.Values.INT64, array(problem.pads()))
        .set(106, Cudnn.Values.INT64, problem.strides().size())
        .complete();
  }

  private Cudnn.Descriptor mode(int mode) {
    return pointwise(mode).complete();
  }

  private Cudnn.Descriptor pointwise(int mode) {
    return own(cudnn.descriptor(Cudnn.Kind.POINTWISE))
        .setCode(0, Cudnn.Values.POINTWISE_MODE, mode)
        .setCode(1, Cudnn.Values.DATA_TYPE, Cudnn.type(DType.FLOAT32));
  }

  private Cudnn.Descriptor clip(double lower, double upper) {
    Cudnn.Descriptor relu = pointwise(RELU);
    if (lower != 0) {
      relu.setFloat(3, (float) lower);
    }
    if (upper != Double.POSITIVE_INFINITY) {
      relu.setFloat(4, (float) upper);
    }
    return relu.complete();
  }

  private Cudnn.Descriptor operation(
      Cudnn.Descriptor pointwise, Cudnn.Descriptor x, List<Cudnn.Descriptor> other, Cudnn.Descriptor y) {
    Cudnn.Descriptor operation =
        own(cudnn.descriptor(Cudnn.Kind.POINTWISE_OPERATION)).set(750, pointwise).set(751, x);
    return (other.isEmpty() ? operation : operation.set(752, other)).set(753, y).complete();
  }

  private void heuristics(Cudnn.Descriptor graph, int mode) {
    Cudnn.Descriptor heuristics = own(cudnn.descriptor(Cudnn.Kind.HEURISTICS))
        .set(201, graph)
        .setCode(200, Cudnn.Values.HEURISTIC_MODE, mode)
        .complete();
    for (Cudnn.Descriptor found : heuristics.descriptors(202, Cudnn.Kind.ENGINE_CONFIGURATION, MOST_PLANS)) {
      own(found);
      if (configurations.size() < MOST_PLANS && (problem.output().type() != DType.FLOAT32 || isAsExact(found))) {
        configurations.add(found);
      }
    }
  }

  /** Whether an engine computes float32 as the problem asks for. */
  private boolean isAsExact(Cudnn.Descriptor configuration) {
    List<Cudnn.Descriptor> engines = configuration.descriptors(300, Cudnn.Kind.ENGINE, 1);
    List<Integer> notes = engines.stream()
        .flatMap(engine -> engine.codes(1303, Cudnn.Values.NUMERICAL_NOTE, NUMERICAL_NOTES).stream())
        .toList();
    engines.forEach(Cudnn.Descriptor::close);
    return notes.contains(TENSOR_CORES) == problem.tensorFloat() && notes.stream().noneMatch(INEXACT::contains);
  }

  @Override
  public void close() {
    owned.reversed().forEach(Cudnn.Descriptor::close);
  }
}
