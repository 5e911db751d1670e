package dev.slipway.backend.cuda;

import dev.slipway.backend.DeviceArguments;
import dev.slipway.backend.FusedGroup;
import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.TuningChoice;
import dev.slipway.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Matrix products of cuBLASLt, with what follows them. */
final class MatMulTactic extends CudaTactic {
  private static final String ALGORITHM = "algorithm";
  private static final int MOST_ALGORITHMS = 16;
  private static final long WORKSPACE = 32L << 20;

  private final Map<CublasLt.Problem, Products> products = new ConcurrentHashMap<>();

  MatMulTactic(CudaDevice device) {
    super("cuda.cublas_matmul", 2, device);
  }

  /** A problem's descriptors and the library's suggestions for it: on aligned memory, and on any. */
  private record Products(
      CublasLt.Product product, List<CublasLt.Algorithm> algorithms, List<CublasLt.Algorithm> unaligned) {}

  private Products products(CublasLt.Problem problem) {
    return products.computeIfAbsent(problem, key -> {
      CublasLt.Product product = device.keep(device.cublas().product(key));
      return new Products(
          product,
          product.algorithms(MOST_ALGORITHMS, WORKSPACE, CublasLt.ALIGNMENT),
          product.algorithms(1, WORKSPACE, key.d().type().bits() / 8));
    });
  }

  @Override
  public Support supports(KernelRequest request) {
    return switch (MatMulProblem.of(request)) {
      case MatMulProblem.Result.Refused(String reason) -> Requests.unsupported(reason);
      case MatMulProblem.Result.Taken(MatMulProblem problem) -> {
        double flopsPerMicro = request.output().dtype() == DType.FLOAT32 ? 3e7 : 4e8;
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
    for (int i = 0; i < Math.max(1, products(problem(request).product()).algorithms().size()); i++) {
      choices.add(TuningChoice.of(Map.of(ALGORITHM, i)));
    }
    return choices;
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    MatMulProblem problem = problem(request);
    Products made = products(problem.product());
    int index = choice.get(ALGORITHM);
    if (index >= made.algorithms().size()) {
      throw new CudaException("cuBLASLt algorithm " + index + " of " + problem.product(), 0, "no such algorithm");
    }
    Optional<Launch> epilogue = Optional.empty();
    if (!Expressions.isInput(problem.rest(), FusedGroup.RESULT)) {
      ElementSource source = new ElementSource(
          "matmul_epilogue", request.output(), Optional.empty(), problem.rest(), request::input);
      epilogue = Optional.of(new Launch(device.function(source.write()), source.grid(), 0, source.sidesAndOutput()));
    }
    CublasLt.Algorithm algorithm = made.algorithms().get(index);
    CublasLt.Algorithm unaligned = made.unaligned().isEmpty() ? algorithm : made.unaligned().getFirst();
    return new MatMulKernel(device, problem, made.product(), algorithm, unaligned, epilogue);
  }

  private record MatMulKernel(
      CudaDevice device,
      MatMulProblem problem,
      CublasLt.Product product,
      CublasLt.Algorithm algorithm,
      CublasLt.Algorithm unaligned,
      Optional<Launch> epilogue)
      implements CudaKernel {
    @Override
    public long workspaceBytes() {
      return Math.max(algorithm.workspaceBytes(), unaligned.workspaceBytes());
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
            operands.isAligned() ? algorithm : unaligned, operands, arguments.workspace().address(), queue.stream());
      }
      if (epilogue.isPresent()) {
        epilogue.get().enqueue(queue, arguments);
      }
    }
  }
}
