package dev.slipway.backend.cuda;

import dev.slipway.backend.FusedGroup;
import dev.slipway.backend.KernelRequest;
import dev.slipway.graph.Op;
import dev.slipway.operators.Expression;
import dev.slipway.operators.Expression.Operation;
import dev.slipway.operators.Float8MatMul;
import dev.slipway.operators.Gelu;
import dev.slipway.operators.Gemm;
import dev.slipway.operators.MatMul;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A matrix product of a request, taken apart for cuBLASLt: bias, residual, ReLU and GELU as far as it computes them, and
 * what is left for a kernel behind it.
 *
 * @param left port of the left factor
 * @param bias port with an element for each column; -1 where there is none
 * @param residual port of what is added, like the output; -1 where there is none
 * @param rest over the product with these
 */
record MatMulProblem(
    CublasLt.Problem product, int left, int right, int bias, int residual, Expression rest) {

  /** What was found, or why there is none. */
  sealed interface Result {
    record Taken(MatMulProblem problem) implements Result {}

    record Refused(String reason) implements Result {}
  }

  static Result of(KernelRequest request) {
    Optional<FusedGroup> group = FusedGroup.of(request);
    Optional<Op> anchor = group.flatMap(FusedGroup::anchor);
    if (anchor.isEmpty() || !isProduct(anchor.get())) {
      return new Result.Refused("operator " + request.op().schema().name() + " (expected: MatMul or Gemm)");
    }
    int left = group.get().anchorInputs().get(0);
    int right = group.get().anchorInputs().get(1);
    TensorType a = request.input(left);
    TensorType b = request.input(right);
    DType type = request.output().dtype();
    Optional<String> refusal = Requests.notContiguous(request);
    if (refusal.isPresent()) {
      return new Result.Refused(refusal.get());
    }
    DType factors = anchor.get() instanceof Float8MatMul ? DType.FLOAT8E4M3FN : type;
    if (!CudaTypes.REALS.contains(type) || a.dtype() != factors || b.dtype() != factors) {
      return new Result.Refused("element types " + a.dtype() + " and " + b.dtype() + " (expected: one, of floats)");
    }
    if (a.bytes() == 0 || b.bytes() == 0) {
      return new Result.Refused("inputs " + a + " and " + b + " (expected: some elements)");
    }
    return switch (anchor.get()) {
      case Gemm gemm -> gemm(request, group.get(), gemm);
      case Float8MatMul product -> float8(request, group.get(), product);
      default -> matMul(request, group.get().epilogue(), left, right);
    };
  }

  private static boolean isProduct(Op op) {
    return op instanceof MatMul || op instanceof Gemm || op instanceof Float8MatMul;
  }

  /** Both factors with the inner dimension along their rows, in whole packs of sixteen bytes. */
  private static Result float8(KernelRequest request, FusedGroup group, Float8MatMul product) {
    int left = group.anchorInputs().get(0);
    int right = group.anchorInputs().get(1);
    long[] b = request.input(right).shape().known();
    if (b[0] % CublasLt.ALIGNMENT != 0 || b[1] % CublasLt.ALIGNMENT != 0) {
      return new Result.Refused("factor " + request.input(right) + " (expected: multiples of " + CublasLt.ALIGNMENT
          + ")");
    }
    Dimensions dimensions = new Dimensions(1, request.input(left).shape().elementCount() / b[1], b[0], b[1], 0, 0);
    return new Result.Taken(
        new Epilogue(request, true, group.epilogue()).problem(dimensions, left, right, false, true, product.scale()));
  }

  private static Result gemm(KernelRequest request, FusedGroup group, Gemm gemm) {
    int left = group.anchorInputs().get(0);
    int right = group.anchorInputs().get(1);
    long[] a = request.input(left).shape().known();
    long[] d = request.output().shape().known();
    Dimensions dimensions = new Dimensions(1, d[0], d[1], gemm.transA() ? a[0] : a[1], 0, 0);
    Expression epilogue = group.epilogue();
    if (group.anchorInputs().size() > 2 && group.anchorInputs().get(2) >= 0) {
      Expression c = Expression.input(group.anchorInputs().get(2));
      Expression sum = Expression.input(FusedGroup.RESULT).plus(gemm.beta() == 1 ? c : c.times(gemm.beta()));
      epilogue = Expressions.replace(epilogue, part ->
          Expressions.isInput(part, FusedGroup.RESULT) ? Optional.of(sum) : Optional.empty());
    }
    return new Result.Taken(
        new Epilogue(request, false, epilogue).problem(dimensions, left, right, gemm.transA(), gemm.transB(), gemm.alpha()));
  }

  private static Result matMul(KernelRequest request, Expression epilogue, int left, int right) {
    long[] a = matrix(request.input(left).shape().known(), true);
    long[] b = matrix(request.input(right).shape().known(), false);
    long m = a[a.length - 2];
    long k = a[a.length - 1];
    long n = b[b.length - 1];
    long[] outerA = Arrays.copyOf(a, a.length - 2);
    long[] outerB = Arrays.copyOf(b, b.length - 2);
    long batchA = Shape.product(outerA);
    long batchB = Shape.product(outerB);
    Optional<Dimensions> dimensions;
    if (batchB == 1) {
      dimensions = Optional.of(new Dimensions(1, batchA * m, n, k, 0, 0));
    } else if (batchA == 1 || batchA == batchB && Arrays.equals(withoutOnes(outerA), withoutOnes(outerB))) {
      dimensions = Optional.of(new Dimensions(batchB, m, n, k, batchA == 1 ? 0 : m * k, k * n));
    } else {
      dimensions = Optional.empty();
    }
    return dimensions.<Result>map(found ->
            new Result.Taken(new Epilogue(request, false, epilogue).problem(found, left, right, false, false, 1)))
        .orElseGet(() -> new Result.Refused("batches " + Arrays.toString(outerA) + " and " + Arrays.toString(outerB)
            + " (expected: equal ones, or one matrix)"));
  }

  /** A vector is a row on the left and a column on the right. */
  private static long[] matrix(long[] dims, boolean isLeft) {
    return dims.length > 1 ? dims : isLeft ? new long[] {1, dims[0]} : new long[] {dims[0], 1};
  }

  private static long[] withoutOnes(long[] dims) {
    return Arrays.stream(dims).filter(size -> size != 1).toArray();
  }

  /** Row-major sizes; strides in elements from one matrix of the batch to the next. */
  private record Dimensions(long batch, long m, long n, long k, long leftStride, long rightStride) {}

  /** Takes from an expression what cuBLASLt computes, from the inside. */
  private static final class Epilogue {
    private static final List<Expression> GELUS = Stream.of("none", "tanh")
        .map(form -> new Gelu(form).expression().substitute(List.of(Expression.input(FusedGroup.RESULT))))
        .toList();

    private final KernelRequest request;
    private final boolean isFloat8;
    private Expression rest;
    private int bias = -1;
    private int residual = -1;
    private CublasLt.Epilogue function = CublasLt.Epilogue.NONE;

    Epilogue(KernelRequest request, boolean isFloat8, Expression expression) {
      this.request = request;
      this.isFloat8 = isFloat8;
      this.rest = expression;
      for (boolean found = true; found;) {
        found = takeSum();
      }
      if (isRelu(rest)) {
        function = CublasLt.Epilogue.RELU;
      } else if (isGelu(rest) && request.output().dtype().bits() == 16) {
        function = CublasLt.Epilogue.GELU;
      }
      if (function != CublasLt.Epilogue.NONE) {
        rest = Expression.input(FusedGroup.RESULT);
      }
    }

    private static boolean isRelu(Expression expression) {
      return expression instanceof Expression.Binary(Operation max, Expression x, Expression zero)
          && max == Operation.MAX
          && Expressions.isInput(x, FusedGroup.RESULT)
          && Expressions.isConstant(zero, 0);
    }

    /** Either of its forms: what the library computes is as far from both as rounding to 16 bits takes it. */
    private static boolean isGelu(Expression expression) {
      return GELUS.contains(expression);
    }

    private boolean takeSum() {
      int[] taken = {-1};
      Expression replaced = Expressions.replace(rest, part -> {
        Optional<Integer> port = Expressions.addend(part, FusedGroup.RESULT);
        if (port.isEmpty() || port.get() < 0 || taken[0] >= 0 && taken[0] != port.get() || !isTaken(port.get())) {
          return Optional.empty();
        }
        taken[0] = port.get();
        return Optional.of(Expression.input(TAKEN));
      });
      if (taken[0] < 0 || Expressions.inputs(replaced).contains(FusedGroup.RESULT)) {
        return false;
      }
      if (bias < 0 && isBias(taken[0])) {
        bias = taken[0];
      } else {
        residual = taken[0];
      }
      rest = Expressions.replace(replaced, part -> Expressions.isInput(part, TAKEN)
          ? Optional.of(Expression.input(FusedGroup.RESULT))
          : Optional.empty());
      return true;
    }

    private static final int TAKEN = -2;

    private boolean isTaken(int port) {
      return bias < 0 && isBias(port) || residual < 0 && request.input(port).equals(request.output());
    }

    /** Behind factors of float8 the library adds biases of 16 bits only. */
    private boolean isBias(int port) {
      long[] dims = request.input(port).shape().known();
      long[] output = request.output().shape().known();
      return dims.length > 0
          && output.length > 1
          && dims[dims.length - 1] == output[output.length - 1]
          && Shape.product(dims) == dims[dims.length - 1]
          && request.input(port).dtype() == request.output().dtype()
          && (!isFloat8 || request.output().dtype() != DType.FLOAT32);
    }

    MatMulProblem problem(
        Dimensions size, int left, int right, boolean transposeLeft, boolean transposeRight, float alpha) {
      DType type = request.input(left).dtype();
      CublasLt.Matrix a = transposeRight
          ? new CublasLt.Matrix(type, size.k(), size.n(), size.k(), size.rightStride())
          : new CublasLt.Matrix(type, size.n(), size.k(), size.n(), size.rightStride());
      CublasLt.Matrix b = transposeLeft
          ? new CublasLt.Matrix(type, size.m(), size.k(), size.m(), size.leftStride())
          : new CublasLt.Matrix(type, size.k(), size.m(), size.k(), size.leftStride());
      CublasLt.Matrix d = new CublasLt.Matrix(
          request.output().dtype(), size.n(), size.m(), size.n(), size.m() * size.n());
      CublasLt.Epilogue epilogue = bias >= 0 ? function.withBias() : function;
      return new MatMulProblem(
          new CublasLt.Problem(
              a, transposeRight, b, transposeLeft, d, size.batch(), alpha, residual >= 0 ? 1 : 0, epilogue),
          left, right, bias, residual, rest);
    }
  }

  double flops() {
    return 2.0 * product.batch() * product.d().rows() * product.d().columns()
        * (product.transposeA() ? product.a().rows() : product.a().columns());
  }
}
