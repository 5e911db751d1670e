package dev.slipway.backend.cuda;

import dev.slipway.backend.DeviceArguments;
import dev.slipway.backend.FusedGroup;
import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.TuningChoice;
import dev.slipway.tensor.DType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/** Matrix products of cuBLASLt, with what follows them. */
final class MatMulTactic extends CudaTactic {
  private static final String ALGORITHM = "algorithm";
  private static final int MOST_ALGORITHMS = 16;
  private static final long WORKSPACE = 32L << 20;

  private final Map<CublasLt.Problem, CublasLt.Product> products = new ConcurrentHashMap<>();
  private final Map<CublasLt.Problem, List<CublasLt.Algorithm>> suggestions = new ConcurrentHashMap<>();

  MatMulTactic(CudaDevice device) {
    super("cuda.cublas_matmul", 2, device);
  }

  /** The algorithm for aligned memory, and the one for any. */
  record Algorithms(CublasLt.Algorithm aligned, CublasLt.Algorithm unaligned) {
    static Algorithms read(byte[] bytes) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      return new Algorithms(CublasLt.Algorithm.read(buffer), CublasLt.Algorithm.read(buffer));
    }

    byte[] written() {
      ByteBuffer buffer = ByteBuffer.allocate(2 * CublasLt.Algorithm.WRITTEN_BYTES);
      aligned.write(buffer);
      unaligned.write(buffer);
      return buffer.array();
    }

    long workspaceBytes() {
      return Math.max(aligned.workspaceBytes(), unaligned.workspaceBytes());
    }
  }

  private CublasLt.Product product(CublasLt.Problem problem) {
    return products.computeIfAbsent(problem, key -> device.keep(device.cublas().product(key)));
  }

  /** What the library suggests for aligned memory. */
  private List<CublasLt.Algorithm> suggestions(CublasLt.Problem problem) {
    return suggestions.computeIfAbsent(
        problem, key -> product(key).algorithms(MOST_ALGORITHMS, WORKSPACE, CublasLt.ALIGNMENT));
  }

  private Algorithms algorithms(CublasLt.Problem problem, int index) {
    return Algorithms.read(device.artifacts().get(
        "cublaslt " + problem + " algorithm " + index, () -> found(problem, index).written()));
  }

  private Algorithms found(CublasLt.Problem problem, int index) {
    List<CublasLt.Algorithm> suggested = suggestions(problem);
    if (index >= suggested.size()) {
      throw new CudaException("cuBLASLt algorithm " + index + " of " + problem, 0, "no such algorithm");
    }
    CublasLt.Algorithm aligned = suggested.get(index);
    List<CublasLt.Algorithm> any = product(problem).algorithms(1, WORKSPACE, problem.d().type().bits() / 8);
    return new Algorithms(aligned, any.isEmpty() ? aligned : any.getFirst());
  }

  @Override
  public Support supports(KernelRequest request) {
    return switch (MatMulProblem.of(request)) {
      case MatMulProblem.Result.Refused(String reason) -> Requests.unsupported(reason);
      case MatMulProblem.Result.Taken(MatMulProblem problem) -> {
        double flopsPerMicro = switch (problem.product().a().type()) {
          case FLOAT8E4M3FN -> 8e8;
          case FLOAT32 -> 3e7;
          default -> 4e8;
        };
        yield new Support.Supported(Requests.movementMicros(request) + problem.flops() / flopsPerMicro);
      }
    };
  }

  private static MatMulProblem problem(KernelRequest request) {
    return ((MatMulProblem.Result.Taken) MatMulProblem.of(request)).problem();
  }

  @Override
  public List<TuningChoice> choices(KernelRequest request) {
    List<TuningChoice> choices = new ArrayList<>();
    for (int i = 0; i < Math.max(1, suggestions(problem(request).product()).size()); i++) {
      choices.add(TuningChoice.of(Map.of(ALGORITHM, i)));
    }
    return choices;
  }

  @Override
  public List<TuningChoice> roundedChoices(KernelRequest request) {
    if (problem(request).product().a().type() != DType.FLOAT32 || !device.hasTensorFloat32()) {
      return List.of();
    }
    int count = suggestions(problem(request).product().withTensorFloat(true)).size();
    return IntStream.range(0, count)
        .mapToObj(i -> TuningChoice.of(Map.of(ALGORITHM, i, TENSOR_FLOAT, 1)))
        .toList();
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    MatMulProblem problem = problem(request);
    CublasLt.Problem product = problem.product().withTensorFloat(choice.has(TENSOR_FLOAT));
    Algorithms algorithms = algorithms(product, choice.get(ALGORITHM));
    Optional<Launch> epilogue = Optional.empty();
    if (!Expressions.isInput(problem.rest(), FusedGroup.RESULT)) {
      ElementSource source = new ElementSource(
          "matmul_epilogue", request.output(), Optional.empty(), problem.rest(), request::input);
      epilogue = Optional.of(new Launch(device.function(source.write()), source.grid(), 0, source.sidesAndOutput()));
    }
    return new MatMulKernel(device, problem, product(product), algorithms, epilogue);
  }

  private record MatMulKernel(
      CudaDevice device,
      MatMulProblem problem,
      CublasLt.Product product,
      Algorithms algorithms,
      Optional<Launch> epilogue)
      implements CudaKernel {
    @Override
    public long workspaceBytes() {
      return algorithms.workspaceBytes();
    }

    @Override
    public void enqueue(CudaQueue queue, DeviceArguments arguments) {
      long output = arguments.output().address();
      CublasLt.Operands operands = new CublasLt.Operands(
          arguments.input(problem.right()).address(),
          arguments.input(problem.left()).address(),
          problem.residual() < 0 ? output : arguments.input(problem.residual()).address(),
          output,
          problem.bias() < 0 ? 0 : arguments.input(problem.bias()).address());
      queue.driver();
      synchronized (product) {
        product.enqueue(
            operands.isAligned() ? algorithms.aligned() : algorithms.unaligned(), operands,
            arguments.workspace().address(), queue.stream());
      }
      if (epilogue.isPresent()) {
        epilogue.get().enqueue(queue, arguments);
      }
    }
  }
}
