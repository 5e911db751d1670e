package dev.slipway.backend.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.slipway.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Matrix products of cuBLASLt. Needs a current context; thread-safe. */
final class CublasLt implements AutoCloseable {
  /** Attributes of a product: cublasLtMatmulDescAttributes_t. */
  private static final int TRANSPOSE_A = 3;

  private static final int TRANSPOSE_B = 4;
  private static final int EPILOGUE = 7;
  private static final int BIAS_POINTER = 8;
  private static final int BIAS_TYPE = 26;

  private static final int MATRIX_BATCH_COUNT = 5;
  private static final int MATRIX_BATCH_STRIDE = 6;
  private static final int PREFERENCE_WORKSPACE = 1;
  /** Of A; B, C and D follow. */
  private static final int PREFERENCE_ALIGNMENT = 5;

  /** What fast kernels want of all addresses. */
  static final int ALIGNMENT = 16;

  /** cublasLtMatmulHeuristicResult_t: the algorithm in the first 64 bytes, then its workspace and a status. */
  private static final long RESULT_BYTES = 96;

  private static final long ALGORITHM_BYTES = 64;
  private static final long RESULT_WORKSPACE = 64;
  private static final long RESULT_STATUS = 72;

  /** float32 without shorter products: CUBLAS_COMPUTE_32F. */
  private static final int COMPUTE_FLOAT32 = 68;

  /** CUBLAS_COMPUTE_32F_FAST_TF32. */
  private static final int COMPUTE_TENSOR_FLOAT = 77;

  private static final int NOT_SUPPORTED = 15;

  private final String version;
  private final NativeFunction statusString;
  private final NativeFunction create;
  private final NativeFunction destroy;
  private final NativeFunction createProduct;
  private final NativeFunction destroyProduct;
  private final NativeFunction setProduct;
  private final NativeFunction createMatrix;
  private final NativeFunction destroyMatrix;
  private final NativeFunction setMatrix;
  private final NativeFunction createPreference;
  private final NativeFunction destroyPreference;
  private final NativeFunction setPreference;
  private final NativeFunction heuristic;
  private final NativeFunction multiply;
  private final long handle;

  CublasLt(NativeLibrary cublas) {
    version = version(cublas);
    statusString = cublas.bind("cublasLtGetStatusString", FunctionDescriptor.of(ADDRESS, JAVA_INT));
    create = cublas.function("cublasLtCreate", ADDRESS);
    destroy = cublas.function("cublasLtDestroy", JAVA_LONG);
    createProduct = cublas.function("cublasLtMatmulDescCreate", ADDRESS, JAVA_INT, JAVA_INT);
    destroyProduct = cublas.function("cublasLtMatmulDescDestroy", JAVA_LONG);
    setProduct = cublas.function("cublasLtMatmulDescSetAttribute", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
    createMatrix = cublas.function("cublasLtMatrixLayoutCreate", ADDRESS, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    destroyMatrix = cublas.function("cublasLtMatrixLayoutDestroy", JAVA_LONG);
    setMatrix = cublas.function("cublasLtMatrixLayoutSetAttribute", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
    createPreference = cublas.function("cublasLtMatmulPreferenceCreate", ADDRESS);
    destroyPreference = cublas.function("cublasLtMatmulPreferenceDestroy", JAVA_LONG);
    setPreference =
        cublas.function("cublasLtMatmulPreferenceSetAttribute", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
    heuristic = cublas.function("cublasLtMatmulAlgoGetHeuristic", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
        JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS);
    multiply = cublas.function("cublasLtMatmul", JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG,
        JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    handle = created(create);
  }

  /** {@code 13.0.2}. */
  static String version(NativeLibrary cublas) {
    long number = (long) cublas.bind("cublasLtGetVersion", FunctionDescriptor.of(JAVA_LONG)).call();
    return number / 10000 + "." + number / 100 % 100 + "." + number % 100;
  }

  String version() {
    return version;
  }

  /** What is done to the product before it is stored. */
  enum Epilogue {
    NONE(1),
    RELU(2),
    /** By the hyperbolic tangent: up to 5e-4 from that by the error function. */
    GELU(32),
    BIAS(4),
    BIAS_RELU(6),
    BIAS_GELU(36);

    private final int code;

    Epilogue(int code) {
      this.code = code;
    }

    boolean hasBias() {
      return this == BIAS || this == BIAS_RELU || this == BIAS_GELU;
    }

    Epilogue withBias() {
      return switch (this) {
        case NONE, BIAS -> BIAS;
        case RELU, BIAS_RELU -> BIAS_RELU;
        case GELU, BIAS_GELU -> BIAS_GELU;
      };
    }
  }

  /**
   * A matrix as the library sees it: column by column.
   *
   * @param step elements from one column to the next
   * @param batchStride elements from one matrix to the next
   */
  record Matrix(DType type, long rows, long columns, long step, long batchStride) {}

  /**
   * D = alpha · op(A) · op(B) + beta · C, with C like D, and an epilogue of D's rows.
   *
   * @param batch number of products
   * @param tensorFloat whether factors of float32 may be rounded to TensorFloat-32
   */
  record Problem(
      Matrix a, boolean transposeA, Matrix b, boolean transposeB, Matrix d, long batch, float alpha, float beta,
      Epilogue epilogue, boolean tensorFloat) {
    Problem(
        Matrix a, boolean transposeA, Matrix b, boolean transposeB, Matrix d, long batch, float alpha, float beta,
        Epilogue epilogue) {
      this(a, transposeA, b, transposeB, d, batch, alpha, beta, epilogue, false);
    }

    Problem withTensorFloat(boolean allowed) {
      return new Problem(a, transposeA, b, transposeB, d, batch, alpha, beta, epilogue, allowed);
    }
  }

  /** A way to compute a problem; immutable. The algorithm is in memory of the garbage collector. */
  record Algorithm(MemorySegment bytes, long workspaceBytes) {
    /** Of {@link #write}. */
    static final int WRITTEN_BYTES = (int) ALGORITHM_BYTES + Long.BYTES;

    static Algorithm read(ByteBuffer from) {
      byte[] bytes = new byte[(int) ALGORITHM_BYTES];
      from.get(bytes);
      MemorySegment own = Arena.ofAuto().allocate(ALGORITHM_BYTES, 16).copyFrom(MemorySegment.ofArray(bytes));
      return new Algorithm(own, from.getLong());
    }

    void write(ByteBuffer to) {
      to.put(bytes.asByteBuffer()).putLong(workspaceBytes);
    }
  }

  /** Descriptors of one problem; closed by the caller. */
  final class Product implements AutoCloseable {
    private final Problem problem;
    private final long product;
    private final long a;
    private final long b;
    private final long d;

    private Product(Problem problem) {
      this.problem = problem;
      product = created(
          createProduct, problem.tensorFloat() ? COMPUTE_TENSOR_FLOAT : COMPUTE_FLOAT32, type(DType.FLOAT32));
      set(setProduct, product, TRANSPOSE_A, problem.transposeA() ? 1 : 0);
      set(setProduct, product, TRANSPOSE_B, problem.transposeB() ? 1 : 0);
      set(setProduct, product, EPILOGUE, problem.epilogue().code);
      if (problem.epilogue().hasBias()) {
        set(setProduct, product, BIAS_TYPE, type(problem.d().type()));
      }
      a = matrix(problem.a(), problem.batch());
      b = matrix(problem.b(), problem.batch());
      d = matrix(problem.d(), problem.batch());
    }

    /**
     * The library's suggestions, the best guess first.
     *
     * @param alignment of all operands in bytes
     */
    List<Algorithm> algorithms(int most, long workspaceBytes, int alignment) {
      long preference = created(createPreference);
      try (Arena arena = Arena.ofConfined()) {
        setLong(setPreference, preference, PREFERENCE_WORKSPACE, workspaceBytes);
        for (int operand = 0; operand < 4; operand++) {
          set(setPreference, preference, PREFERENCE_ALIGNMENT + operand, alignment);
        }
        MemorySegment results = arena.allocate(RESULT_BYTES * most, 16);
        MemorySegment count = arena.allocate(JAVA_INT);
        int status = heuristic.status(handle, product, a, b, d, d, preference, most, results, count);
        if (status == NOT_SUPPORTED) {
          return List.of();
        }
        check(heuristic, status);
        List<Algorithm> found = new ArrayList<>();
        for (int i = 0; i < count.get(JAVA_INT, 0); i++) {
          MemorySegment result = results.asSlice(i * RESULT_BYTES, RESULT_BYTES);
          if (result.get(JAVA_INT, RESULT_STATUS) == 0) {
            MemorySegment bytes = Arena.ofAuto().allocate(ALGORITHM_BYTES, 16);
            bytes.copyFrom(result.asSlice(0, ALGORITHM_BYTES));
            found.add(new Algorithm(bytes, result.get(JAVA_LONG, RESULT_WORKSPACE)));
          }
        }
        return found;
      } finally {
        check(destroyPreference, destroyPreference.status(preference));
      }
    }

    /** Enqueues the product; the bias has an element for each row of D. */
    void enqueue(Algorithm algorithm, Operands operands, long workspace, long stream) {
      try (Arena arena = Arena.ofConfined()) {
        if (problem.epilogue().hasBias()) {
          setLong(setProduct, product, BIAS_POINTER, operands.bias());
        }
        check(multiply, multiply.status(
            handle, product, arena.allocateFrom(JAVA_FLOAT, problem.alpha()), operands.a(), a, operands.b(), b,
            arena.allocateFrom(JAVA_FLOAT, problem.beta()), operands.c(), d, operands.d(), d, algorithm.bytes(),
            workspace, algorithm.workspaceBytes(), stream));
      }
    }

    @Override
    public void close() {
      check(destroyMatrix, destroyMatrix.status(a));
      check(destroyMatrix, destroyMatrix.status(b));
      check(destroyMatrix, destroyMatrix.status(d));
      check(destroyProduct, destroyProduct.status(product));
    }
  }

  /** Device addresses; C and the bias where the problem has them. */
  record Operands(long a, long b, long c, long d, long bias) {
    boolean isAligned() {
      return (a | b | c | d | bias) % ALIGNMENT == 0;
    }
  }

  Product product(Problem problem) {
    return new Product(problem);
  }

  private long matrix(Matrix matrix, long batch) {
    long made = created(createMatrix, type(matrix.type()), matrix.rows(), matrix.columns(), matrix.step());
    if (batch > 1) {
      set(setMatrix, made, MATRIX_BATCH_COUNT, (int) batch);
      setLong(setMatrix, made, MATRIX_BATCH_STRIDE, matrix.batchStride());
    }
    return made;
  }

  /** cudaDataType_t. */
  private static int type(DType type) {
    return switch (type) {
      case FLOAT32 -> 0;
      case FLOAT16 -> 2;
      case BFLOAT16 -> 14;
      case FLOAT8E4M3FN -> 28;
      default -> throw new IllegalArgumentException("element type: " + type);
    };
  }

  private void set(NativeFunction function, long descriptor, int attribute, int value) {
    try (Arena arena = Arena.ofConfined()) {
      check(function, function.status(
          descriptor, attribute, arena.allocateFrom(JAVA_INT, value), (long) Integer.BYTES));
    }
  }

  private void setLong(NativeFunction function, long descriptor, int attribute, long value) {
    try (Arena arena = Arena.ofConfined()) {
      check(function, function.status(descriptor, attribute, arena.allocateFrom(JAVA_LONG, value), (long) Long.BYTES));
    }
  }

  private long created(NativeFunction function, Object... arguments) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment result = arena.allocate(JAVA_LONG);
      Object[] all = new Object[arguments.length + 1];
      all[0] = result;
      System.arraycopy(arguments, 0, all, 1, arguments.length);
      check(function, function.status(all));
      return result.get(JAVA_LONG, 0);
    }
  }

  @SuppressWarnings("restricted")
  private void check(NativeFunction function, int status) {
    if (status != 0) {
      MemorySegment words = (MemorySegment) statusString.call(status);
      throw new CudaException(function.symbol(), status, words.reinterpret(Long.MAX_VALUE).getString(0));
    }
  }

  @Override
  public void close() {
    check(destroy, destroy.status(handle));
  }
}
