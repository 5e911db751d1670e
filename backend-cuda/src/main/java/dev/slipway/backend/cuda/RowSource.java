package dev.slipway.backend.cuda;

import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Writes kernels in which some threads together work on a row of the input: the elements along some axes. A row's
 * elements are kept in registers where they fit, as {@code x[k]}, and read again from memory where they do not.
 */
final class RowSource {
  private static final int WARP = 32;
  private static final int MOST_REGISTERS = 32;
  private static final int ROWS_FOR_SINGLE_THREADS = 1024;
  private static final int THREADS_FOR_SINGLE = 128;

  private static final String REDUCTIONS = """
      template <int N> __device__ __forceinline__ float allSum(float x) {
      #pragma unroll
        for (int o = (N < 32 ? N : 32) / 2; o > 0; o /= 2) x += __shfl_xor_sync(0xffffffffu, x, o);
        if (N > 32) {
          __shared__ float parts[32];
          __syncthreads();
          if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = x;
          __syncthreads();
          x = 0.f;
          for (int i = 0; i < N / 32; i++) x += parts[i];
        }
        return x;
      }
      template <int N> __device__ __forceinline__ float allMax(float x) {
      #pragma unroll
        for (int o = (N < 32 ? N : 32) / 2; o > 0; o /= 2) x = maximum(x, __shfl_xor_sync(0xffffffffu, x, o));
        if (N > 32) {
          __shared__ float parts[32];
          __syncthreads();
          if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = x;
          __syncthreads();
          x = parts[0];
          for (int i = 1; i < N / 32; i++) x = maximum(x, parts[i]);
        }
        return x;
      }
      template <int N> __device__ __forceinline__ float allProduct(float x) {
      #pragma unroll
        for (int o = (N < 32 ? N : 32) / 2; o > 0; o /= 2) x *= __shfl_xor_sync(0xffffffffu, x, o);
        if (N > 32) {
          __shared__ float parts[32];
          __syncthreads();
          if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = x;
          __syncthreads();
          x = 1.f;
          for (int i = 0; i < N / 32; i++) x *= parts[i];
        }
        return x;
      }

      """;

  private final String kernel;
  private final TensorType input;
  private final TensorType output;
  private final List<String> parameters;
  private final LoopNest rows;
  private final LoopNest elements;
  private final int lanes;
  private final int threads;
  private final StringBuilder code = new StringBuilder(CudaTypes.PRELUDE + REDUCTIONS);

  /**
   * @param parameters declarations between the input {@code a} and the output {@code out}
   * @param along for each axis of the input whether the rows run along it
   * @param outStrides of the output along each axis of the input
   */
  RowSource(
      String kernel, TensorType input, TensorType output, List<String> parameters, boolean[] along, long[] outStrides) {
    this.kernel = kernel;
    this.input = input;
    this.output = output;
    this.parameters = parameters;
    LoopNest all = LoopNest.of(input.layout(), input.shape().known(), List.of(outStrides, Strides.of(input)));
    this.rows = part(all, along, false);
    this.elements = part(all, along, true);
    this.lanes = chooseLanes();
    this.threads = chooseThreads();
  }

  /** Rows do not see the zeros that fill up channels. */
  private static LoopNest part(LoopNest all, boolean[] along, boolean wanted) {
    List<LoopNest.Loop> loops = new ArrayList<>();
    for (LoopNest.Loop loop : all.loops()) {
      if (along[loop.axis()] == wanted) {
        loops.add(new LoopNest.Loop(loop.axis(), loop.valid(), loop.valid(), loop.strides()));
      }
    }
    return new LoopNest(loops, all.operands()).collapsed();
  }

  private int chooseLanes() {
    int most = 128 / Math.max(input.dtype().bits(), output.dtype().bits());
    boolean aligned = rows.loops().stream().allMatch(loop -> loop.strides().get(1) % most == 0);
    return elements.loops().size() == 1 && elements.isPacked(1, most) && aligned && length() % most == 0 ? most : 1;
  }

  private int chooseThreads() {
    boolean scattered = !elements.loops().isEmpty() && elements.loops().getLast().strides().get(1) != 1;
    if (length() == 1 || scattered && rowCount() >= ROWS_FOR_SINGLE_THREADS) {
      return 1;
    }
    long units = length() / lanes;
    int power = 1;
    while (power < units && power < WARP) {
      power *= 2;
    }
    return units <= 8 * WARP ? power : units <= 8192 ? 256 : 1024;
  }

  private long length() {
    return elements.elements();
  }

  private long rowCount() {
    return rows.elements();
  }

  /** Packs of lanes that each thread has of a row. */
  private long packs() {
    return Math.ceilDiv(length(), (long) threads * lanes);
  }

  boolean inRegisters() {
    return packs() * lanes <= MOST_REGISTERS;
  }

  private int block() {
    return Math.max(threads, THREADS_FOR_SINGLE);
  }

  private int rowsOfBlock() {
    return block() / threads;
  }

  Grid grid() {
    return Grid.blocks(Math.ceilDiv(rowCount(), rowsOfBlock()), block());
  }

  /** The number of threads of a row, for {@code allSum<N>} and the like. */
  int threads() {
    return threads;
  }

  /** Starts the kernel; what follows may use {@code row}, {@code base} and {@code target}. */
  RowSource begin() {
    code.append("extern \"C\" __global__ void __launch_bounds__(").append(block()).append(") ").append(kernel);
    code.append("(const ").append(CudaTypes.name(input.dtype())).append("* a, ");
    parameters.forEach(parameter -> code.append(parameter).append(", "));
    code.append(CudaTypes.name(output.dtype())).append("* out) {\n");
    line("const int member = threadIdx.x % " + threads + ";");
    line("const long long wanted = blockIdx.x * " + rowsOfBlock() + "LL + threadIdx.x / " + threads + ";");
    // Threads without a row of their own repeat the last one: all threads of a warp meet in the reductions.
    line("const long long row = wanted < " + rowCount() + " ? wanted : " + (rowCount() - 1) + ";");
    line("long long rest = row, base = 0, target = 0;");
    for (int i = rows.loops().size() - 1; i >= 0; i--) {
      LoopNest.Loop loop = rows.loops().get(i);
      line("{ const long long at = rest %% %d; rest /= %d; base += at * %d; target += at * %d; }".formatted(
          loop.size(), loop.size(), loop.strides().get(1), loop.strides().get(0)));
    }
    if (inRegisters()) {
      line("float x[" + packs() * lanes + "];");
      eachPack("""
          const auto v = load<%1$d>(a + base + %2$s);
          #pragma unroll
          for (int lane = 0; lane < %1$d; lane++) x[k * %1$d + lane] = widen(v.v[lane]);
          """.formatted(lanes, offset(1)));
    }
    return this;
  }

  /** A statement for each element {@code value} of a row that the thread has. */
  RowSource each(String statement) {
    String read = inRegisters() ? "float& value = x[k * %d + lane];".formatted(lanes) : "float value = widen(v.v[lane]);";
    String loaded = inRegisters() ? "" : "const auto v = load<%d>(a + base + %s);\n".formatted(lanes, offset(1));
    eachPack(loaded + """
        #pragma unroll
        for (int lane = 0; lane < %d; lane++) {
          %s
          %s
        }
        """.formatted(lanes, read, statement));
    return this;
  }

  /** Stores an expression of {@code value} for each element of a row, at the same place of the output. */
  RowSource store(String expression) {
    return store(List.of(), expression);
  }

  /**
   * The same with vectors that have an element for each of a row.
   *
   * @param vectors names of pointers; of {@code scale} the expression has the element as {@code scaleOf.v[lane]}
   */
  RowSource store(List<String> vectors, String expression) {
    String type = CudaTypes.name(output.dtype());
    String read = inRegisters() ? "const float value = x[k * %d + lane];".formatted(lanes)
        : "const float value = widen(v.v[lane]);";
    String row = inRegisters() ? "" : "const auto v = load<%d>(a + base + %s);\n".formatted(lanes, offset(1));
    String loaded = row + vectors.stream()
        .map(name -> "const auto %1$sOf = load<%2$d>(%1$s + first);\n".formatted(name, lanes))
        .collect(Collectors.joining());
    eachPack(loaded + """
        Pack<%1$s, %2$d> y;
        #pragma unroll
        for (int lane = 0; lane < %2$d; lane++) {
          %3$s
          y.v[lane] = narrow<%1$s>(%4$s);
        }
        if (wanted == row) store<%2$d>(out + target + %5$s, y);
        """.formatted(type, lanes, read, expression, offset(0)));
    return this;
  }

  /** Stores one element for the row. */
  RowSource storeOne(String expression) {
    line("if (member == 0 && wanted == row) out[target] = narrow<" + CudaTypes.name(output.dtype()) + ">("
        + expression + ");");
    return this;
  }

  RowSource line(String text) {
    code.append("  ").append(text).append('\n');
    return this;
  }

  private void eachPack(String body) {
    boolean exact = packs() * threads * lanes == length();
    code.append(inRegisters() ? "#pragma unroll\n" : "");
    line("for (int k = 0; k < " + packs() + "; k++) {");
    line("const long long first = (k * " + threads + "LL + member) * " + lanes + ";");
    line(exact ? "{" : "if (first < " + length() + ") {");
    code.append(body.indent(2));
    line("}");
    line("}");
  }

  /** The offset of element {@code first} of a row. */
  private String offset(int operand) {
    if (elements.loops().size() == 1) {
      long stride = elements.loops().getFirst().strides().get(operand);
      return "first * " + stride;
    }
    List<String> terms = new ArrayList<>();
    long inner = 1;
    for (int i = elements.loops().size() - 1; i >= 0; i--) {
      LoopNest.Loop loop = elements.loops().get(i);
      terms.add("first / %d %% %d * %d".formatted(inner, loop.size(), loop.strides().get(operand)));
      inner *= loop.size();
    }
    return terms.isEmpty() ? "0" : String.join(" + ", terms);
  }

  KernelCompiler.Source end() {
    code.append("}\n");
    return new KernelCompiler.Source(kernel, code.toString(), output.dtype().bits() == 16);
  }
}
